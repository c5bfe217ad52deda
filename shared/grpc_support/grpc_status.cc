#include "shared/grpc_support/grpc_status.h"

#include <string>
#include <string_view>

#include "shared/text.h"

namespace smokemesh::shared {
namespace {

// 7,000 bytes were seen to pass and 9,000 to fail; the rest is for other metadata.
constexpr size_t kMaxEncodedMessage = 6000;

// The length of the longest prefix that still fits: gRPC percent-encodes the message.
size_t PrefixThatFits(std::string_view message) {
  size_t encoded = 0;
  for (size_t i = 0; i < message.size(); ++i) {
    const auto byte = static_cast<unsigned char>(message[i]);
    encoded += byte >= 0x20 && byte <= 0x7e && byte != '%' ? 1 : 3;
    if (encoded > kMaxEncodedMessage) return i;
  }
  return message.size();
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string_view message(status.message().data(), status.message().size());
  // Both sides number the codes alike.
  return grpc::Status(static_cast<grpc::StatusCode>(status.raw_code()),
                      Shorten(message, PrefixThatFits(message)));
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace smokemesh::shared
