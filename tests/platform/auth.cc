#include "tests/platform/auth.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/logging.h"
#include "tests/platform/responses.h"

namespace smokemesh::platform {
namespace {

HttpResponse Refuse(const Config& config, std::string_view text) {
  if (config.Has(Switch::kUnauthorizedAsForbidden)) return Detail(403, text);
  if (config.Has(Switch::kChallengeMissing)) return Detail(401, text);
  return Unauthorized(text);
}

absl::StatusOr<Claims> Bearer(const Config& config, const HttpRequest& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string header = request.Header("Authorization");
  if (header.size() < kScheme.size()) return absl::UnauthenticatedError("no token");
  const TokenChecks checks{.signature = !config.Has(Switch::kSignatureNotVerified),
                           .expiry = !config.Has(Switch::kExpiryNotVerified),
                           .unsigned_allowed = config.Has(Switch::kUnsignedTokenAccepted)};
  return VerifyToken(std::string_view(header).substr(kScheme.size()), config.jwt_secret,
                     std::chrono::system_clock::now(), checks);
}

}  // namespace

HttpHandler RequireToken(const Config& config, AuthenticatedHandler handler) {
  return [&config, handler = std::move(handler)](const HttpRequest& request) {
    if (!absl::StartsWithIgnoreCase(request.Header("Authorization"), "Bearer ")) {
      return Refuse(config, "Not authenticated");
    }
    const auto claims = Bearer(config, request);
    if (!claims.ok() && config.Has(Switch::kInvalidTokenAs500)) return InternalError();
    if (!claims.ok()) {
      shared::LogInfo(absl::StrCat("token refused: ", claims.status().message()));
      return Refuse(config, "Could not validate credentials");
    }
    return handler(request, *claims);
  };
}

HttpHandler TakeToken(const Config& config, AuthenticatedHandler handler) {
  return [&config, handler = std::move(handler)](const HttpRequest& request) {
    return handler(request, Bearer(config, request).value_or(Claims()));
  };
}

}  // namespace smokemesh::platform
