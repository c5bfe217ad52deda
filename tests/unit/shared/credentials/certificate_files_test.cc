#include "shared/credentials/certificate_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <string>

#include "tests/testing/mesh_certs.h"

namespace smokemesh::shared {
namespace {

using std::chrono::hours;
using std::chrono::system_clock;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CertificateFilesTest : public ::testing::Test {
 protected:
  // What is wrong with a set; empty: nothing.
  std::string Problem(const CertificateSet& set, CertificateUse use = CertificateUse::kClient,
                      WallTime now = system_clock::now()) {
    return std::string(CheckCertificateSet(set, {"x.crt", "x.key", "ca.crt"}, use, now).message());
  }
  CertificateSet SetOf(const KeyPair& pair) { return {pair.cert, pair.key, certs_.ca()}; }

  testing::MeshCerts certs_;
  const KeyPair pair_ = certs_.Issue(certs_.Request("agent", "a"));
};

TEST_F(CertificateFilesTest, TakesAGoodSet) {
  EXPECT_EQ(Problem(SetOf(pair_)), "");
  EXPECT_EQ(Problem({pair_.cert + certs_.ca(), pair_.key, certs_.ca()}), "");
}

TEST_F(CertificateFilesTest, FindsWhatIsWrong) {
  const testing::MeshCerts others;
  const KeyPair foreign = others.Issue(others.Request("agent", "a"));
  EXPECT_THAT(Problem({pair_.cert, foreign.key, certs_.ca()}),
              HasSubstr("x.key: is not the key of the certificate in x.crt"));
  EXPECT_THAT(Problem({foreign.cert, foreign.key, certs_.ca()}),
              HasSubstr("x.crt: the certificate does not lead to an authority in ca.crt"));
  EXPECT_THAT(Problem({"garbage", pair_.key, certs_.ca()}),
              HasSubstr("x.crt: holds no certificate"));
  EXPECT_THAT(Problem({pair_.cert, "garbage", certs_.ca()}),
              HasSubstr("x.key: holds no private key"));
  EXPECT_THAT(Problem({pair_.cert, pair_.key, ""}), HasSubstr("ca.crt: holds no certificate"));
  EXPECT_THAT(Problem({pair_.cert, pair_.key, pair_.cert}),
              HasSubstr("ca.crt: holds a certificate that is not an authority's: CN = agent a"));
  EXPECT_THAT(Problem({pair_.cert.substr(0, pair_.cert.size() / 2), pair_.key, certs_.ca()}),
              HasSubstr("x.crt: holds a certificate that cannot be read"));
  EXPECT_THAT(Problem(SetOf(pair_), CertificateUse::kServer), HasSubstr("is not for servers"));
  std::string eleven;
  for (int i = 0; i < 11; ++i) eleven += pair_.cert;
  EXPECT_THAT(Problem({eleven, pair_.key, certs_.ca()}), HasSubstr("more than 10 certificates"));
}

TEST_F(CertificateFilesTest, LooksAtTheDates) {
  const auto now = system_clock::now();
  EXPECT_THAT(Problem(SetOf(pair_), CertificateUse::kClient, now + hours(2)),
              HasSubstr("x.crt: the certificate has ended at "));
  EXPECT_THAT(Problem(SetOf(pair_), CertificateUse::kClient, now - hours(2)),
              HasSubstr("x.crt: the certificate is good from "));
}

TEST_F(CertificateFilesTest, AsksNobodyForAPassphrase) {
  BIO* in = BIO_new_mem_buf(pair_.key.data(), static_cast<int>(pair_.key.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO* out = BIO_new(BIO_s_mem());
  char passphrase[] = "secret";
  ASSERT_EQ(PEM_write_bio_PrivateKey(out, key, EVP_aes_256_cbc(), nullptr, 0, nullptr, passphrase),
            1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  const std::string encrypted(data, static_cast<size_t>(size));
  BIO_free(in);
  BIO_free(out);
  EVP_PKEY_free(key);
  EXPECT_THAT(Problem({pair_.cert, encrypted, certs_.ca()}),
              HasSubstr("x.key: is encrypted with a passphrase"));
}

TEST_F(CertificateFilesTest, NoMessageHoldsAnythingOfTheKey) {
  const testing::MeshCerts others;
  const KeyPair foreign = others.Issue(others.Request("agent", "a"));
  const std::string part = foreign.key.substr(60, 20);
  EXPECT_THAT(Problem({pair_.cert, foreign.key, certs_.ca()}),
              AllOf(Not(""), Not(HasSubstr(part))));
  EXPECT_THAT(Problem({foreign.key, pair_.key, certs_.ca()}), AllOf(Not(""), Not(HasSubstr(part))));
}

TEST_F(CertificateFilesTest, ReadsFilesWithinBounds) {
  const TlsFiles files = certs_.Write(pair_);
  const auto set = ReadCertificateSet(files);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->key, pair_.key);
  TlsFiles wrong = files;
  wrong.key = certs_.dir().path() / "none.key";
  EXPECT_TRUE(absl::IsNotFound(ReadCertificateSet(wrong).status()));
  wrong.key = certs_.dir().path();
  EXPECT_THAT(std::string(ReadCertificateSet(wrong).status().message()),
              HasSubstr("is not a file"));
  wrong.key = certs_.dir().Write("long.key", std::string(kMaxKeyFile + 1, 'x'));
  EXPECT_THAT(std::string(ReadCertificateSet(wrong).status().message()),
              HasSubstr("is longer than 16384 bytes"));
  wrong.key = "/dev/zero";  // endless
  EXPECT_FALSE(ReadCertificateSet(wrong).ok());
}

TEST_F(CertificateFilesTest, SaysWhoIsVouchedForNoMore) {
  const testing::MeshCerts others;
  const auto now = system_clock::now();
  EXPECT_TRUE(CheckVouchedFor(pair_.cert, certs_.ca(), now).ok());
  EXPECT_TRUE(CheckVouchedFor(pair_.cert, others.ca() + certs_.ca(), now).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(CheckVouchedFor(pair_.cert, others.ca(), now)));
  EXPECT_TRUE(absl::IsUnauthenticated(CheckVouchedFor("garbage", certs_.ca(), now)));
  EXPECT_TRUE(absl::IsUnauthenticated(CheckVouchedFor(pair_.cert, "garbage", now)));
}

}  // namespace
}  // namespace smokemesh::shared
