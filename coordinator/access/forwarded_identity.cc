#include "coordinator/access/forwarded_identity.h"

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "shared/credentials/identity.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kVersion[] = "1";
constexpr size_t kLongest = 256;

absl::Status Malformed() {
  return absl::InvalidArgumentError(
      absl::StrCat("the metadata ", kForwardedIdentity,
                   " is not as this version writes it: do all replicas have the same version?"));
}

}  // namespace

std::string EncodeForwarded(const Caller& caller) {
  // Rounded down: nobody gains time by being passed on.
  const int64_t end =
      caller.expiry ? absl::ToUnixSeconds(absl::FromChrono(*caller.expiry)) : int64_t{0};
  return absl::StrCat(kVersion, "/",
                      caller.proof == Caller::Proof::kToken ? "token" : "certificate", "/",
                      std::string(RoleName(caller.role)), "/", caller.name, "/", end);
}

absl::StatusOr<Caller> DecodeForwarded(std::string_view text) {
  if (text.size() > kLongest) return Malformed();
  const std::vector<std::string> parts = absl::StrSplit(std::string(text), '/');
  if (parts.size() != 5 || parts[0] != kVersion) return Malformed();
  Caller caller;
  if (parts[1] == "certificate") {
    caller.proof = Caller::Proof::kCertificate;
  } else if (parts[1] == "token") {
    caller.proof = Caller::Proof::kToken;
  } else {
    return Malformed();
  }
  const std::optional<Role> role = ParseRole(parts[2]);
  if (!role || *role == Role::kReplica || !shared::IsIdentityName(parts[3])) return Malformed();
  caller.role = *role;
  caller.name = parts[3];
  int64_t end = 0;
  const bool digits = parts[4].find_first_not_of("0123456789") == std::string::npos;
  if (!digits || parts[4].size() > 12 || !absl::SimpleAtoi(parts[4], &end)) return Malformed();
  if (end > 0) caller.expiry = absl::ToChronoTime(absl::FromUnixSeconds(end));
  return caller;
}

bool MayForward(std::string_view key) {
  if (key == kForwardedIdentity || key == "authorization") return false;
  // gRPC writes these itself.
  if (key.empty() || key.front() == ':' || key.rfind("grpc-", 0) == 0) return false;
  return key != "te" && key != "content-type" && key != "user-agent" && key != "host";
}

}  // namespace smokemesh::coordinator
