#include "tests/hostile/metadata_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/hostile/hostile_case.h"
#include "tests/testing/raw_server.h"

namespace smokemesh::testing {
namespace {

Script Credentials() {
  return [](RawConnection& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
  };
}

// A network in which the metadata address answers: whoever asks it is seen.
TEST(MetadataNetwork, NobodyAsksTheMetadataAddress) {
  std::vector<HostileCase> rows;
  for (const auto& part : {HttpCases(), PolicyCases()}) {
    for (const HostileCase& row : part) {
      if (row.name.find("metadata") != std::string::npos) rows.push_back(row);
    }
  }
  ASSERT_GE(rows.size(), 20u);
  const bool ran = RunInMetadataNetwork([&] {
    RawServer metadata(Credentials(), "169.254.169.254", 80);
    for (const HostileCase& row : rows) {
      SCOPED_TRACE(row.name);
      RunHostileCase(row);
      EXPECT_EQ(metadata.connections(), 0) << row.name;
    }
    // The network works: a policy that allows it gets there.
    HostileCase allowed;
    for (const HostileCase& row : rows) {
      if (row.name == "policy_metadata_listed") allowed = row;
    }
    allowed.policy =
        "targets: [{host: 169.254.169.254, ports: [80], kinds: [http], "
        "allow_metadata_address: true}]";
    allowed.outcome = v1::OUTCOME_PASSED;
    allowed.forbidden = false;
    allowed.says = "";
    RunHostileCase(allowed);
    EXPECT_EQ(metadata.connections(), 1);
  });
  if (!ran) GTEST_SKIP() << "this user may make no network of its own";
}

}  // namespace
}  // namespace smokemesh::testing
