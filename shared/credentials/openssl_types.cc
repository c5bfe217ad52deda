#include "shared/credentials/openssl_types.h"

#include <openssl/err.h>

#include <ctime>

#include "absl/strings/str_cat.h"

namespace smokemesh::shared {
namespace {

// Called for an encrypted key. Without it OpenSSL would ask on the terminal.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

BioPtr ReadBio(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(std::string_view pem, size_t limit) {
  const BioPtr bio = ReadBio(pem);
  std::vector<X509Ptr> certificates;
  bool asked = false;
  while (true) {
    X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, &asked));
    if (certificate == nullptr) break;
    if (certificates.size() == limit) {
      ERR_clear_error();
      return absl::InvalidArgumentError(absl::StrCat("holds more than ", limit, " certificates"));
    }
    certificates.push_back(std::move(certificate));
  }
  const unsigned long error = ERR_peek_last_error();
  const bool ended =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!ended) return absl::InvalidArgumentError("holds a certificate that cannot be read");
  if (certificates.empty()) return absl::InvalidArgumentError("holds no certificate");
  return certificates;
}

absl::StatusOr<KeyPtr> ParseKey(std::string_view pem) {
  const BioPtr bio = ReadBio(pem);
  bool asked = false;
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, &asked));
  ERR_clear_error();
  if (asked) {
    return absl::InvalidArgumentError(
        "is encrypted with a passphrase, and there is nobody to ask for it");
  }
  if (key == nullptr) return absl::InvalidArgumentError("holds no private key");
  return key;
}

WallTime FromAsn1(const ASN1_TIME* time) {
  std::tm parts = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return WallTime::min();
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

}  // namespace smokemesh::shared
