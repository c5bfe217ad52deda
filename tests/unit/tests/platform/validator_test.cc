#include "tests/platform/validator.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace smokemesh::platform {
namespace {

using nlohmann::json;

HttpRequest Body(const std::string& text) {
  HttpRequest request;
  request.body = text;
  return request;
}

// The types of all problems, in order.
std::vector<std::string> Types(const Validator& in) {
  std::vector<std::string> types;
  const json body = json::parse(in.Response().body);
  for (const json& problem : body["detail"]) types.push_back(problem["type"]);
  return types;
}

TEST(Validator, CollectsEveryProblem) {
  const HttpRequest request = Body(R"({"name": "", "kind": "x", "day": "2023-02-29", "id": 7})");
  Validator in(request);
  in.Text("name", 1, 5);
  in.OneOf("kind", {"a", "b"});
  in.Date("day");
  in.Uuid("id");
  in.Email("email");
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(Types(in),
            (std::vector<std::string>{"string_too_short", "enum", "date_from_datetime_parsing",
                                      "string_type", "missing"}));
  EXPECT_EQ(in.Response().status, 422);
}

TEST(Validator, CountsCharactersNotBytes) {
  const HttpRequest request = Body(R"({"name": "äöü"})");
  Validator in(request);
  EXPECT_EQ(in.Text("name", 1, 3), "äöü");
  EXPECT_TRUE(in.ok());
}

TEST(Validator, OptionalFieldsMayBeAbsentOrNull) {
  const HttpRequest request = Body(R"({"a": null, "b": "2024-02-29"})");
  Validator in(request);
  EXPECT_EQ(in.OptionalText("a", 1, 5), std::nullopt);
  EXPECT_EQ(in.OptionalText("none", 1, 5), std::nullopt);
  EXPECT_EQ(in.OptionalDate("b"), "2024-02-29");
  EXPECT_TRUE(in.Sent("a"));
  EXPECT_FALSE(in.Sent("none"));
  EXPECT_TRUE(in.ok());
}

TEST(Validator, ABodyThatIsNoObjectIsOneProblem) {
  for (const auto& [text, type] : {std::pair{"", "json_invalid"}, std::pair{"{", "json_invalid"},
                                   std::pair{"[]", "model_attributes_type"}}) {
    const HttpRequest request = Body(text);
    Validator in(request);
    in.Text("name", 1, 5);
    EXPECT_EQ(Types(in), std::vector<std::string>{type}) << text;
  }
}

TEST(Validator, KnowsEmailAddressesAndLowersThem) {
  const HttpRequest good = Body(R"({"email": "Some.One@Example.COM"})");
  Validator in(good);
  EXPECT_EQ(in.Email("email"), "some.one@example.com");
  for (const char* bad : {"", "a", "@b.c", "a@b", "a@b.", "a@@b.c", "a b@c.d", "a@.c"}) {
    const HttpRequest request = Body(json{{"email", bad}}.dump());
    Validator refused(request);
    refused.Email("email");
    EXPECT_FALSE(refused.ok()) << bad;
  }
}

TEST(Validator, ReadsTheQueryWithItsBounds) {
  HttpRequest request;
  request.query = {{"limit", "5"}, {"big", "7"}, {"word", "x"}, {"state", "gone"}};
  Validator in(request, Validator::Body::kNone);
  EXPECT_EQ(in.QueryInt("limit", 1, 1, 5), 5);
  EXPECT_EQ(in.QueryInt("none", 3, 1, 5), 3);
  EXPECT_TRUE(in.ok());
  in.QueryInt("big", 1, 1, 5);
  in.QueryInt("limit", 1, 6, 9);
  in.QueryInt("word", 1, 1, 5);
  in.QueryOneOf("state", {"here"}, false);
  in.QueryOneOf("none", {"here"}, true);
  EXPECT_EQ(Types(in), (std::vector<std::string>{"less_than_equal", "greater_than_equal",
                                                 "int_parsing", "enum", "missing"}));
}

}  // namespace
}  // namespace smokemesh::platform
