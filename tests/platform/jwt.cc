#include "tests/platform/jwt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "tests/platform/json.h"
#include "tests/platform/uuid_text.h"

namespace smokemesh::platform {
namespace {

std::string Encode(std::string_view bytes) {
  return absl::WebSafeBase64Escape(absl::string_view(bytes.data(), bytes.size()));
}

std::string Signature(std::string_view text, std::string_view secret) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  return std::string(reinterpret_cast<const char*>(mac), size);
}

absl::StatusOr<Json> DecodeObject(const std::string& part) {
  std::string text;
  if (!absl::WebSafeBase64Unescape(part, &text)) {
    return absl::UnauthenticatedError("the token is not base64url");
  }
  Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object())
    return absl::UnauthenticatedError("the token does not hold JSON objects");
  return object;
}

std::string TextAt(const Json& object, const char* key) {
  auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

std::optional<std::string> OptionalAt(const Json& object, const char* key) {
  auto it = object.find(key);
  if (it == object.end() || !it->is_string()) return std::nullopt;
  return it->get<std::string>();
}

}  // namespace

std::string SignToken(const Claims& claims, std::string_view secret) {
  const Json header = {{"alg", "HS256"}, {"typ", "JWT"}};
  const Json payload = {{"sub", claims.sub},
                        {"email", claims.email},
                        {"cpa_firm_id", OrNull(claims.cpa_firm_id)},
                        {"client_id", OrNull(claims.client_id)},
                        {"exp", claims.exp},
                        {"iat", claims.iat},
                        {"type", claims.type}};
  const std::string text = Encode(header.dump()) + "." + Encode(payload.dump());
  return text + "." + Encode(Signature(text, secret));
}

absl::StatusOr<Claims> VerifyToken(std::string_view token, std::string_view secret,
                                   std::chrono::system_clock::time_point now, TokenChecks checks) {
  const std::vector<std::string> parts =
      absl::StrSplit(absl::string_view(token.data(), token.size()), '.');
  if (parts.size() != 3) return absl::UnauthenticatedError("the token does not have three parts");
  absl::StatusOr<Json> header = DecodeObject(parts[0]);
  if (!header.ok()) return header.status();
  const bool is_unsigned = checks.unsigned_allowed && TextAt(*header, "alg") == "none";
  if (checks.signature && !is_unsigned) {
    if (TextAt(*header, "alg") != "HS256") {
      return absl::UnauthenticatedError("the token's algorithm is not HS256");
    }
    std::string seen;
    const std::string expected = Signature(parts[0] + "." + parts[1], secret);
    if (!absl::WebSafeBase64Unescape(parts[2], &seen) || seen.size() != expected.size() ||
        CRYPTO_memcmp(seen.data(), expected.data(), expected.size()) != 0) {
      return absl::UnauthenticatedError("the token's signature does not match");
    }
  }
  absl::StatusOr<Json> payload = DecodeObject(parts[1]);
  if (!payload.ok()) return payload.status();
  Claims claims;
  claims.sub = TextAt(*payload, "sub");
  claims.email = TextAt(*payload, "email");
  claims.cpa_firm_id = OptionalAt(*payload, "cpa_firm_id");
  claims.client_id = OptionalAt(*payload, "client_id");
  claims.type = TextAt(*payload, "type");
  if (auto it = payload->find("iat"); it != payload->end() && it->is_number_integer()) {
    claims.iat = it->get<int64_t>();
  }
  auto exp = payload->find("exp");
  const bool has_expiry = exp != payload->end() && exp->is_number_integer();
  if (has_expiry) claims.exp = exp->get<int64_t>();
  if (checks.expiry) {
    if (!has_expiry) return absl::UnauthenticatedError("the token has no expiry");
    if (std::chrono::system_clock::from_time_t(claims.exp) <= now) {
      return absl::UnauthenticatedError("the token has expired");
    }
  }
  if (claims.type != "access") return absl::UnauthenticatedError("not an access token");
  if (!IsUuid(claims.sub)) return absl::UnauthenticatedError("the token's subject is not a UUID");
  return claims;
}

}  // namespace smokemesh::platform
