#include "agent/checks/event_bus/python_json.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

namespace smokemesh::agent {
namespace {

// What Python 3's json.dumps(json.loads(text)) gives.
struct Case {
  const char* text;
  const char* dumped;
};

class PythonJson : public ::testing::TestWithParam<Case> {};

TEST_P(PythonJson, WritesWhatPythonWrites) {
  const auto value = nlohmann::ordered_json::parse(GetParam().text);
  const auto dumped = PythonDumps(value);
  ASSERT_TRUE(dumped.ok()) << dumped.status();
  EXPECT_EQ(*dumped, GetParam().dumped);
}

INSTANTIATE_TEST_SUITE_P(
    Values, PythonJson,
    ::testing::Values(Case{"{}", "{}"}, Case{"[]", "[]"}, Case{"[1,2]", "[1, 2]"},
                      Case{R"({"b":1,"a":{"c":[]}})", R"({"b": 1, "a": {"c": []}})"},
                      Case{R"({"a":1,"b":2,"a":3})", R"({"a": 3, "b": 2})"},
                      Case{"[true,false,null]", "[true, false, null]"},
                      Case{R"("é中😀")", R"("\u00e9\u4e2d\ud83d\ude00")"},
                      Case{R"("\u007f\u0000\u001F\u0080")", R"("\u007f\u0000\u001f\u0080")"},
                      Case{R"("\"\\\/\b\f\n\r\t")", R"("\"\\/\b\f\n\r\t")"},
                      Case{R"({"ü":1})", R"({"\u00fc": 1})"}, Case{"-0", "0"},
                      Case{"9223372036854775807", "9223372036854775807"},
                      Case{"-9223372036854775808", "-9223372036854775808"},
                      Case{"18446744073709551615", "18446744073709551615"}, Case{"1.0", "1.0"},
                      Case{"-0.0", "-0.0"}, Case{"0.0", "0.0"}, Case{"0.1", "0.1"},
                      Case{"100.0", "100.0"}, Case{"1e15", "1000000000000000.0"},
                      Case{"1e16", "1e+16"}, Case{"1.5e16", "1.5e+16"},
                      Case{"123456789012345680.0", "1.2345678901234568e+17"},
                      Case{"1234567890123456.7", "1234567890123456.8"}, Case{"0.0001", "0.0001"},
                      Case{"0.00012", "0.00012"}, Case{"0.00001", "1e-05"}, Case{"1e-7", "1e-07"},
                      Case{"5e-324", "5e-324"},
                      Case{"1.7976931348623157e308", "1.7976931348623157e+308"},
                      Case{"1e22", "1e+22"}, Case{"-2.5E-5", "-2.5e-05"},
                      Case{"9007199254740993.0", "9007199254740992.0"}));

TEST(PythonDumps, RefusesWhatIsNoText) {
  EXPECT_EQ(PythonDumps(nlohmann::ordered_json("a\xff")).status().code(),
            absl::StatusCode::kInvalidArgument);
  nlohmann::ordered_json object;
  object["\xc3"] = 1;
  EXPECT_EQ(PythonDumps(object).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(PythonDumps, RefusesBottomlessStructures) {
  const auto nested = [](size_t levels) {
    return PythonDumps(
        nlohmann::ordered_json::parse(std::string(levels, '[') + std::string(levels, ']')));
  };
  EXPECT_TRUE(nested(200).ok());
  EXPECT_EQ(nested(201).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ReadJsonObject, TakesObjectsOnlyAndNothingForAnEmptyOne) {
  EXPECT_EQ(ReadJsonObject("", "data")->size(), 0u);
  EXPECT_EQ(ReadJsonObject(R"({"a": 1})", "data")->size(), 1u);
  for (const char* bad : {"[1]", "1", "{", "null", "\"x\"", "{\"a\": \"\xff\"}"}) {
    EXPECT_EQ(ReadJsonObject(bad, "data").status().code(), absl::StatusCode::kInvalidArgument)
        << bad;
  }
}

TEST(PythonUtcTime, LeavesOutAFractionOfZero) {
  const shared::WallTime whole{std::chrono::seconds(1'795'337'992)};
  EXPECT_EQ(PythonUtcTime(whole), "2026-11-22T08:59:52");
  EXPECT_EQ(PythonUtcTime(whole + std::chrono::nanoseconds(999)), "2026-11-22T08:59:52");
  EXPECT_EQ(PythonUtcTime(whole + std::chrono::microseconds(42)), "2026-11-22T08:59:52.000042");
  EXPECT_EQ(PythonUtcTime(whole + std::chrono::microseconds(518'429)),
            "2026-11-22T08:59:52.518429");
}

}  // namespace
}  // namespace smokemesh::agent
