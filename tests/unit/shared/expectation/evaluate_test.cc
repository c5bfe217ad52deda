#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ostream>

#include "shared/expectation/expectation.h"

namespace smokemesh::shared {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Answers every query with one value.
class Saw final : public Observation {
 public:
  explicit Saw(Value value) : value_(std::move(value)) {}
  absl::StatusOr<Value> Get(std::string_view, std::string_view) const override { return value_; }
  std::string Summary() const override { return ""; }
  Implied UnlessAsked() const override { return {}; }

 private:
  Value value_;
};

absl::StatusOr<std::optional<Observation::Mismatch>> Try(const Value& value,
                                                         const std::string& rest) {
  static const std::vector<Query> queries = {{"value"}};
  const auto expectation = ParseExpectation("value " + rest, queries);
  if (!expectation.ok()) return expectation.status();
  return Evaluate(*expectation, Saw(value));
}

struct Case {
  Value value;
  std::string text;  // the expectation without its query
};
void PrintTo(const Case& c, std::ostream* out) { *out << Describe(c.value) << " " << c.text; }

class Holds : public ::testing::TestWithParam<Case> {};
TEST_P(Holds, ForTheValue) {
  const auto mismatch = Try(GetParam().value, GetParam().text);
  ASSERT_TRUE(mismatch.ok()) << mismatch.status();
  EXPECT_FALSE(mismatch->has_value()) << (*mismatch)->expected << " / " << (*mismatch)->actual;
}

class Fails : public ::testing::TestWithParam<Case> {};
TEST_P(Fails, ForTheValue) {
  const auto mismatch = Try(GetParam().value, GetParam().text);
  ASSERT_TRUE(mismatch.ok()) << mismatch.status();
  ASSERT_TRUE(mismatch->has_value());
  EXPECT_EQ((*mismatch)->expected, "value " + GetParam().text);
}

const Value kOne = int64_t{1};

INSTANTIATE_TEST_SUITE_P(
    Equality, Holds,
    ::testing::Values(Case{int64_t{200}, "== 200"}, Case{int64_t{200}, "!= 201"},
                      Case{kOne, "== 1.0"}, Case{1.5, "== 1.5"}, Case{1.5, "== 15e-1"},
                      Case{int64_t{9007199254740993}, "!= 9007199254740992"},
                      Case{Text{"007"}, "== 007"}, Case{Text{"007"}, "== \"007\""},
                      Case{Text{"1.50"}, "== 1.5"}, Case{Text{"true"}, "== true"},
                      Case{Text{"null"}, "== null"}, Case{Text{""}, "== \"\""},
                      Case{String{"007"}, "== 007"}, Case{String{"abc"}, "== abc"},
                      Case{String{"7"}, "== \"7\""}, Case{String{"true"}, "== \"true\""},
                      Case{true, "== true"}, Case{false, "== false"}, Case{Null{}, "== null"},
                      Case{Null{}, "!= x"}, Case{kOne, "!= null"}, Case{Json{"[1,2]"}, "== [1, 2]"},
                      Case{Json{"{\"a\":1}"}, "== { \"a\" : 1.0 }"},
                      Case{Duration(2s), "== 2000ms"}, Case{String{"2s"}, "== 2s"},
                      Case{int64_t{201}, "in 200, 201"}, Case{String{"x,y"}, "in a, \"x,y\""},
                      Case{kOne, "not == 2"}, Case{kOne, "not in 2, 3"}));

INSTANTIATE_TEST_SUITE_P(Equality, Fails,
                         ::testing::Values(Case{int64_t{500}, "== 200"}, Case{kOne, "== \"1\""},
                                           Case{String{"7"}, "== 7"},
                                           Case{String{"true"}, "== true"},
                                           Case{String{"null"}, "== null"},
                                           Case{true, "== \"true\""}, Case{Null{}, "== \"null\""},
                                           Case{Null{}, "== \"\""}, Case{Text{"7x"}, "== 7"},
                                           Case{Text{"007"}, "== 7"}, Case{Text{"0x7"}, "== 7"},
                                           Case{Json{"[1]"}, "== \"[1]\""}, Case{kOne, "!= 1"},
                                           Case{kOne, "not == 1"}, Case{Duration(2s), "== 3s"},
                                           Case{int64_t{404}, "in 200, 201"}));

// What is not there proves nothing, however the question is put.
INSTANTIATE_TEST_SUITE_P(Nothing, Fails,
                         ::testing::Values(Case{Absent{}, "== x"}, Case{Absent{}, "!= x"},
                                           Case{Absent{}, "not == x"}, Case{Absent{}, "== null"},
                                           Case{Absent{}, "not contains x"},
                                           Case{Absent{}, "isEmpty"}, Case{Absent{}, "not isNull"},
                                           Case{Absent{}, "exists"},
                                           Case{Absent{}, "not in 1, 2"}));
INSTANTIATE_TEST_SUITE_P(Nothing, Holds,
                         ::testing::Values(Case{Absent{}, "not exists"}, Case{Null{}, "exists"},
                                           Case{String{""}, "exists"}));

INSTANTIATE_TEST_SUITE_P(
    Order, Holds,
    ::testing::Values(Case{int64_t{9}, "< 10"}, Case{int64_t{10}, "<= 10"}, Case{2.5, "> 2"},
                      Case{Text{"9"}, "< 10"}, Case{Text{"b"}, "> a"},
                      Case{String{"9"}, "> \"10\""}, Case{String{"2026-01-02"}, ">= 2026-01-01"},
                      Case{Duration(1999ms), "< 2s"}, Case{Duration(2s), "between 1s, 2s"},
                      Case{int64_t{1}, "between 1, 5"}, Case{int64_t{5}, "between 1, 5"},
                      Case{int64_t{6}, "not between 1, 5"}));
INSTANTIATE_TEST_SUITE_P(
    Order, Fails,
    ::testing::Values(Case{int64_t{10}, "< 10"}, Case{int64_t{6}, "between 1, 5"},
                      Case{Duration(2s), "< 2s"},
                      // No order between these, and `not` does not make one.
                      Case{String{"9"}, "< 10"}, Case{String{"9"}, "not < 10"},
                      Case{Text{"abc"}, "< 10"}, Case{Text{"abc"}, "not < 10"}, Case{kOne, "< abc"},
                      Case{Null{}, "< 10"}, Case{Null{}, "not >= 10"}, Case{true, "> 0"},
                      Case{Json{"[1]"}, "not < 5"}, Case{Text{"x"}, "not between 1, 5"}));

INSTANTIATE_TEST_SUITE_P(
    Search, Holds,
    ::testing::Values(Case{Text{"hello world"}, "contains lo wo"},
                      Case{String{"abc"}, "startsWith ab"}, Case{String{"abc"}, "endsWith bc"},
                      Case{String{"abc"}, "not contains x"},
                      Case{String{"abc123"}, "matches [0-9]{3}$"},
                      Case{String{"abc"}, "not matches ^b"}, Case{int64_t{204}, "startsWith 2"},
                      Case{Json{"[\"admin\",\"user\"]"}, "contains admin"},
                      Case{Json{"[1,2]"}, "contains 2"}, Case{Json{"[1,2]"}, "not contains 3"},
                      Case{Json{"[\"a b\"]"}, "contains \"a b\""}));
INSTANTIATE_TEST_SUITE_P(
    Search, Fails,
    ::testing::Values(Case{String{"abc"}, "contains d"}, Case{String{"abc"}, "not contains b"},
                      Case{Json{"[\"2\"]"}, "contains 2"},
                      Case{Json{"[\"admins\"]"}, "contains admin"},
                      Case{Json{"{\"a\":1}"}, "not contains b"}, Case{Null{}, "not contains x"},
                      Case{true, "not matches x"}, Case{String{"abc"}, "matches ^b"}));

INSTANTIATE_TEST_SUITE_P(
    Types, Holds,
    ::testing::Values(Case{Text{""}, "isEmpty"}, Case{String{"x"}, "not isEmpty"},
                      Case{Json{"[]"}, "isEmpty"}, Case{Json{"{}"}, "isEmpty"},
                      Case{Null{}, "isNull"}, Case{kOne, "not isNull"}, Case{kOne, "isInteger"},
                      Case{Text{"12"}, "isInteger"}, Case{1.5, "not isInteger"},
                      Case{1.5, "isNumber"}, Case{Text{"1e3"}, "isNumber"},
                      Case{String{"1"}, "not isNumber"}, Case{true, "isBoolean"},
                      Case{Text{"false"}, "isBoolean"}, Case{String{"true"}, "not isBoolean"},
                      Case{String{""}, "isString"}, Case{kOne, "not isString"},
                      Case{Json{"[1]"}, "isArray"}, Case{Json{"{}"}, "isObject"},
                      Case{Json{"[1]"}, "not isObject"}, Case{String{"[1]"}, "not isArray"}));
INSTANTIATE_TEST_SUITE_P(Types, Fails,
                         ::testing::Values(Case{Null{}, "isEmpty"}, Case{Null{}, "not isEmpty"},
                                           Case{kOne, "isEmpty"}, Case{Text{"12x"}, "isInteger"}));

TEST(Evaluate, DescribesWhatWasSeen) {
  const auto actual = [](const Value& value, const std::string& text) {
    const auto mismatch = Try(value, text);
    return mismatch.ok() && mismatch->has_value() ? (*mismatch)->actual : "";
  };
  EXPECT_EQ(actual(int64_t{500}, "== 200"), "500");
  EXPECT_EQ(actual(String{"bear"}, "== bearer"), "\"bear\"");
  EXPECT_EQ(actual(Absent{}, "== 1"), "nothing");
  EXPECT_EQ(actual(Null{}, "== 1"), "null");
  EXPECT_EQ(actual(Duration(2410ms), "< 2s"), "2.41s");
  EXPECT_THAT(actual(String{"7"}, "== 7"), HasSubstr("quote the expected value"));
  EXPECT_THAT(actual(kOne, "== \"1\""), HasSubstr("leave out the quotes"));
}

TEST(Evaluate, RefusesOperandsThatMakeNoSense) {
  EXPECT_EQ(Try(Duration(1s), "< soon").status().code(), absl::StatusCode::kInvalidArgument);
  // A pattern that came out of a template.
  Expectation expectation{"value matches {{p}}", "value", "", false, "matches", {{"(", false}}};
  EXPECT_EQ(Evaluate(expectation, Saw(Text{"x"})).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Evaluate, MatchesLongTextInLinearTime) {
  const auto mismatch = Try(Text{std::string(1 << 20, 'a')}, "not matches (a+)+b");
  ASSERT_TRUE(mismatch.ok()) << mismatch.status();
  EXPECT_FALSE(mismatch->has_value());
}

}  // namespace
}  // namespace smokemesh::shared
