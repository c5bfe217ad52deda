#include "agent/checks/http/peer_certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace smokemesh::agent {
namespace {

constexpr int kMaxNames = 1'000;

std::string NameText(const X509_NAME* name) {
  // In the order of the certificate, `CN=x, O=y`, control characters and separators escaped.
  constexpr unsigned long kStyle =
      XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN | (ASN1_STRFLGS_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (bio == nullptr || X509_NAME_print_ex(bio.get(), name, 0, kStyle) < 0) return "";
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return size <= 0 ? "" : std::string(text, static_cast<size_t>(size));
}

std::string AddressText(const ASN1_OCTET_STRING* address) {
  char text[INET6_ADDRSTRLEN] = "";
  const int size = ASN1_STRING_length(address);
  if (size != 4 && size != 16) return "";
  inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof(text));
  return text;
}

std::vector<std::string> NamesOf(const X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> list(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  if (list == nullptr) return names;
  const int count = std::min(sk_GENERAL_NAME_num(list.get()), kMaxNames);
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list.get(), i);
    std::string text;
    if (name->type == GEN_DNS) {
      text.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                  static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      text = AddressText(name->d.iPAddress);
    }
    if (!text.empty()) names.push_back(std::move(text));
  }
  return names;
}

}  // namespace

std::optional<HttpCertificate> PeerCertificate(const ssl_st* session) {
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(session),
                                                          &X509_free);
  if (shown == nullptr) return std::nullopt;
  int days = 0;
  int seconds = 0;  // of the same sign
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(shown.get())) != 1) {
    return std::nullopt;
  }
  HttpCertificate certificate;
  certificate.issuer = NameText(X509_get_issuer_name(shown.get()));
  certificate.subject = NameText(X509_get_subject_name(shown.get()));
  certificate.names = NamesOf(shown.get());
  certificate.days_left = int64_t{days} - (seconds < 0 ? 1 : 0);
  return certificate;
}

}  // namespace smokemesh::agent
