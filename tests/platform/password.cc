#include "tests/platform/password.h"

#include <crypt.h>
#include <openssl/crypto.h>

#include <memory>

namespace smokemesh::platform {
namespace {

// Hashes with the settings (method, cost, salt) at the front of `setting`. Empty on failure.
std::string Crypt(const std::string& password, const std::string& setting) {
  auto data = std::make_unique<crypt_data>();  // 32 KiB: not for the stack
  const char* hash = crypt_rn(password.c_str(), setting.c_str(), data.get(), sizeof(*data));
  return hash == nullptr || hash[0] == '*' ? "" : hash;
}

}  // namespace

absl::StatusOr<std::string> HashPassword(const std::string& password, int cost) {
  char salt[CRYPT_GENSALT_OUTPUT_SIZE];
  if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), nullptr, 0, salt, sizeof(salt)) ==
      nullptr) {
    return absl::InternalError("cannot make a bcrypt salt; is the cost between 4 and 31?");
  }
  std::string hash = Crypt(password, salt);
  if (hash.empty()) return absl::InternalError("crypt(3) does not know bcrypt ($2b$)");
  return hash;
}

bool PasswordMatches(const std::string& password, const std::string& hash) {
  const std::string seen = Crypt(password, hash);
  return !seen.empty() && seen.size() == hash.size() &&
         CRYPTO_memcmp(seen.data(), hash.data(), hash.size()) == 0;
}

}  // namespace smokemesh::platform
