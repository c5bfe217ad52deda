#include "agent/spool/spooled_result.h"

#include "absl/strings/str_cat.h"
#include "shared/uuid.h"

namespace smokemesh::agent {
namespace {

constexpr std::string_view kName = "smokemesh-result-1 ";

std::string HeaderOf(std::string_view message) {
  return absl::StrCat(std::string(kName), message.size(), " ", shared::Sha256Hex(message), "\n");
}

}  // namespace

std::string EncodeSpooled(const v1::TaskResult& result) {
  const std::string message = result.SerializeAsString();
  return HeaderOf(message) + message;
}

absl::StatusOr<v1::TaskResult> DecodeSpooled(std::string_view bytes) {
  if (bytes.size() > kMaxSpooledBytes) {
    return absl::DataLossError(absl::StrCat("it is longer than ", kMaxSpooledBytes, " bytes"));
  }
  if (!bytes.starts_with(kName)) return absl::DataLossError("it does not begin as a result does");
  const size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return absl::DataLossError("it ends in its first line");
  const std::string_view message = bytes.substr(end + 1);
  // The header is not read: there is one that fits.
  if (bytes.substr(0, end + 1) != HeaderOf(message)) {
    return absl::DataLossError("length or checksum do not fit: it is torn or was changed");
  }
  v1::TaskResult result;
  if (!result.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return absl::DataLossError("its checksum fits, and it is no result");
  }
  if (result.task_id().empty() || result.run_id().empty() || result.check().empty() ||
      result.agent_id().empty()) {
    return absl::DataLossError("it does not say which task it is of");
  }
  return result;
}

}  // namespace smokemesh::agent
