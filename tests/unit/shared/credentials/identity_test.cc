#include "shared/credentials/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/testing/mesh_certs.h"
#include "tests/testing/throwaway_ca.h"

namespace smokemesh::shared {
namespace {

using ::testing::HasSubstr;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class IdentityTest : public ::testing::Test {
 protected:
  // What is wrong with a certificate that has these alternative names.
  std::string Problem(const std::vector<std::string>& names) {
    return std::string(IdentityOf(ReadAll(odd_.Issue("odd", names).cert_file)).status().message());
  }

  testing::ThrowawayCa odd_;
};

TEST_F(IdentityTest, ReadsRoleNameAndDates) {
  const testing::MeshCerts certs("prod.example");
  CertificateRequest request = certs.Request("agent", "Billing-1.b_2");
  request.hosts = {"mesh.example", "10.0.0.5"};  // of other kinds than URI: they may be there
  const auto identity = IdentityOf(certs.Issue(request).cert);
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->trust_domain, "prod.example");
  EXPECT_EQ(identity->role, "agent");
  EXPECT_EQ(identity->name, "Billing-1.b_2");
  EXPECT_EQ(FormatIdentity(*identity), "spiffe://prod.example/agent/Billing-1.b_2");
  EXPECT_LT(std::chrono::abs(identity->not_after - request.not_after), std::chrono::seconds(1));
  EXPECT_LT(std::chrono::abs(identity->not_before - request.not_before), std::chrono::seconds(1));
}

TEST_F(IdentityTest, TakesExactlyOneUri) {
  EXPECT_EQ(Problem({"URI:spiffe://smokemesh/agent/a"}), "");
  EXPECT_THAT(Problem({"URI:spiffe://smokemesh/agent/a", "URI:spiffe://smokemesh/agent/b"}),
              HasSubstr("has 2 URI names"));
  EXPECT_THAT(Problem({"URI:spiffe://smokemesh/agent/a", "URI:https://a.example/"}),
              HasSubstr("has 2 URI names"));
  EXPECT_THAT(Problem({"DNS:spiffe.example"}), HasSubstr("has no URI names"));
  EXPECT_THAT(Problem({}), HasSubstr("has no URI names"));
}

TEST_F(IdentityTest, TakesNoOtherForm) {
  for (const char* uri :
       {"https://smokemesh/agent/a", "SPIFFE://smokemesh/agent/a", "spiffe://smokemesh/agent",
        "spiffe://smokemesh/agent/a/b", "spiffe://smokemesh/agent/", "spiffe://smokemesh//a",
        "spiffe:///agent/a", "spiffe://Smokemesh/agent/a", "spiffe://smokemesh/agent/a%2fb",
        "spiffe://smokemesh/agent/..", "spiffe://smokemesh/./a", "spiffe://smokemesh:1/agent/a",
        "spiffe://u@smokemesh/agent/a", "spiffe://smokemesh/agent/a?x",
        "spiffe://smokemesh/agent/a#x", "spiffe://smokemesh/agent/a b"}) {
    EXPECT_THAT(Problem({std::string("URI:") + uri}), HasSubstr("expected spiffe://")) << uri;
  }
  const std::string longest(128, 'n');
  EXPECT_EQ(Problem({"URI:spiffe://smokemesh/agent/" + longest}), "");
  EXPECT_THAT(Problem({"URI:spiffe://smokemesh/agent/" + longest + "n"}),
              HasSubstr("expected spiffe://"));
}

TEST_F(IdentityTest, AnAuthorityStandsForNobody) {
  const testing::MeshCerts certs;
  EXPECT_THAT(std::string(IdentityOf(certs.ca()).status().message()),
              HasSubstr("is that of an authority"));
  const auto leaf = odd_.Issue("odd", {"URI:spiffe://smokemesh/admin/a"}, 1,
                               testing::ThrowawayCa::Kind::kAuthority);
  EXPECT_THAT(std::string(IdentityOf(ReadAll(leaf.cert_file)).status().message()),
              HasSubstr("is that of an authority"));
  const auto signer =
      odd_.Issue("odd", {"URI:spiffe://smokemesh/admin/a"}, 1, testing::ThrowawayCa::Kind::kSigner);
  EXPECT_THAT(std::string(IdentityOf(ReadAll(signer.cert_file)).status().message()),
              HasSubstr("may sign certificates"));
}

TEST_F(IdentityTest, ReadsTheFirstCertificateOfAChain) {
  const testing::MeshCerts certs;
  const std::string leaf = certs.Issue(certs.Request("runner", "ci")).cert;
  EXPECT_TRUE(IdentityOf(leaf + certs.ca()).ok());
  EXPECT_FALSE(IdentityOf(certs.ca() + leaf).ok());
}

TEST_F(IdentityTest, RefusesWhatIsNoCertificate) {
  for (const std::string& text :
       {std::string(), std::string("nonsense"), std::string(3, '\0'),
        std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        std::string("-----BEGIN CERTIFICATE-----\n")}) {
    EXPECT_FALSE(IdentityOf(text).ok()) << text;
  }
}

}  // namespace
}  // namespace smokemesh::shared
