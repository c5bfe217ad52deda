// Rules for repeated, awaited, parallel and conditional steps and for event buses. What is refused,
// and in which words, is in tests/golden/lint; here is what must be accepted, and the borders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/coordinator/plan/plan_text.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kHead =
    "name: x\n"
    "connections:\n"
    "  db: {postgres: \"${DB}\"}\n"
    "  other: {postgres: \"${OTHER}\"}\n"
    "  bus: {redis: \"${BUS}\"}\n"
    "  api: {http: \"${API}\"}\n";

std::string Check(const std::string& fields) {
  return Lint(std::string(kHead) + "checks: [{name: a, tags: [smoke], " + fields + "}]\n");
}
std::string Sql(const std::string& steps) {
  return Check("postgres: {connection: db, steps: [" + steps + "]}");
}
std::string Redis(const std::string& steps) { return Check("redis: {steps: [" + steps + "]}"); }
std::string Http(const std::string& steps) { return Check("http: {steps: [" + steps + "]}"); }
std::string Bus(const std::string& steps) { return Check("event_bus: {steps: [" + steps + "]}"); }
std::string Scenario(const std::string& steps) {
  return Check("scenario: {steps: [" + steps + "]}");
}
std::string Format(const std::string& fields) {
  return Lint("name: x\nconnections: {bus: {redis: '${BUS}', event_bus: {" + fields +
              "}}}\nchecks: [{name: a, tags: [smoke], redis: {steps: [{command: [PING]}]}}]\n");
}

TEST(RepeatTest, TakesItsWholeRange) {
  EXPECT_EQ(Sql("{sql: SELECT 1, repeat: {times: 1}}"), "");
  EXPECT_EQ(Sql("{sql: SELECT 1, repeat: {times: 1000, parallel: 50, warm_up: 100}}"), "");
  EXPECT_EQ(Sql("{sql: SELECT 1, repeat: {times: 2, warm_up: 0, fresh_session: true}}"), "");
  EXPECT_EQ(Sql("{session: s, sql: SELECT 1, repeat: {times: 2, fresh_session: true}}"), "");
  EXPECT_EQ(Http("{request: {url: /}, repeat: {times: 2, fresh_session: true}}"), "");
  EXPECT_THAT(Sql("{sql: SELECT 1, repeat: {times: -1}}"), HasSubstr("must be from 1 to 1000"));
  EXPECT_THAT(Sql("{sql: SELECT 1, repeat: {times: 2, warm_up: -1}}"), HasSubstr("from 0 to 100"));
}

TEST(RepeatTest, KnowsWhichTimeItIs) {
  EXPECT_EQ(Sql("{sql: 'SELECT {{iteration}}', name: 'time {{iteration}}', params: [], repeat: "
                "{times: 2}, expect: ['value == {{iteration}}'], capture: {v: {query: value}}}, "
                "{sql: 'SELECT {{v}}'}"),
            "");
  EXPECT_THAT(Sql("{sql: SELECT 1, repeat: {times: 2}}, {sql: 'SELECT {{iteration}}'}"),
              HasSubstr("step 2 of check \"a\" uses {{iteration}}, which is only set in a step "
                        "with \"repeat\""));
  EXPECT_THAT(Sql("{sql: SELECT 1, capture: {iteration: {query: value}}}"),
              HasSubstr("that name is built in"));
  EXPECT_THAT(Check("variables: {iteration: '1'}, http: {steps: [{request: {url: /}}]}"),
              HasSubstr("is built in: choose another name"));
}

TEST(RepeatTest, TakesEveryQuantileOfBothDurations) {
  for (const char* argument : {"p50", "p99.9", "p100", "p0.001", "min", "max", "mean"}) {
    const std::string time = std::string("duration ") + argument + " < 1s";
    EXPECT_EQ(
        Sql("{sql: SELECT 1, repeat: {times: 2}, expect: [" + time + ", connect_" + time + "]}"),
        "")
        << argument;
    EXPECT_EQ(Http("{request: {url: /}, repeat: {times: 2}, expect: [" + time + "]}"), "");
  }
  EXPECT_EQ(Sql("{sql: SELECT 1, expect: [duration < 1s, connect_duration < 1s]}"), "");
  EXPECT_THAT(Http("{request: {url: /}, repeat: {times: 2}, expect: [connect_duration < 1s]}"),
              HasSubstr("unknown query \"connect_duration\""));
}

TEST(RepeatTest, WhatIsDoneOnceIsNotRepeated) {
  for (const char* steps :
       {"{disconnect: true, repeat: {times: 2}}", "{command: [SUBSCRIBE, c], repeat: {times: 2}}",
        "{command: [psubscribe, c], until: {}}",
        "{command: [SUBSCRIBE, c]}, {receive: {}, repeat: {times: 2}}"}) {
    EXPECT_THAT(Redis(steps), HasSubstr("which is done once")) << steps;
  }
  EXPECT_THAT(Bus("{subscribe: [c], repeat: {times: 2}}"), HasSubstr("on a subscription"));
  EXPECT_THAT(Bus("{subscribe: [c]}, {receive: {}, until: {}}"),
              HasSubstr("on a wait for messages"));
  EXPECT_EQ(Redis("{command: [PUBLISH, c, x], repeat: {times: 2}}"), "");
}

TEST(UntilTest, FitsIntoTheCheck) {
  EXPECT_EQ(Sql("{sql: SELECT 1, until: {}}"), "");
  EXPECT_EQ(Sql("{sql: SELECT 1, until: {within: 10s, interval: 10s, attempts: 10000}}"), "");
  EXPECT_EQ(Check("timeout: 1s, http: {steps: [{request: {url: /}, until: {}}]}"), "");
  EXPECT_THAT(Sql("{sql: SELECT 1, until: {within: 11s}}"), HasSubstr("longer than the check's"));
  EXPECT_THAT(Sql("{sql: SELECT 1, until: {interval: 3s}}"),
              HasSubstr("waits 3s between two attempts and would make only one within 2s"));
  EXPECT_THAT(Sql("{sql: SELECT 1, until: {attempts: 0}}"), HasSubstr("must be from 1 to 10000"));
}

TEST(UntilTest, WaitsForSomething) {
  EXPECT_EQ(Bus("{stored: {channel: c, event_id: i}, until: {}}"), "");
  EXPECT_EQ(Bus("{dead_letters: {channel: c}, until: {}, expect: [events == 1]}"), "");
  EXPECT_EQ(Redis("{command: [GET, k], until: {}}"), "");
  EXPECT_THAT(Bus("{dead_letters: {channel: c}, until: {}}"),
              HasSubstr("expects nothing that it could wait for"));
}

TEST(WhenTest, IsTrueOrFalseOrATemplate) {
  for (const char* when : {"true", "false", "'${SLOW}'", "'${SLOW:-false}'", "'{{check}}'"}) {
    EXPECT_EQ(Sql(std::string("{sql: SELECT 1}, {sql: SELECT 1, when: ") + when + "}"), "") << when;
  }
  EXPECT_THAT(Sql("{sql: SELECT 1, when: 'yes'}"), HasSubstr("has the \"when\" \"yes\""));
}

TEST(ParallelTest, SessionsAreOfAKindAndAConnection) {
  EXPECT_EQ(
      Sql("{session: a, sql: SELECT 1, parallel: g}, {session: b, sql: SELECT 1, parallel: g}"),
      "");
  EXPECT_EQ(Sql("{sql: SELECT 1, parallel: g}, {connection: other, sql: SELECT 1, parallel: g}"),
            "");
  EXPECT_EQ(Http("{request: {url: /}, parallel: g}, {request: {url: /}, parallel: g}"), "");
  EXPECT_EQ(Scenario("{redis: {command: [PING], parallel: g}}, {event_bus: {history: {channel: c}, "
                     "expect: [events == 1], parallel: g}}"),
            "");
  EXPECT_THAT(Sql("{sql: SELECT 1, parallel: g}, {session: main, connection: db, sql: SELECT 1, "
                  "parallel: g}"),
              HasSubstr("would run one after the other"));
  // Fresh sessions take their turn on the session that they stand for.
  EXPECT_THAT(Sql("{sql: SELECT 1, parallel: g, repeat: {times: 2, fresh_session: true}}, {sql: "
                  "SELECT 1, parallel: g}"),
              HasSubstr("would run one after the other"));
}

TEST(ParallelTest, GroupsEndAtANeighbourOfAnotherNameAndAtFinally) {
  EXPECT_THAT(Http("{request: {url: /}, parallel: g}, {request: {url: /}, parallel: h}"),
              HasSubstr("step 1 of check \"a\" is alone in the parallel group \"g\""));
  EXPECT_THAT(Check("http: {steps: [{request: {url: /}, parallel: g}]}, finally: [{http: {request: "
                    "{url: /}, parallel: g}}]"),
              HasSubstr("step 1 of finally of check \"a\" is alone"));
  std::string many;
  for (int i = 0; i < 51; ++i) many += "{request: {url: /}, parallel: g},";
  EXPECT_THAT(Http(many), HasSubstr("of 51 sessions and requests; at most 50 at once"));
}

TEST(ParallelTest, CapturesAreForTheirBranchUntilTheGroupEnds) {
  const std::string capture =
      "{session: s, sql: SELECT 1, parallel: g, capture: {n: {query: value}}}";
  EXPECT_EQ(Sql(capture + ", {session: s, sql: 'SELECT {{n}}', parallel: g}, {session: t, sql: "
                          "SELECT 1, parallel: g}, {session: t, sql: 'SELECT {{n}}'}"),
            "");
  EXPECT_THAT(Sql(capture + ", {session: t, sql: 'SELECT {{n}}', parallel: g}"),
              HasSubstr("uses {{n}}, which is captured at the same time by step 1"));
  // Also when an earlier step has set it: which of the two values it would be is chance.
  EXPECT_THAT(Sql("{sql: SELECT 1, capture: {n: {query: value}}}, " + capture +
                  ", {session: t, sql: SELECT 1, parallel: g, expect: ['value == {{n}}']}"),
              HasSubstr("step 3 of check \"a\" uses {{n}}, which is captured at the same time"));
  EXPECT_THAT(Sql(capture + ", {session: t, sql: SELECT 1, parallel: g, capture: {n: {query: "
                            "value}}}"),
              HasSubstr("captures \"n\", which is captured at the same time by step 1"));
  EXPECT_THAT(Sql(capture + ", {session: t, sql: SELECT 1, parallel: g, when: '{{n}}'}"),
              HasSubstr("uses {{n}}, which is captured at the same time"));
}

TEST(ReceiveTest, KnowsWhatWhereCanAsk) {
  const auto where = [](const std::string& text) {
    return Redis("{command: [SUBSCRIBE, c]}, {receive: {where: ['" + text + "']}}");
  };
  EXPECT_EQ(where("channel == c"), "");
  EXPECT_EQ(where("text contains {{uuid}}"), "");
  EXPECT_EQ(where("json /a/b exists"), "");
  EXPECT_THAT(where("message 0 == x"), HasSubstr("known are channel, text, json"));
  EXPECT_THAT(where("json /a == {{nothing}}"), HasSubstr("uses {{nothing}}"));
}

TEST(SubscriptionTest, BelongsToOneKindConnectionAndSession) {
  EXPECT_EQ(Bus("{session: s, subscribe: [c]}, {publish: {channel: c, event_id: i}}, {session: s, "
                "receive: {}}, {session: s, disconnect: true}, {session: s, forget: {channel: c, "
                "event_id: i}}"),
            "");
  EXPECT_EQ(Bus("{session: s, subscribe: [c]}, {connection: bus, session: s, receive: {}}"), "");
  EXPECT_THAT(Scenario("{redis: {command: [SUBSCRIBE, c]}}, {event_bus: {receive: {}}}"),
              HasSubstr("waits for events on session \"main\", which has not subscribed"));
  EXPECT_THAT(Bus("{subscribe: [c]}, {stored: {channel: c, event_id: i}}"),
              HasSubstr("has \"stored\" on session \"main\", which has subscribed"));
  EXPECT_THAT(Bus("{subscribe: [c]}, {disconnect: true}, {receive: {}}"),
              HasSubstr("which has not subscribed"));
  // A fresh session each time is not the one that has subscribed.
  EXPECT_EQ(Redis("{command: [SUBSCRIBE, c]}, {command: [GET, k], repeat: {times: 2, "
                  "fresh_session: true}}"),
            "");
}

TEST(EventBusTest, EveryActionHasTheQueriesOfItsAnswer) {
  EXPECT_EQ(Bus("{publish: {channel: c, event_id: i}, expect: [receivers == 0, events == 1, event "
                "0/service == smokemesh, text 0/retry_count == 0], capture: {t: {query: text 0}}}"),
            "");
  EXPECT_EQ(Bus("{subscribe: [c]}, {receive: {count: 2}, expect: [events == 2, gap 1 < 1s, channel "
                "1 == c, text 0 exists, duration < 1s]}"),
            "");
  EXPECT_EQ(Bus("{forget: {channel: c, event_id: i}, expect: [events == 1]}"), "");
  EXPECT_THAT(Bus("{history: {channel: c}, expect: [gap 1 < 1s]}"),
              HasSubstr("\"history\" has no gap; it has events, event, text and duration"));
  EXPECT_THAT(Bus("{subscribe: [c], expect: [events == 0]}"),
              HasSubstr("\"subscribe\" has no events; it has duration"));
}

TEST(EventBusTest, FormatsNameEachEvent) {
  EXPECT_EQ(Format(""), "");
  EXPECT_EQ(Format("event_key: 'e:{event_id}', dead_letter_key: failed, ttl_seconds: 315360000, "
                   "data_field: body, id_field: id, retry_field: tries, dead_letter_field: body"),
            "");
  EXPECT_THAT(Format("event_key: 'e:{channel}'"), HasSubstr("has no {event_id}"));
  EXPECT_THAT(Format("event_key: 'e:{event_id}:{id}'"), HasSubstr("the placeholder \"{id}\""));
  EXPECT_THAT(Format("event_key: '{event_id}}'"), HasSubstr("a brace without its other half"));
  EXPECT_THAT(Format("dead_letter_key: '{event_id}'"), HasSubstr("known: {channel}"));
  EXPECT_THAT(Format("ttl_seconds: 315360001"), HasSubstr("must be from 1 to 315360000"));
  EXPECT_THAT(Format("id_field: data"), HasSubstr("must be three different members"));
}

TEST(EventBusTest, TheIdentifierIsSaidOnce) {
  EXPECT_THAT(Bus("{publish: {channel: c, event_id: i, data: {event_id: j}}}"),
              HasSubstr("has the member \"event_id\" in \"publish.data\""));
  EXPECT_EQ(Bus("{publish: {channel: c, event_id: i, data: {id: j, deep: {event_id: k}}}}"), "");
}

TEST(EventBusTest, SecretsInEventsAreNotLiteral) {
  EXPECT_EQ(Bus("{publish: {channel: c, event_id: i, data: {token: '${T}'}}}"), "");
  EXPECT_THAT(Bus("{publish: {channel: c, event_id: i, data: {user: {password: hunter2}}}}"),
              HasSubstr("a literal value in JSON member \"password\""));
}

TEST(NameTest, MayHoldVariablesThatAreSet) {
  EXPECT_EQ(Sql("{name: 'look at {{check}}', sql: SELECT 1}"), "");
  EXPECT_THAT(Sql("{name: 'look at {{chek}}', sql: SELECT 1}"),
              HasSubstr("uses {{chek}}, which is not set (did you mean \"check\"?)"));
}

}  // namespace
}  // namespace smokemesh::coordinator
