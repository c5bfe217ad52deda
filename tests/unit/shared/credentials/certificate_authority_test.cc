#include "shared/credentials/certificate_authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "shared/credentials/certificate_files.h"
#include "tests/testing/mesh_certs.h"

namespace smokemesh::shared {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CertificateAuthorityTest, IssuesForServersAndClients) {
  const testing::MeshCerts certs;
  CertificateRequest request = certs.Request("replica", "a");
  request.server = true;
  request.hosts = {"mesh.example", "*.mesh.example", "10.0.0.5", "::1"};
  const auto facts = DescribeCertificates(certs.Issue(request).cert);
  ASSERT_TRUE(facts.ok()) << facts.status();
  ASSERT_EQ(facts->size(), 1U);
  EXPECT_EQ(facts->front().subject, "CN = replica a");
  EXPECT_EQ(facts->front().issuer, "CN = smokemesh authority");
  EXPECT_THAT(facts->front().names,
              ElementsAre("URI:spiffe://smokemesh/replica/a", "DNS:mesh.example",
                          "DNS:*.mesh.example", "IP:10.0.0.5", "IP:::1"));
  EXPECT_THAT(facts->front().purposes, ElementsAre("server", "client"));
}

TEST(CertificateAuthorityTest, AnAgentsCertificateIsForClientsOnly) {
  const testing::MeshCerts certs;
  const auto facts = DescribeCertificates(certs.Issue(certs.Request("agent", "a")).cert);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_THAT(facts->front().purposes, ElementsAre("client"));
}

TEST(CertificateAuthorityTest, EachCertificateHasItsOwnKeyAndNumber) {
  const testing::MeshCerts certs;
  const KeyPair one = certs.Issue(certs.Request("agent", "a"));
  const KeyPair other = certs.Issue(certs.Request("agent", "a"));
  EXPECT_NE(one.key, other.key);
  EXPECT_NE(DescribeCertificates(one.cert)->front().serial,
            DescribeCertificates(other.cert)->front().serial);
}

TEST(CertificateAuthorityTest, NothingOutlivesTheAuthority) {
  const testing::MeshCerts certs;
  CertificateRequest request = certs.Request("agent", "a");
  request.not_after = certs.authority().not_after() + std::chrono::hours(1);
  EXPECT_EQ(DescribeCertificates(certs.Issue(request).cert)->front().not_after,
            certs.authority().not_after());
}

TEST(CertificateAuthorityTest, RefusesNamesThatNoCertificateCanHave) {
  const testing::MeshCerts certs;
  for (const char* name :
       {"", "a b", "a/b", "billing@host", "a,URI:spiffe://smokemesh/admin/x", "a\nb", "..", "ä"}) {
    EXPECT_FALSE(certs.authority().Issue(certs.Request("agent", name)).ok()) << name;
  }
  for (const char* host : {"", "a b", "mesh:7070", "a,DNS:b", "-a", "http://a"}) {
    CertificateRequest request = certs.Request("agent", "a");
    request.hosts = {host};
    EXPECT_FALSE(certs.authority().Issue(request).ok()) << host;
  }
  const auto now = std::chrono::system_clock::now();
  for (const char* domain : {"", "Prod", "a b", "a/b"}) {
    EXPECT_FALSE(CertificateAuthority::Make(domain, now, now + std::chrono::hours(1)).ok());
  }
}

TEST(CertificateAuthorityTest, IsLoadedAgain) {
  const testing::MeshCerts certs("prod.example");
  const auto loaded = CertificateAuthority::Load(certs.authority().pair());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->trust_domain(), "prod.example");
  const auto pair = (*loaded)->Issue(certs.Request("agent", "a"));
  ASSERT_TRUE(pair.ok()) << pair.status();
  EXPECT_TRUE(CheckVouchedFor(pair->cert, certs.ca(), std::chrono::system_clock::now()).ok());
}

TEST(CertificateAuthorityTest, LoadsNothingElse) {
  const testing::MeshCerts certs;
  const testing::MeshCerts others;
  const KeyPair& own = certs.authority().pair();
  EXPECT_THAT(
      std::string(
          CertificateAuthority::Load({own.cert, others.authority().pair().key}).status().message()),
      HasSubstr("do not belong together"));
  EXPECT_THAT(
      std::string(
          CertificateAuthority::Load(certs.Issue(certs.Request("agent", "a"))).status().message()),
      HasSubstr("is not an authority that `smokemesh certs init` has made"));
}

}  // namespace
}  // namespace smokemesh::shared
