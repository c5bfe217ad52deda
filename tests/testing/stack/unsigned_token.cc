#include "tests/testing/stack/unsigned_token.h"

#include "absl/strings/escaping.h"

namespace smokemesh::testing {

std::string UnsignedToken(const std::string& token) {
  const size_t claims = token.find('.') + 1;
  return absl::WebSafeBase64Escape(R"({"alg":"none","typ":"JWT"})") + "." +
         token.substr(claims, token.rfind('.') - claims) + ".";
}

}  // namespace smokemesh::testing
