#ifndef SMOKEMESH_COORDINATOR_CLI_ENV_FILES_H_
#define SMOKEMESH_COORDINATOR_CLI_ENV_FILES_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {

// The files of variables that a command has read.
struct EnvFiles {
  // The variables that were set from a file, and its name: `.env.staging`.
  std::map<std::string, std::string> set;
};

// Reads `.env.NAME`, unless `name` is empty, and then `.env` of `folder`, if that is there, and
// sets what the environment does not have yet: the real environment wins over `.env.NAME`, and that
// over
// `.env`. INVALID_ARGUMENT, for people: `.env.NAME` is not there (and which ones are), or a file
// cannot be read. No other thread may exist.
absl::StatusOr<EnvFiles> LoadEnvFiles(const std::string& folder, const std::string& name);

// What is to be said when agents elsewhere carry the plan out: which of its variables only this
// process has, from a file. Empty when there is none.
std::string NotSent(const v1::Plan& plan, const EnvFiles& files);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_ENV_FILES_H_
