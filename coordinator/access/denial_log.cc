#include "coordinator/access/denial_log.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "shared/logging.h"

namespace smokemesh::coordinator {

void DenialLog::Note(std::string_view why, shared::SteadyTime now) {
  std::string line = absl::StrCat("refused: ", std::string(why));
  {
    shared::MutexLock lock(&mutex_);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now - filled_);
    if (seconds.count() > 0) {
      allowed_ = static_cast<int>(std::min<long>(kBurst, allowed_ + seconds.count()));
      filled_ = now;
    }
    if (allowed_ == 0) {
      ++hidden_;
      return;
    }
    --allowed_;
    if (hidden_ > 0) absl::StrAppend(&line, " (and ", hidden_, " more before it)");
    hidden_ = 0;
  }
  shared::LogWarn(line);
}

}  // namespace smokemesh::coordinator
