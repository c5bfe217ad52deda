#include "shared/credentials/identity.h"

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/credentials/openssl_types.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr char kScheme[] = "spiffe://";
constexpr char kForm[] = "spiffe://TRUST-DOMAIN/ROLE/NAME";
constexpr size_t kMaxCertificates = 10;
constexpr size_t kMaxName = 128;
constexpr size_t kMaxTrustDomain = 255;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigitOrSign(char c) { return (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; }

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the certificate ", std::string(what)));
}

absl::Status CheckLeaf(X509* certificate) {
  const uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_INVALID) != 0) return Wrong("has extensions that cannot be read");
  if ((flags & EXFLAG_CA) != 0) {
    return Wrong("is that of an authority (CA:TRUE): it cannot stand for anybody");
  }
  const bool usage_known = (flags & EXFLAG_KUSAGE) != 0;
  if (usage_known && (X509_get_key_usage(certificate) & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0) {
    return Wrong("may sign certificates or revocation lists: it cannot stand for anybody");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> OnlyUri(X509* certificate) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> uris;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    // By length: a NUL in it is refused below, not taken for the end.
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                      static_cast<size_t>(ASN1_STRING_length(text)));
  }
  if (uris.size() == 1) return uris[0];
  return Wrong(absl::StrCat("has ", uris.empty() ? "no" : absl::StrCat(uris.size()),
                            " URI names: expected exactly one, ", kForm));
}

}  // namespace

bool IsIdentityName(std::string_view text) {
  if (text.empty() || text.size() > kMaxName || text == "." || text == "..") return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLower(c) || IsUpper(c) || IsDigitOrSign(c); });
}

bool IsTrustDomain(std::string_view text) {
  if (text.empty() || text.size() > kMaxTrustDomain) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLower(c) || IsDigitOrSign(c); });
}

absl::StatusOr<CertificateIdentity> IdentityOf(std::string_view pem) {
  const absl::StatusOr<std::vector<X509Ptr>> certificates =
      ParseCertificates(pem, kMaxCertificates);
  if (!certificates.ok()) return Wrong(std::string(certificates.status().message()));
  X509* certificate = certificates->front().get();
  RETURN_IF_ERROR(CheckLeaf(certificate));
  ASSIGN_OR_RETURN(const std::string uri, OnlyUri(certificate));
  const auto wrong_form = [&uri] {
    return Wrong(absl::StrCat("has the URI name \"", EscapeControl(Shorten(uri, 256)),
                              "\": expected ", kForm));
  };
  if (uri.rfind(kScheme, 0) != 0) return wrong_form();
  const std::vector<std::string> parts =
      absl::StrSplit(uri.substr(sizeof(kScheme) - 1), absl::MaxSplits('/', 3));
  if (parts.size() != 3 || !IsTrustDomain(parts[0]) || !IsIdentityName(parts[1]) ||
      !IsIdentityName(parts[2])) {
    return wrong_form();
  }
  CertificateIdentity identity;
  identity.trust_domain = parts[0];
  identity.role = parts[1];
  identity.name = parts[2];
  identity.not_before = FromAsn1(X509_get0_notBefore(certificate));
  identity.not_after = FromAsn1(X509_get0_notAfter(certificate));
  return identity;
}

std::string FormatIdentity(const CertificateIdentity& identity) {
  return absl::StrCat(kScheme, identity.trust_domain, "/", identity.role, "/", identity.name);
}

}  // namespace smokemesh::shared
