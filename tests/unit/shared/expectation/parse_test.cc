#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "shared/expectation/expectation.h"

namespace smokemesh::shared {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

absl::StatusOr<Expectation> Http(std::string_view text) {
  return ParseExpectation(text, QueriesOf("http"));
}

TEST(Parse, ReadsQueryPredicateAndValue) {
  const auto parsed = Http("  status == 200 ");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->text, "status == 200");
  EXPECT_EQ(parsed->query, "status");
  EXPECT_EQ(parsed->argument, "");
  EXPECT_FALSE(parsed->negated);
  EXPECT_EQ(parsed->predicate, "==");
  ASSERT_EQ(parsed->operands.size(), 1u);
  EXPECT_EQ(parsed->operands[0].text, "200");
  EXPECT_FALSE(parsed->operands[0].quoted);
}

TEST(Parse, ReadsArgumentNegationAndBareTextToTheEndOfTheLine) {
  const auto parsed = Http("header Content-Type not startsWith text/html; charset = x");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->argument, "Content-Type");
  EXPECT_TRUE(parsed->negated);
  EXPECT_EQ(parsed->predicate, "startsWith");
  EXPECT_EQ(parsed->operands[0].text, "text/html; charset = x");
}

TEST(Parse, ReadsQuotedValuesWithJsonEscapes) {
  const auto parsed = Http(R"(json /a == "say \"hi\"\n\u00e9 ")");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->operands[0].text, "say \"hi\"\n\u00e9 ");
  EXPECT_TRUE(parsed->operands[0].quoted);
}

TEST(Parse, ReadsLists) {
  const auto parsed = Http(R"(json /a in 1, "x, y", {{a}},two words)");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  ASSERT_EQ(parsed->operands.size(), 4u);
  EXPECT_EQ(parsed->operands[1].text, "x, y");
  EXPECT_TRUE(parsed->operands[1].quoted);
  EXPECT_EQ(parsed->operands[2].text, "{{a}}");
  EXPECT_EQ(parsed->operands[3].text, "two words");
}

TEST(Parse, DoesNotSplitAListWithinATemplate) {
  const auto parsed = Http("status in ${CODES:-200,201}, 202");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  ASSERT_EQ(parsed->operands.size(), 2u);
  EXPECT_EQ(parsed->operands[0].text, "${CODES:-200,201}");
}

TEST(Parse, TakesAnOptionalArgumentOnlyWhereItLooksLikeOne) {
  const auto whole = ParseExpectation("reply == OK", QueriesOf("redis"));
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->argument, "");
  const auto element = ParseExpectation("reply 0 == OK", QueriesOf("redis"));
  ASSERT_TRUE(element.ok()) << element.status();
  EXPECT_EQ(element->argument, "0");
  const auto templated = ParseExpectation("json {{pointer}} exists", QueriesOf("redis"));
  ASSERT_TRUE(templated.ok()) << templated.status();
  EXPECT_EQ(templated->argument, "{{pointer}}");
  const auto document = Http("json isArray");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->argument, "");
}

TEST(Parse, AllowsSpacesInQuotedArgumentsAndTemplates) {
  const auto quoted = Http(R"(json "/a b/c" == 1)");
  ASSERT_TRUE(quoted.ok()) << quoted.status();
  EXPECT_EQ(quoted->argument, "/a b/c");
  const auto templated = Http("json /a/${KEY:-b c} == {{ x }}");
  ASSERT_TRUE(templated.ok()) << templated.status();
  EXPECT_EQ(templated->argument, "/a/${KEY:-b c}");
  EXPECT_EQ(templated->operands[0].text, "{{ x }}");
}

TEST(Parse, KnowsTheQueriesOfEveryKind) {
  for (const char* text :
       {"rows == 1", "affected >= 1", "value isNull", "column id == x", "json /a exists",
        "sqlstate == 23505", "error contains unique", "duration < 1s"}) {
    EXPECT_TRUE(ParseExpectation(text, QueriesOf("postgres")).ok()) << text;
  }
  for (const char* text :
       {"reply 2 == x", "type == nil", "error startsWith WRONGTYPE", "messages == 2",
        "message 0 contains x", "message_json 0/id == 1", "json /a exists", "duration < 1s"}) {
    EXPECT_TRUE(ParseExpectation(text, QueriesOf("redis")).ok()) << text;
  }
  for (const char* text : {"status between 200, 299", "header x-a exists", "body isEmpty",
                           "json /a exists", "bytes < 100", "url endsWith /x", "duration < 1s"}) {
    EXPECT_TRUE(ParseExpectation(text, QueriesOf("http")).ok()) << text;
  }
  for (const char* text :
       {"events == 3", "event 0/data/x == 1", "event 1 exists", "text 0/retry_count == 3",
        "text 0 contains x", "channel 0 == a", "gap 1 between 900ms, 1.2s", "ttl between 1, 604800",
        "ttl not exists", "receivers >= 1", "duration < 1s"}) {
    EXPECT_TRUE(ParseExpectation(text, QueriesOf("event_bus")).ok()) << text;
  }
  for (const char* text : {"channel == a", "text contains x", "json /id == 1", "json isObject"}) {
    EXPECT_TRUE(ParseExpectation(text, QueriesOf("message")).ok()) << text;
  }
  EXPECT_TRUE(ParseExpectation("connect_duration < 1s", QueriesOf("postgres")).ok());
  for (const char* part : {"issuer", "subject", "names", "days_left"}) {
    EXPECT_TRUE(Http("certificate " + std::string(part) + " exists").ok()) << part;
  }
  EXPECT_THAT(QueriesOf("ftp"), IsEmpty());
}

struct Wrong {
  std::string_view text;
  std::string_view message;
};
class Refuses : public ::testing::TestWithParam<Wrong> {};

TEST_P(Refuses, AndSaysWhatIsWrong) {
  const auto parsed = Http(GetParam().text);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(std::string(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Parse, Refuses,
    ::testing::Values(
        Wrong{"", "empty"}, Wrong{"  ", "empty"},
        Wrong{"stauts == 200", "unknown query \"stauts\" (did you mean \"status\"?)"},
        Wrong{"status==200", "spaces"}, Wrong{"rows == 1", "unknown query \"rows\""},
        Wrong{"status", "predicate is missing"}, Wrong{"status = 200", "did you mean \"==\""},
        Wrong{"status not", "predicate is missing"},
        Wrong{"status not not == 200", "unknown predicate \"not\""},
        Wrong{"body contians x", "did you mean \"contains\""},
        Wrong{"header == x", "\"header\" needs an argument"},
        Wrong{"header", "\"header\" needs an argument"}, Wrong{"status ==", "value is missing"},
        Wrong{"body exists now", "takes no value"}, Wrong{"body == \"x", "no closing quote"},
        Wrong{"body == \"x\" y", "after the quoted value"},
        Wrong{"body == \"\\q\"", "not a JSON string"}, Wrong{"status in 200", "two or more"},
        Wrong{"status in 200,,201", "a value is empty"},
        Wrong{"status between 1, 2, 3", "takes two values"},
        Wrong{"duration < 2", "not a duration"}, Wrong{"status == OK", "is a number"},
        Wrong{"status == \"200\"", "is a number"}, Wrong{"bytes in 1, x", "is a number"},
        Wrong{"body matches (", "not a regular expression"},
        Wrong{"json id == 1", "unknown predicate \"id\""},
        Wrong{"json 0 == 1", "not a JSON pointer"}, Wrong{"duration p0 < 1s", "is no quantile"},
        Wrong{"duration median < 1s", "\"median\""}, Wrong{"duration p95 < 5", "not a duration"},
        Wrong{"duration p95", "unknown predicate \"p95\""},
        Wrong{"certificate owner == x", "issuer, subject, names or days_left"}));

TEST(Parse, TakesAQuantileAsTheArgumentOfADuration) {
  const auto parsed = Http("duration p99.9 not > 50ms");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->argument, "p99.9");
  EXPECT_TRUE(parsed->negated);
  EXPECT_EQ(parsed->operands[0].text, "50ms");
  const auto plain = Http("duration not > 50ms");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->argument, "");
  const auto templated = Http("duration {{quantile}} < {{limit}}");
  ASSERT_TRUE(templated.ok()) << templated.status();
  EXPECT_EQ(templated->argument, "{{quantile}}");
}

TEST(Parse, TakesATemplateInADefaultAsPartOfOneWord) {
  const auto argument = Http("json /a/${KEY:-${OTHER:-b c}}/d == x");
  ASSERT_TRUE(argument.ok()) << argument.status();
  EXPECT_EQ(argument->argument, "/a/${KEY:-${OTHER:-b c}}/d");
  const auto list = Http("status in ${CODES:-${MORE:-200,201},202}, 203");
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->operands.size(), 2u);
  EXPECT_EQ(list->operands[0].text, "${CODES:-${MORE:-200,201},202}");
}

TEST(Parse, RefusesArgumentsThatAreNoNumbers) {
  EXPECT_FALSE(ParseExpectation("message x == 1", QueriesOf("redis")).ok());
  EXPECT_FALSE(ParseExpectation("message_json /a == 1", QueriesOf("redis")).ok());
  EXPECT_FALSE(ParseExpectation("message_json 0a == 1", QueriesOf("redis")).ok());
  for (const char* text : {"event x/a == 1", "event /a == 1", "text 0a == 1", "channel 0/a == 1",
                           "gap 0 < 1s", "gap x < 1s", "gap 1 < 5", "ttl == soon", "events == x"}) {
    EXPECT_FALSE(ParseExpectation(text, QueriesOf("event_bus")).ok()) << text;
  }
}

TEST(Parse, LeavesWhatATemplateHidesForLater) {
  EXPECT_TRUE(Http("duration < {{limit}}").ok());
  EXPECT_TRUE(Http("status == ${STATUS}").ok());
  EXPECT_TRUE(Http("body matches {{pattern").ok());
}

TEST(Parse, SuggestsOnlyKnownNames) {
  for (const char* kind : {"postgres", "redis", "http", "event_bus", "message"}) {
    std::set<std::string> names;
    for (const Query& query : QueriesOf(kind)) names.insert(query.name);
    EXPECT_EQ(names.size(), QueriesOf(kind).size()) << kind;
    EXPECT_THAT(names, Not(IsEmpty()));
  }
}

}  // namespace
}  // namespace smokemesh::shared
