#include "tests/testing/throwaway_ca.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdlib>
#include <functional>

namespace smokemesh::testing {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void Check(bool ok) {
  if (!ok) std::abort();
}

Key MakeKey() {
  Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  Check(key != nullptr);
  return key;
}

void Extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  Check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Certificate MakeCertificate(const std::string& name, EVP_PKEY* key, double valid_days) {
  Certificate certificate(X509_new(), &X509_free);
  X509* x = certificate.get();
  uint64_t serial = 0;
  Check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) == 1);
  Check(X509_set_version(x, 2) == 1);
  Check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) == 1);
  constexpr long kDay = 86'400;
  X509_gmtime_adj(X509_getm_notBefore(x), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(x), static_cast<long>(valid_days * kDay));
  Check(X509_set_pubkey(x, key) == 1);
  Check(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                   0) == 1);
  return certificate;
}

std::string Pem(const std::function<int(BIO*)>& write) {
  BIO* bio = BIO_new(BIO_s_mem());
  Check(bio != nullptr && write(bio) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

std::string Pem(X509* certificate) {
  return Pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

}  // namespace

struct ThrowawayCa::Keys {
  Key key{nullptr, &EVP_PKEY_free};
  Certificate certificate{nullptr, &X509_free};
};

ThrowawayCa::ThrowawayCa(const std::string& name) : keys_(std::make_unique<Keys>()) {
  keys_->key = MakeKey();
  keys_->certificate = MakeCertificate(name, keys_->key.get(), 1);
  X509* x = keys_->certificate.get();
  Check(X509_set_issuer_name(x, X509_get_subject_name(x)) == 1);
  Extend(x, x, NID_basic_constraints, "critical,CA:TRUE");
  Extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
  Extend(x, x, NID_subject_key_identifier, "hash");
  Check(X509_sign(x, keys_->key.get(), EVP_sha256()) > 0);
  ca_file_ = dir_.Write("ca.pem", Pem(x));
}

ThrowawayCa::~ThrowawayCa() = default;

ThrowawayCa::Leaf ThrowawayCa::Issue(const std::string& common_name,
                                     const std::vector<std::string>& names, double valid_days,
                                     Kind kind) {
  const Key key = MakeKey();
  const Certificate certificate = MakeCertificate(common_name, key.get(), valid_days);
  X509* x = certificate.get();
  X509* issuer = keys_->certificate.get();
  Check(X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1);
  Extend(x, issuer, NID_basic_constraints,
         kind == Kind::kAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  Extend(
      x, issuer, NID_key_usage,
      kind == Kind::kLeaf ? "critical,digitalSignature" : "critical,digitalSignature,keyCertSign");
  Extend(x, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  Extend(x, issuer, NID_authority_key_identifier, "keyid");
  std::string all_names;
  for (const std::string& name : names) all_names += (all_names.empty() ? "" : ",") + name;
  if (!all_names.empty()) Extend(x, issuer, NID_subject_alt_name, all_names);
  Check(X509_sign(x, keys_->key.get(), EVP_sha256()) > 0);
  const std::string stem = "leaf" + std::to_string(++issued_);
  const std::string key_pem = Pem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return {dir_.Write(stem + ".pem", Pem(x)), dir_.Write(stem + ".key", key_pem)};
}

}  // namespace smokemesh::testing
