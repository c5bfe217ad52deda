#include "shared/credentials/certificate_files.h"

#include <arpa/inet.h>
#include <openssl/err.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "shared/credentials/file_content.h"
#include "shared/credentials/openssl_types.h"
#include "shared/duration.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr size_t kMaxChain = 10;
constexpr size_t kMaxAuthorities = 200;

absl::Status Wrong(const std::string& path, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(EscapeControl(path), ": ", std::string(what)));
}

// Puts the file's name before what is wrong with its content.
absl::Status InFile(const std::string& path, const absl::Status& status) {
  return status.ok() ? status : Wrong(path, std::string(status.message()));
}

absl::StatusOr<std::string> Read(const std::string& path, size_t limit) {
  if (path.empty()) return std::string();
  ASSIGN_OR_RETURN(FileContent content, ReadSmallFile(path, limit));
  return std::move(content.text);
}

// The chain of `certificates` (the first is the leaf) at `now`. Empty: it is good; else why not.
std::string VerifyChain(const std::vector<X509Ptr>& certificates,
                        const std::vector<X509Ptr>& authorities, int purpose, WallTime now) {
  const StorePtr store(X509_STORE_new());
  for (const X509Ptr& authority : authorities) X509_STORE_add_cert(store.get(), authority.get());
  // As gRPC does: an authority that another one has signed can be trusted by itself.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  STACK_OF(X509)* between = sk_X509_new_null();
  for (size_t i = 1; i < certificates.size(); ++i) sk_X509_push(between, certificates[i].get());
  const StoreContextPtr context(X509_STORE_CTX_new());
  std::string problem;
  if (X509_STORE_CTX_init(context.get(), store.get(), certificates.front().get(), between) != 1) {
    problem = "cannot be checked";
  } else {
    X509_STORE_CTX_set_purpose(context.get(), purpose);
    X509_STORE_CTX_set_time(context.get(), 0, std::chrono::system_clock::to_time_t(now));
    if (X509_verify_cert(context.get()) != 1) {
      problem = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
    }
  }
  sk_X509_free(between);
  ERR_clear_error();
  return problem;
}

int PurposeOf(CertificateUse use) {
  return use == CertificateUse::kServer ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;
}

absl::Status CheckDates(const X509* certificate, const std::string& path, WallTime now) {
  const WallTime begin = FromAsn1(X509_get0_notBefore(certificate));
  const WallTime end = FromAsn1(X509_get0_notAfter(certificate));
  if (now < begin) {
    return Wrong(path, absl::StrCat("the certificate is good from ", FormatWallTime(begin),
                                    " on, and it is ", FormatWallTime(now)));
  }
  if (now >= end) {
    return Wrong(path, absl::StrCat("the certificate has ended at ", FormatWallTime(end)));
  }
  return absl::OkStatus();
}

std::string NameText(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string Octets(const ASN1_STRING* text) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text)));
}

std::string IpText(const std::string& octets) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = octets.size() == 4 ? AF_INET : AF_INET6;
  if (octets.size() != 4 && octets.size() != 16) return "?";
  inet_ntop(family, octets.data(), text, sizeof(text));
  return text;
}

std::vector<std::string> NamesOf(X509* certificate) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> texts;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    switch (name->type) {
      case GEN_URI:
        texts.push_back("URI:" + Octets(name->d.uniformResourceIdentifier));
        break;
      case GEN_DNS:
        texts.push_back("DNS:" + Octets(name->d.dNSName));
        break;
      case GEN_IPADD:
        texts.push_back("IP:" + IpText(Octets(name->d.iPAddress)));
        break;
      case GEN_EMAIL:
        texts.push_back("email:" + Octets(name->d.rfc822Name));
        break;
      default:
        texts.push_back("another kind of name");
    }
  }
  return texts;
}

std::vector<std::string> PurposesOf(X509* certificate) {
  std::vector<std::string> purposes;
  if (X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) == 1) {
    purposes.push_back("server");
  }
  if (X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) == 1) {
    purposes.push_back("client");
  }
  if ((X509_get_extension_flags(certificate) & EXFLAG_CA) != 0) purposes.push_back("authority");
  return purposes;
}

std::string SerialOf(X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  return absl::BytesToHexString(Octets(serial));
}

std::string FingerprintOf(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

}  // namespace

absl::StatusOr<CertificateSet> ReadCertificateSet(const TlsFiles& files) {
  CertificateSet set;
  ASSIGN_OR_RETURN(set.cert, Read(files.cert, kMaxCertificateFile));
  ASSIGN_OR_RETURN(set.key, Read(files.key, kMaxKeyFile));
  ASSIGN_OR_RETURN(set.ca, Read(files.ca, kMaxAuthorityFile));
  return set;
}

absl::Status CheckCertificateSet(const CertificateSet& set, const TlsFiles& files,
                                 CertificateUse use, WallTime now) {
  const absl::StatusOr<std::vector<X509Ptr>> authorities =
      ParseCertificates(set.ca, kMaxAuthorities);
  RETURN_IF_ERROR(InFile(files.ca, authorities.status()));
  for (const X509Ptr& authority : *authorities) {
    if (X509_check_ca(authority.get()) == 0) {
      return Wrong(files.ca,
                   absl::StrCat("holds a certificate that is not an authority's: ",
                                EscapeControl(NameText(X509_get_subject_name(authority.get())))));
    }
  }
  if (files.cert.empty() && files.key.empty()) return absl::OkStatus();
  const absl::StatusOr<std::vector<X509Ptr>> chain = ParseCertificates(set.cert, kMaxChain);
  RETURN_IF_ERROR(InFile(files.cert, chain.status()));
  const absl::StatusOr<KeyPtr> key = ParseKey(set.key);
  RETURN_IF_ERROR(InFile(files.key, key.status()));
  X509* leaf = chain->front().get();
  const bool match = X509_check_private_key(leaf, key->get()) == 1;
  ERR_clear_error();
  if (!match) {
    return Wrong(files.key,
                 absl::StrCat("is not the key of the certificate in ", EscapeControl(files.cert)));
  }
  RETURN_IF_ERROR(CheckDates(leaf, files.cert, now));
  if (X509_check_purpose(leaf, PurposeOf(use), 0) != 1) {
    return Wrong(files.cert, use == CertificateUse::kServer
                                 ? "the certificate is not for servers (extended key usage)"
                                 : "the certificate is not for clients (extended key usage)");
  }
  const std::string problem = VerifyChain(*chain, *authorities, PurposeOf(use), now);
  if (!problem.empty()) {
    return Wrong(files.cert, absl::StrCat("the certificate does not lead to an authority in ",
                                          EscapeControl(files.ca), ": ", problem));
  }
  return absl::OkStatus();
}

absl::Status CheckVouchedFor(std::string_view certificate, std::string_view ca, WallTime now) {
  const absl::StatusOr<std::vector<X509Ptr>> chain = ParseCertificates(certificate, kMaxChain);
  const absl::StatusOr<std::vector<X509Ptr>> authorities = ParseCertificates(ca, kMaxAuthorities);
  if (!chain.ok() || !authorities.ok()) {
    return absl::UnauthenticatedError("the certificate cannot be checked");
  }
  const std::string problem = VerifyChain(*chain, *authorities, X509_PURPOSE_SSL_CLIENT, now);
  if (problem.empty()) return absl::OkStatus();
  return absl::UnauthenticatedError(
      absl::StrCat("the certificate is not vouched for any more: ", problem));
}

absl::StatusOr<std::vector<CertificateFacts>> DescribeCertificates(std::string_view pem) {
  ASSIGN_OR_RETURN(const std::vector<X509Ptr> certificates,
                   ParseCertificates(pem, kMaxAuthorities));
  std::vector<CertificateFacts> all;
  for (const X509Ptr& certificate : certificates) {
    X509* x = certificate.get();
    CertificateFacts& facts = all.emplace_back();
    facts.subject = NameText(X509_get_subject_name(x));
    facts.issuer = NameText(X509_get_issuer_name(x));
    facts.serial = SerialOf(x);
    facts.names = NamesOf(x);
    facts.purposes = PurposesOf(x);
    facts.sha256 = FingerprintOf(x);
    facts.not_before = FromAsn1(X509_get0_notBefore(x));
    facts.not_after = FromAsn1(X509_get0_notAfter(x));
  }
  return all;
}

}  // namespace smokemesh::shared
