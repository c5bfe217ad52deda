#include "tests/platform/switches.h"

#include <gtest/gtest.h>

namespace smokemesh::platform {
namespace {

TEST(Switches, AreFoundByName) {
  const auto switches = ParseSwitches({"stale_version", "not_found_as_200"});
  ASSERT_TRUE(switches.ok());
  EXPECT_EQ(*switches, (Switches{Switch::kStaleVersion, Switch::kNotFoundAs200}));
}

TEST(Switches, AnUnknownNameGetsASuggestion) {
  EXPECT_EQ(ParseSwitches({"stale_verson"}).status().message(),
            "unknown fault \"stale_verson\" (did you mean \"stale_version\"?)");
}

TEST(Switches, EveryNameLeadsBackToItself) {
  for (const std::string& name : SwitchNames()) {
    const auto switches = ParseSwitches({name});
    ASSERT_TRUE(switches.ok()) << name;
    EXPECT_EQ(SwitchName(*switches->begin()), name);
  }
}

}  // namespace
}  // namespace smokemesh::platform
