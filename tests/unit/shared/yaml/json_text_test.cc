#include "shared/yaml/json_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace smokemesh::shared {
namespace {

std::string Json(const std::string& yaml) {
  std::vector<Problem> problems;
  const auto node = ReadStrictYaml(yaml, "plan.yaml", "plan", "a name", &problems);
  EXPECT_TRUE(node.has_value()) << FormatProblems(problems);
  return node.has_value() ? ToJsonText(*node) : "";
}

TEST(JsonTextTest, KeepsTheTypesOfPlainValuesAndMakesTheRestStrings) {
  EXPECT_EQ(Json("{a: true, b: false, c: null, d: -1.5e3, e: 10}"),
            R"({"a":true,"b":false,"c":null,"d":-1.5e3,"e":10})");
  EXPECT_EQ(
      Json("{a: 'true', b: \"1\", c: yes, d: 010, e: .5, f: 0x1f, g: 1_000, h: True}"),
      R"({"a":"true","b":"1","c":"yes","d":"010","e":".5","f":"0x1f","g":"1_000","h":"True"})");
}

TEST(JsonTextTest, WritesListsMapsAndEmptyOnes) {
  EXPECT_EQ(Json("- 1\n- [a, {b: []}]\n- {}\n- ''\n-\n"), R"([1,["a",{"b":[]}],{},"",null])");
}

TEST(JsonTextTest, EscapesWhatJsonDoesNotAllowAndKeepsTheRest) {
  EXPECT_EQ(Json(R"({"a\"b": "c\\d\n\te\u0001", ü: "\/é"})"),
            "{\"a\\\"b\":\"c\\\\d\\u000a\\u0009e\\u0001\",\"ü\":\"/é\"}");
}

TEST(JsonTextTest, KnowsJsonNumbers) {
  for (const char* number : {"0", "-0", "12", "0.5", "-1.25", "1e6", "1E-6", "0e0"}) {
    EXPECT_TRUE(IsJsonNumber(number)) << number;
  }
  for (const char* other :
       {"", "-", "+1", "01", "1.", ".5", "1e", "0x1", "1_0", " 1", "inf", "nan"}) {
    EXPECT_FALSE(IsJsonNumber(other)) << other;
  }
}

}  // namespace
}  // namespace smokemesh::shared
