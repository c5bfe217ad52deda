#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/expectation/expectation.h"

namespace smokemesh::shared {
namespace {

constexpr std::string_view kDocument =
    R"({"a":{"b":[10,"x",null,true,1.5,{"c":[]}]},"":1,"m~n":2,"s/t":3,"big":18446744073709551615})";

std::string At(std::string_view pointer) { return Describe(JsonPointer(kDocument, pointer)); }

TEST(JsonPointer, FindsMembersAndElements) {
  EXPECT_EQ(At("/a/b/0"), "10");
  EXPECT_EQ(At("/a/b/1"), "\"x\"");
  EXPECT_EQ(At("/a/b/2"), "null");
  EXPECT_EQ(At("/a/b/3"), "true");
  EXPECT_EQ(At("/a/b/4"), "1.5");
  EXPECT_EQ(At("/a/b/5"), R"({"c":[]})");
  EXPECT_EQ(At("/a/b"), R"([10,"x",null,true,1.5,{"c":[]}])");
  EXPECT_TRUE(std::holds_alternative<double>(JsonPointer(kDocument, "/big")));
}

TEST(JsonPointer, KnowsTheEscapesAndTheWholeDocument) {
  EXPECT_EQ(At("/"), "1");
  EXPECT_EQ(At("/m~0n"), "2");
  EXPECT_EQ(At("/s~1t"), "3");
  EXPECT_EQ(Describe(JsonPointer("[1, 2]", "")), "[1,2]");
  EXPECT_EQ(Describe(JsonPointer("7", "")), "7");
}

TEST(JsonPointer, FindsNothingWhereThereIsNothing) {
  for (const char* pointer : {"/x", "/a/b/6", "/a/b/-", "/a/b/01", "/a/b/-1", "/a/b/0/x", "/a/b/1x",
                              "/a/b/99999999999999999999", "a", "/m~n", "/m~"}) {
    EXPECT_EQ(At(pointer), "nothing") << pointer;
  }
  EXPECT_EQ(Describe(JsonPointer("<html>", "/a")), "nothing");
  EXPECT_EQ(Describe(JsonPointer("", "")), "nothing");
  EXPECT_EQ(Describe(JsonPointer("{\"a\":1", "/a")), "nothing");
  EXPECT_EQ(Describe(JsonPointer("{\"a\":\"\xff\"}", "/a")), "nothing");
}

TEST(JsonPointer, SurvivesDeepNesting) {
  std::string deep(500'000, '[');
  deep += std::string(500'000, ']');
  EXPECT_EQ(Describe(JsonPointer(deep, "")), "nothing");
  std::string brackets = "{\"a\":\"" + std::string(1000, '[') + "\\\"\"}";
  EXPECT_EQ(Describe(JsonPointer(brackets, "/a")), "\"" + std::string(1000, '[') + "\"\"");
}

TEST(ToText, WritesWhatAVariableHolds) {
  EXPECT_EQ(*ToText(String{"x y"}), "x y");
  EXPECT_EQ(*ToText(Text{""}), "");
  EXPECT_EQ(*ToText(int64_t{-7}), "-7");
  EXPECT_EQ(*ToText(0.1), "0.1");
  EXPECT_EQ(*ToText(true), "true");
  EXPECT_EQ(*ToText(Json{"[1]"}), "[1]");
  EXPECT_EQ(ToText(Null{}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ToText(Absent{}).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace smokemesh::shared
