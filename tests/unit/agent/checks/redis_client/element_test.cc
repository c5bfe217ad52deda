#include "agent/checks/redis_client/element.h"

#include <gtest/gtest.h>

namespace smokemesh::agent {
namespace {

TEST(ReadElement, ReadsANumberAndAPointer) {
  EXPECT_EQ(ReadElement("event", "0")->index, 0u);
  EXPECT_EQ(ReadElement("event", "0")->pointer, "");
  EXPECT_EQ(ReadElement("event", "12/a/b")->index, 12u);
  EXPECT_EQ(ReadElement("event", "12/a/b")->pointer, "/a/b");
}

TEST(ReadElement, RefusesAnythingElse) {
  for (const char* bad :
       {"", "/a", "x", "-1", "+1", " 1", "1 ", "1x/a", "99999999999999999999999"}) {
    EXPECT_EQ(ReadElement("event", bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace smokemesh::agent
