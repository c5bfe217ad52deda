#include "agent/checks/expansion.h"

#include <gtest/gtest.h>

#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {
namespace {

absl::StatusOr<std::string> Bracket(std::string_view text) {
  if (text == "bad") return absl::NotFoundError("bad");
  return "<" + std::string(text) + ">";
}

TEST(ExpandTemplates, ExpandsMarkedFieldsOfEveryShapeAndNoOthers) {
  v1::Step step;
  v1::HttpStep& http = *step.mutable_http();
  http.set_name("n");
  http.add_expect("status == 200");
  http.mutable_request()->set_method("GET");
  http.mutable_request()->set_url("/u");
  (*http.mutable_request()->mutable_headers())["h"] = "v";
  (*http.mutable_capture())["c"].set_json("/j");
  ASSERT_TRUE(ExpandTemplates(&step, &Bracket).ok());
  EXPECT_EQ(http.name(), "n");
  EXPECT_EQ(http.expect(0), "status == 200");
  EXPECT_EQ(http.request().method(), "GET");
  EXPECT_EQ(http.request().url(), "</u>");
  EXPECT_EQ(http.request().headers().at("h"), "<v>");
  EXPECT_EQ(http.capture().at("c").json(), "/j");

  v1::Step sql;
  sql.mutable_postgres()->set_sql("s");
  sql.mutable_postgres()->add_params("p");
  sql.mutable_postgres()->add_params("");
  ASSERT_TRUE(ExpandTemplates(&sql, &Bracket).ok());
  EXPECT_EQ(sql.postgres().sql(), "<s>");
  EXPECT_EQ(sql.postgres().params(0), "<p>");
  EXPECT_EQ(sql.postgres().params(1), "");

  v1::Connection connection;
  connection.set_http("h");
  connection.mutable_tls()->set_ca_file("f");
  ASSERT_TRUE(ExpandTemplates(&connection, &Bracket).ok());
  EXPECT_EQ(connection.http(), "<h>");
  EXPECT_EQ(connection.tls().ca_file(), "<f>");
}

TEST(ExpandTemplates, ExpandsOnlyStringValuesInJson) {
  v1::HttpRequest request;
  request.set_json(R"({"k":["a",1,true,null,{"n":"b"}],"e":""})");
  ASSERT_TRUE(ExpandTemplates(&request, &Bracket).ok());
  EXPECT_EQ(request.json(), R"({"e":"<>","k":["<a>",1,true,null,{"n":"<b>"}]})");
}

TEST(ExpandTemplates, CannotBreakOutOfAJsonString) {
  v1::HttpRequest request;
  request.set_json(R"({"k":"x"})");
  ASSERT_TRUE(ExpandTemplates(&request, [](std::string_view) -> absl::StatusOr<std::string> {
                return std::string("\",\"admin\":true,\"\xff\":\"");
              }).ok());
  EXPECT_EQ(request.json(), "{\"k\":\"\\\",\\\"admin\\\":true,\\\"\xEF\xBF\xBD\\\":\\\"\"}");
}

TEST(ExpandTemplates, PassesTheFirstErrorOn) {
  v1::HttpRequest request;
  request.set_body("bad");
  EXPECT_EQ(ExpandTemplates(&request, &Bracket).code(), absl::StatusCode::kNotFound);
  v1::HttpRequest json;
  json.set_json(R"(["bad"])");
  EXPECT_EQ(ExpandTemplates(&json, &Bracket).code(), absl::StatusCode::kNotFound);
  json.set_json("{");
  EXPECT_EQ(ExpandTemplates(&json, &Bracket).code(), absl::StatusCode::kInvalidArgument);
  json.set_json(std::string(100, '[') + std::string(100, ']'));
  EXPECT_EQ(ExpandTemplates(&json, &Bracket).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace smokemesh::agent
