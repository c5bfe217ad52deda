#ifndef SMOKEMESH_SHARED_CREDENTIALS_OPENSSL_TYPES_H_
#define SMOKEMESH_SHARED_CREDENTIALS_OPENSSL_TYPES_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/clock.h"

namespace smokemesh::shared {

// OpenSSL's objects, owned. Of this folder only.

template <auto Free>
struct OpensslDeleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using X509Ptr = std::unique_ptr<X509, OpensslDeleter<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, OpensslDeleter<BIO_free_all>>;
using StorePtr = std::unique_ptr<X509_STORE, OpensslDeleter<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslDeleter<X509_STORE_CTX_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslDeleter<GENERAL_NAMES_free>>;

// Certificates of a PEM text, at least 1 and at most `limit`. INVALID_ARGUMENT: `holds no
// certificate`, `holds more than 10 certificates`, `holds a certificate that cannot be read`.
absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(std::string_view pem, size_t limit);

// INVALID_ARGUMENT: `holds no private key`, or that it wants a passphrase: nobody is asked.
absl::StatusOr<KeyPtr> ParseKey(std::string_view pem);

WallTime FromAsn1(const ASN1_TIME* time);

// A read-only BIO over `text`, which must outlive it.
BioPtr ReadBio(std::string_view text);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CREDENTIALS_OPENSSL_TYPES_H_
