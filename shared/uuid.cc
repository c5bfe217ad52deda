#include "shared/uuid.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdint>
#include <cstdlib>
#include <span>

namespace smokemesh::shared {
namespace {

// 7f6b3c1e-2d5a-5b0e-9c41-536d6f6b6d65, chosen once at random.
constexpr uint8_t kNamespace[16] = {0x7f, 0x6b, 0x3c, 0x1e, 0x2d, 0x5a, 0x5b, 0x0e,
                                    0x9c, 0x41, 0x53, 0x6d, 0x6f, 0x6b, 0x6d, 0x65};

std::string Hex(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string Format(std::span<uint8_t, 16> bytes, uint8_t version) {
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
  std::string text = Hex(bytes);
  for (const size_t position : {8, 13, 18, 23}) text.insert(position, 1, '-');
  return text;
}

}  // namespace

std::string RandomUuid() {
  uint8_t bytes[16];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) std::abort();
  return Format(bytes, 4);
}

std::string NameUuid(std::string_view name) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  std::string input(reinterpret_cast<const char*>(kNamespace), sizeof(kNamespace));
  input += name;
  if (EVP_Digest(input.data(), input.size(), digest, nullptr, EVP_sha1(), nullptr) != 1) {
    std::abort();
  }
  return Format(std::span<uint8_t, 16>(digest, 16), 5);
}

std::string Sha256(std::string_view bytes) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  return std::string(reinterpret_cast<const char*>(digest), size);
}

std::string Sha256Hex(std::string_view bytes) {
  const std::string digest = Sha256(bytes);
  return Hex({reinterpret_cast<const uint8_t*>(digest.data()), digest.size()});
}

}  // namespace smokemesh::shared
