#include "agent/checks/http/http_observation.h"

#include <gtest/gtest.h>

#include <chrono>

namespace smokemesh::agent {
namespace {

using shared::Describe;

HttpAnswer Answer(int status, const std::string& reason, const std::string& body) {
  HttpAnswer answer;
  answer.status = status;
  answer.reason = reason;
  answer.body = body;
  answer.url = "http://h/x";
  answer.duration = std::chrono::milliseconds(12);
  answer.headers = {{"Content-Type", "application/json"}, {"Vary", "a"}, {"vary", "b"}};
  return answer;
}

TEST(HttpObservation, AnswersEveryQuery) {
  const HttpObservation seen(Answer(201, "Created", R"({"id":"x","n":[1,2]})"));
  const auto get = [&](std::string_view query, std::string_view argument = "") {
    const auto value = seen.Get(query, argument);
    return value.ok() ? Describe(*value) : std::string(value.status().message());
  };
  EXPECT_EQ(get("status"), "201");
  EXPECT_EQ(get("header", "content-type"), "\"application/json\"");
  EXPECT_EQ(get("header", "VARY"), "\"a, b\"");
  EXPECT_EQ(get("header", "x-none"), "nothing");
  EXPECT_EQ(get("body"), R"("{"id":"x","n":[1,2]}")");
  EXPECT_EQ(get("json", "/id"), "\"x\"");
  EXPECT_EQ(get("json", "/n"), "[1,2]");
  EXPECT_EQ(get("bytes"), "20");
  EXPECT_EQ(get("url"), "\"http://h/x\"");
  EXPECT_EQ(get("duration"), "12ms");
  EXPECT_FALSE(seen.Get("rows", "").ok());
}

TEST(HttpObservation, KnowsEveryQueryOfItsKind) {
  const HttpObservation seen(Answer(200, "OK", "{}"));
  for (const shared::Query& query : shared::QueriesOf("http")) {
    const char* argument = query.name == "certificate" ? "issuer" : "";
    EXPECT_TRUE(seen.Get(query.name, argument).ok()) << query.name;
  }
}

TEST(HttpObservation, TellsPartsOfACertificate) {
  HttpAnswer answer = Answer(200, "OK", "");
  answer.url = "https://h/x";
  answer.certificate = HttpCertificate{"C=US, CN=R11", "CN=h", {"h", "*.h", "::1"}, -1};
  const HttpObservation seen(answer);
  EXPECT_EQ(Describe(*seen.Get("certificate", "issuer")), "\"C=US, CN=R11\"");
  EXPECT_EQ(Describe(*seen.Get("certificate", "subject")), "\"CN=h\"");
  EXPECT_EQ(Describe(*seen.Get("certificate", "names")), "\"h, *.h, ::1\"");
  EXPECT_EQ(Describe(*seen.Get("certificate", "days_left")), "-1");
}

TEST(HttpObservation, HasNoCertificateWithoutTlsAndNoOtherParts) {
  const HttpObservation plain(Answer(200, "OK", ""));
  EXPECT_EQ(Describe(*plain.Get("certificate", "days_left")), "nothing");
  const absl::Status unknown = plain.Get("certificate", "isuer").status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(unknown.message(),
            "a certificate has no part \"isuer\": use issuer, subject, names or days_left (did you "
            "mean \"issuer\"?)");
  HttpAnswer answer = Answer(200, "OK", "");
  answer.url = "https://h/x";  // and no certificate: this libcurl cannot tell it
  EXPECT_EQ(HttpObservation(answer).Get("certificate", "days_left").status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(HttpObservation, ReadsTheClaimsOfAnAccessToken) {
  // {"sub":"7","exp":28900,"iat":100}, without padding, as RFC 7515 wants it.
  const HttpObservation seen(Answer(
      200, "OK",
      R"({"access_token":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3IiwiZXhwIjoyODkwMCwiaWF0IjoxMDB9.c2ln"})"));
  EXPECT_EQ(Describe(*seen.Get("claim", "sub")), "\"7\"");
  EXPECT_EQ(Describe(*seen.Get("claim", "exp")), "28900");
  EXPECT_EQ(Describe(*seen.Get("claim", "lifetime")), "28800");
  EXPECT_EQ(Describe(*seen.Get("claim", "email")), "nothing");
}

TEST(HttpObservation, HasNoClaimsWithoutAReadableToken) {
  for (const char* body : {"", "{}", R"({"access_token":7})", R"({"access_token":"abc"})",
                           R"({"access_token":"a.!!.c"})", R"({"access_token":"e30.bm9uZQ.x"})",
                           R"({"access_token":"e30.eyJpYXQiOiJ5ZXN0ZXJkYXkiLCJleHAiOjd9.x"})"}) {
    const HttpObservation seen(Answer(200, "OK", body));
    EXPECT_EQ(Describe(*seen.Get("claim", "sub")), "nothing") << body;
    EXPECT_EQ(Describe(*seen.Get("claim", "lifetime")), "nothing") << body;
  }
}

TEST(HttpObservation, ImpliesAGoodStatus) {
  EXPECT_FALSE(HttpObservation(Answer(200, "OK", "")).UnlessAsked().mismatch.has_value());
  EXPECT_FALSE(HttpObservation(Answer(299, "", "")).UnlessAsked().mismatch.has_value());
  EXPECT_TRUE(HttpObservation(Answer(199, "", "")).UnlessAsked().mismatch.has_value());
  EXPECT_TRUE(HttpObservation(Answer(302, "Found", "")).UnlessAsked().mismatch.has_value());
  const auto implied = HttpObservation(Answer(422, "Unprocessable", "no name")).UnlessAsked();
  EXPECT_EQ(implied.queries, std::vector<std::string>{"status"});
  EXPECT_EQ(implied.mismatch->actual, "422 Unprocessable: no name");
}

TEST(HttpObservation, SummarisesInOneLine) {
  EXPECT_EQ(HttpObservation(Answer(200, "OK", "secret")).Summary(), "200 OK, 6 bytes");
  EXPECT_EQ(HttpObservation(Answer(500, "", "why")).Summary(), "500, 3 bytes: why");
  HttpAnswer redirect = Answer(302, "Found", "");
  redirect.note = "redirect to another host, x:80, not followed";
  EXPECT_EQ(HttpObservation(redirect).Summary(),
            "302 Found, 0 bytes, redirect to another host, x:80, not followed");
}

}  // namespace
}  // namespace smokemesh::agent
