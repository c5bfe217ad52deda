#include "shared/credentials/certificate_authority.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/credentials/identity.h"
#include "shared/credentials/openssl_types.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr char kAuthorityRole[] = "authority";
constexpr size_t kMaxCommonName = 64;  // X.520

absl::Status OpensslFailed(const char* what) {
  ERR_clear_error();
  return absl::InternalError(absl::StrCat("OpenSSL could not ", what));
}

absl::StatusOr<std::string> ToPem(const std::function<int(BIO*)>& write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || write(bio.get()) != 1) return OpensslFailed("write PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

absl::StatusOr<KeyPair> ToPem(X509* certificate, EVP_PKEY* key) {
  KeyPair pair;
  ASSIGN_OR_RETURN(pair.cert,
                   ToPem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); }));
  ASSIGN_OR_RETURN(pair.key, ToPem([&](BIO* bio) {
                     return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr,
                                                     nullptr);
                   }));
  return pair;
}

bool Extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// A certificate for `key` without issuer, extensions and signature; null when OpenSSL fails.
X509Ptr Blank(const std::string& common_name, EVP_PKEY* key, WallTime not_before,
              WallTime not_after) {
  X509Ptr certificate(X509_new());
  X509* x = certificate.get();
  // 127 random bits, as the CA/Browser Forum asks for at least 64.
  unsigned char serial[16];
  if (x == nullptr || RAND_bytes(serial, sizeof(serial)) != 1) return nullptr;
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);
  const std::unique_ptr<BIGNUM, OpensslDeleter<BN_free>> number(
      BN_bin2bn(serial, sizeof(serial), nullptr));
  const auto* name = reinterpret_cast<const unsigned char*>(common_name.c_str());
  const bool made =
      X509_set_version(x, X509_VERSION_3) == 1 && number != nullptr &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x)) != nullptr &&
      ASN1_TIME_set(X509_getm_notBefore(x), std::chrono::system_clock::to_time_t(not_before)) &&
      ASN1_TIME_set(X509_getm_notAfter(x), std::chrono::system_clock::to_time_t(not_after)) &&
      X509_set_pubkey(x, key) == 1 &&
      X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, name, -1, -1, 0) ==
          1;
  return made ? std::move(certificate) : nullptr;
}

bool IsIpAddress(const std::string& host) {
  unsigned char octets[16];
  return inet_pton(AF_INET, host.c_str(), octets) == 1 ||
         inet_pton(AF_INET6, host.c_str(), octets) == 1;
}

// Letters, digits, `-`, `.` and `_`, and one `*.` in front.
bool IsDnsName(std::string host) {
  if (host.rfind("*.", 0) == 0) host = host.substr(2);
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.front() != '-' &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_';
         });
}

absl::StatusOr<std::string> AlternativeNames(const CertificateRequest& request) {
  if (!IsTrustDomain(request.trust_domain)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", EscapeControl(request.trust_domain),
                     "\" is no trust domain: lower-case letters, digits, \".\", \"_\", \"-\""));
  }
  for (const std::string& part : {request.role, request.name}) {
    if (IsIdentityName(part)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", EscapeControl(part),
        "\" cannot stand in a certificate: 1 to 128 letters, digits, \".\", \"_\" and \"-\""));
  }
  // Nothing in it needs escaping: see the checks.
  std::vector<std::string> names = {
      absl::StrCat("URI:spiffe://", request.trust_domain, "/", request.role, "/", request.name)};
  for (const std::string& host : request.hosts) {
    if (!IsIpAddress(host) && !IsDnsName(host)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", EscapeControl(host), "\" is neither a host name nor an IP address (no port)"));
    }
    names.push_back(absl::StrCat(IsIpAddress(host) ? "IP:" : "DNS:", host));
  }
  return absl::StrJoin(names, ",");
}

class Authority final : public CertificateAuthority {
 public:
  Authority(KeyPair pair, KeyPtr key, X509Ptr certificate, std::string trust_domain)
      : pair_(std::move(pair)),
        key_(std::move(key)),
        certificate_(std::move(certificate)),
        trust_domain_(std::move(trust_domain)) {}

  const KeyPair& pair() const override { return pair_; }
  const std::string& trust_domain() const override { return trust_domain_; }
  WallTime not_after() const override { return FromAsn1(X509_get0_notAfter(certificate_.get())); }

  absl::StatusOr<KeyPair> Issue(const CertificateRequest& request) const override {
    ASSIGN_OR_RETURN(const std::string names, AlternativeNames(request));
    const KeyPtr key(EVP_EC_gen("P-256"));
    if (key == nullptr) return OpensslFailed("make a key");
    const std::string common_name = absl::StrCat(request.role, " ", request.name);
    const X509Ptr certificate = Blank(common_name.substr(0, kMaxCommonName), key.get(),
                                      request.not_before, std::min(request.not_after, not_after()));
    if (certificate == nullptr) return OpensslFailed("make a certificate");
    X509* x = certificate.get();
    X509* issuer = certificate_.get();
    std::vector<std::string> usages;
    if (request.server) usages.push_back("serverAuth");
    if (request.client) usages.push_back("clientAuth");
    const bool made = X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1 &&
                      Extend(x, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                      Extend(x, issuer, NID_key_usage, "critical,digitalSignature") &&
                      Extend(x, issuer, NID_ext_key_usage, absl::StrJoin(usages, ",")) &&
                      Extend(x, issuer, NID_subject_key_identifier, "hash") &&
                      Extend(x, issuer, NID_authority_key_identifier, "keyid") &&
                      Extend(x, issuer, NID_subject_alt_name, names) &&
                      X509_sign(x, key_.get(), EVP_sha256()) > 0;
    if (!made) return OpensslFailed("sign a certificate");
    return ToPem(x, key.get());
  }

 private:
  const KeyPair pair_;
  const KeyPtr key_;
  const X509Ptr certificate_;
  const std::string trust_domain_;
};

// The trust domain of an authority: its only URI name, `spiffe://TRUST-DOMAIN`.
absl::StatusOr<std::string> TrustDomainOf(X509* certificate) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (names != nullptr && sk_GENERAL_NAME_num(names.get()) == 1) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), 0);
    if (name->type == GEN_URI) {
      const ASN1_STRING* text = name->d.uniformResourceIdentifier;
      const std::string uri(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                            static_cast<size_t>(ASN1_STRING_length(text)));
      constexpr std::string_view kScheme = "spiffe://";
      if (uri.rfind(kScheme, 0) == 0 && IsTrustDomain(uri.substr(kScheme.size()))) {
        return uri.substr(kScheme.size());
      }
    }
  }
  return absl::InvalidArgumentError(
      "is not an authority that `smokemesh certs init` has made: it names no trust domain");
}

}  // namespace

absl::StatusOr<std::unique_ptr<CertificateAuthority>> CertificateAuthority::Make(
    const std::string& trust_domain, WallTime not_before, WallTime not_after) {
  if (!IsTrustDomain(trust_domain)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", EscapeControl(trust_domain),
                     "\" is no trust domain: lower-case letters, digits, \".\", \"_\", \"-\""));
  }
  KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpensslFailed("make a key");
  const std::string common_name = absl::StrCat(trust_domain, " ", kAuthorityRole);
  X509Ptr certificate =
      Blank(common_name.substr(0, kMaxCommonName), key.get(), not_before, not_after);
  if (certificate == nullptr) return OpensslFailed("make a certificate");
  X509* x = certificate.get();
  const bool made =
      X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
      Extend(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      Extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      Extend(x, x, NID_subject_key_identifier, "hash") &&
      Extend(x, x, NID_subject_alt_name, absl::StrCat("URI:spiffe://", trust_domain)) &&
      X509_sign(x, key.get(), EVP_sha256()) > 0;
  if (!made) return OpensslFailed("sign a certificate");
  ASSIGN_OR_RETURN(KeyPair pair, ToPem(x, key.get()));
  return std::make_unique<Authority>(std::move(pair), std::move(key), std::move(certificate),
                                     trust_domain);
}

absl::StatusOr<std::unique_ptr<CertificateAuthority>> CertificateAuthority::Load(
    const KeyPair& pair) {
  ASSIGN_OR_RETURN(std::vector<X509Ptr> certificates, ParseCertificates(pair.cert, 1));
  ASSIGN_OR_RETURN(KeyPtr key, ParseKey(pair.key));
  X509* x = certificates.front().get();
  const bool match = X509_check_private_key(x, key.get()) == 1;
  ERR_clear_error();
  if (!match) return absl::InvalidArgumentError("certificate and key do not belong together");
  ASSIGN_OR_RETURN(std::string trust_domain, TrustDomainOf(x));
  return std::make_unique<Authority>(pair, std::move(key), std::move(certificates.front()),
                                     std::move(trust_domain));
}

}  // namespace smokemesh::shared
