#ifndef SMOKEMESH_COORDINATOR_STORE_PROBLEMS_H_
#define SMOKEMESH_COORDINATOR_STORE_PROBLEMS_H_

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace smokemesh::coordinator {

// Writes what is wrong with the store to the log: each cause once, however often the same write is
// tried again, and once that it works again. Not thread-safe.
class StoreProblems {
 public:
  enum class Level { kInfo, kWarn, kError };
  using Log = std::function<void(Level, std::string_view)>;

  // Writes to the process's log.
  StoreProblems();
  explicit StoreProblems(Log log) : log_(std::move(log)) {}

  // How a write has ended.
  void Report(const absl::Status& status);

  // Whether a store that answers so works: it may refuse a write by its rules.
  static bool Works(const absl::Status& status);

 private:
  const Log log_;
  std::set<std::string> refusals_;  // that were logged
  std::set<std::string> failures_;  // since it last worked
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_PROBLEMS_H_
