#ifndef SMOKEMESH_AGENT_SPOOL_SPOOLED_RESULT_H_
#define SMOKEMESH_AGENT_SPOOL_SPOOLED_RESULT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

// Longest file of one result. A result has at most 64 KiB.
inline constexpr size_t kMaxSpooledBytes = 128 * 1024;

// A result as a file: one line with the format's name, the length and the SHA-256 of what follows,
// and then the message in its binary form.
std::string EncodeSpooled(const v1::TaskResult& result);

// The other way. DATA_LOSS, with a sentence, for anything that EncodeSpooled does not write: torn,
// changed or foreign bytes, or a result without the identifiers that every result has.
absl::StatusOr<v1::TaskResult> DecodeSpooled(std::string_view bytes);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_SPOOL_SPOOLED_RESULT_H_
