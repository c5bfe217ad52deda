#include "coordinator/plan/plan_validator.h"

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
    "  bus: {redis: \"${BUS}\"}\n"
    "  api: {http: \"${API}\"}\n";

// Problems of a plan with more lines at the top and these checks.
std::string Plan(const std::string& more, const std::string& checks) {
  return Lint(std::string(kHead) + more + "checks: [" + checks + "]\n");
}
// … with one HTTP check that has these fields too.
std::string Check(const std::string& fields) {
  const char* tags = fields.find("tags:") == std::string::npos ? "tags: [smoke], " : "";
  return Plan(
      "", "{name: a, http: {steps: [{request: {url: /}}]}, " + std::string(tags) + fields + "}");
}
// … with one step.
std::string Postgres(const std::string& step) {
  return Plan("", "{name: a, tags: [smoke], postgres: {steps: [" + step + "]}}");
}
std::string Redis(const std::string& steps) {
  return Plan("", "{name: a, tags: [smoke], redis: {steps: [" + steps + "]}}");
}
std::string Http(const std::string& step) {
  return Plan("", "{name: a, tags: [smoke], http: {steps: [" + step + "]}}");
}
std::string Request(const std::string& fields) {
  return Http("{request: {url: /, " + fields + "}}");
}

constexpr char kGood[] = "{name: a, tags: [smoke], http: {steps: [{request: {url: /}}]}}";

TEST(PlanValidatorTest, FindsNothingWrongWithAGoodPlan) {
  EXPECT_EQ(Lint(kFullPlan), "");
  EXPECT_EQ(Plan("", kGood), "");
}

TEST(PlanValidatorTest, RefusesAPlanThatProvesNothing) {
  EXPECT_EQ(Lint("name: x\n"), "plan.yaml:1:1: the plan has no checks: it would prove nothing\n");
  EXPECT_THAT(Lint("name: x\nchecks: []\n"), HasSubstr("no checks"));
  EXPECT_THAT(
      Plan("", "{name: a}"),
      HasSubstr("plan.yaml:6:10: check \"a\" has no kind: add one of postgres, redis, http, "
                "event_bus, scenario"));
  EXPECT_THAT(Plan("", "{name: a, tags: [smoke], http: {}}"),
              HasSubstr("check \"a\" has no steps"));
  EXPECT_THAT(Plan("", "{name: a, tags: [smoke], scenario: {steps: []}}"),
              HasSubstr("has no steps"));
  EXPECT_THAT(Plan("", "{name: a, tags: [smoke], scenario: {steps: [{}]}}"),
              HasSubstr("step 1 of check \"a\" has no kind"));
}

TEST(PlanValidatorTest, RefusesBadNames) {
  EXPECT_THAT(Lint("checks: []\n"), HasSubstr("the plan has no name: give it one"));
  EXPECT_THAT(Lint("name: a b\n"), HasSubstr("plan.yaml:1:7: the name \"a b\" must be 1 to 64"));
  EXPECT_THAT(Plan("", "{http: {steps: [{request: {url: /}}]}}"),
              HasSubstr("check 1 has no name: give it one"));
  EXPECT_THAT(Plan("", "{name: a/b, http: {steps: [{request: {url: /}}]}}"),
              HasSubstr("plan.yaml:6:17: the name \"a/b\""));
  EXPECT_THAT(Plan("", "{name: " + std::string(129, 'a') + "}"), HasSubstr("must be 1 to 128"));
  EXPECT_THAT(Plan("variables: {uuid: a}\n", kGood), HasSubstr("is built in: choose another name"));
  EXPECT_THAT(Plan("variables: {uuid.a: a}\n", kGood), HasSubstr("is built in"));
  EXPECT_THAT(Plan("variables: {a b: a}\n", kGood), HasSubstr("must be named with letters"));
}

TEST(PlanValidatorTest, RefusesNamesThatAreNotUnique) {
  EXPECT_THAT(Plan("", std::string(kGood) + ", " + kGood),
              HasSubstr("check \"a\" is here twice, first on line 6: names are unique"));
  EXPECT_THAT(Plan("suites: [{name: s}, {name: s}]\n", kGood),
              HasSubstr("plan.yaml:6:28: suite \"s\" is here twice"));
  EXPECT_THAT(
      Plan("policy: {rollback: [{rule: r, select: not b, not_passed_at_least: 1}, {rule: r, "
           "select: not b, not_passed_at_least: 1}]}\n",
           kGood),
      HasSubstr("rule \"r\" is here twice"));
}

TEST(PlanValidatorTest, ChecksBelongToSuitesThatExist) {
  EXPECT_THAT(Check("suite: web"), HasSubstr("is in suite \"web\", which is not in the plan"));
  EXPECT_THAT(Plan("suites: [{name: services}]\n", kGood),
              HasSubstr("check \"a\" has no suite: add one of services"));
  EXPECT_THAT(
      Plan("suites: [{name: services}]\n",
           "{name: a, tags: [smoke], suite: service, http: {steps: [{request: {url: /}}]}}"),
      HasSubstr("(did you mean \"services\"?)"));
  EXPECT_THAT(Plan("suites: [{name: s, target: 2m, max: 1m}]\n", kGood),
              HasSubstr("target of suite \"s\" is longer than its max"));
}

TEST(PlanValidatorTest, NeedsMustExistAndEnd) {
  EXPECT_THAT(Check("needs: [b]"), HasSubstr("check \"a\" needs \"b\", which is not in the plan"));
  EXPECT_THAT(Check("needs: [a]"), HasSubstr("check \"a\" needs itself"));
  const auto chain = [](const std::string& name, const std::string& needs) {
    return "{name: " + name + ", tags: [smoke], needs: [" + needs +
           "], http: {steps: [{request: {url: /}}]}}";
  };
  EXPECT_EQ(Plan("", chain("c", "b") + "," + chain("b", "d") + "," + chain("d", "")), "");
  EXPECT_THAT(Plan("", chain("c", "") + "," + chain("c", "") + "," + chain("b", "c, c")),
              HasSubstr("check \"b\" needs \"c\" twice"));
  EXPECT_THAT(
      Plan("", chain("first", "b") + "," + chain("b", "c") + "," + chain("c", "d") + "," +
                   chain("d", "b")),
      HasSubstr(
          "checks need each other in a circle, so none can begin: b needs c needs d needs b"));
  const std::string two = Plan(
      "", chain("a", "b") + "," + chain("b", "a") + "," + chain("c", "d") + "," + chain("d", "c"));
  EXPECT_THAT(two, HasSubstr("a needs b needs a"));
  EXPECT_THAT(two, HasSubstr("c needs d needs c"));
}

TEST(PlanValidatorTest, ChecksSelectorsAndQuorum) {
  EXPECT_THAT(Check("on: {}"), HasSubstr("\"on\" of check \"a\" selects nothing"));
  EXPECT_THAT(Check("on: {service: a b}"), HasSubstr("service \"a b\" of check \"a\" must be"));
  EXPECT_EQ(Check("on: {service: '*'}, quorum: any"), "");
  EXPECT_THAT(Check("on: {labels: {zone: ''}}"), HasSubstr("label \"zone\" of check \"a\""));
  for (const char* quorum : {"most", "0", "-1", "01", "1.5", "50%", "+1"}) {
    EXPECT_THAT(Check(std::string("on: {service: b}, quorum: ") + quorum),
                HasSubstr("must be all, any, or a number from 1"))
        << quorum;
  }
  EXPECT_THAT(Check("quorum: 2"), HasSubstr("runs on one agent and can never have a quorum of 2"));
}

TEST(PlanValidatorTest, ChecksTags) {
  EXPECT_EQ(Check("tags: [smoke, team:core, a.b]"), "");
  EXPECT_THAT(Check("tags: [a b]"), HasSubstr("tag \"a b\" of check \"a\" must be letters"));
  EXPECT_THAT(Check("tags: [not]"), HasSubstr("none of the words and, or, not"));
}

TEST(PlanValidatorTest, BoundsTimes) {
  EXPECT_THAT(Check("timeout: 0s"), HasSubstr("timeout of check \"a\" must be longer than 0"));
  EXPECT_THAT(Check("timeout: 61m"), HasSubstr("timeout of check \"a\" must be at most 1h"));
  EXPECT_EQ(Plan("timeout: 1h\n",
                 "{name: a, tags: [smoke], timeout: 1h, http: {steps: [{request: {url: /}}]}}"),
            "");
  EXPECT_THAT(Plan("timeout: 2h\n", kGood), HasSubstr("timeout of the plan must be at most 1h"));
  EXPECT_THAT(Plan("defaults: {timeout: 0s}\n", kGood), HasSubstr("timeout in defaults"));
  EXPECT_THAT(Plan("suites: [{name: s, max: 0s}]\n", kGood), HasSubstr("max of suite \"s\""));
}

TEST(PlanValidatorTest, RetriesMustFitIntoTheTimeout) {
  EXPECT_EQ(Check("retry: {attempts: 10}"), "");
  EXPECT_THAT(Check("retry: {attempts: 11}"),
              HasSubstr("attempts of check \"a\" must be from 1 to 10"));
  EXPECT_THAT(Check("retry: {attempts: 0}"), HasSubstr("must be from 1 to 10"));
  EXPECT_THAT(Check("retry: {attempts: 3, interval: 5s}"),
              HasSubstr("check \"a\" waits 2 times 5s between its tries, and that is not less than "
                        "its timeout of 10s"));
  EXPECT_EQ(Check("timeout: 11s, retry: {attempts: 3, interval: 5s}"), "");
}

TEST(PlanValidatorTest, ConnectionsMustBeWellFormed) {
  const auto connection = [](const std::string& fields) {
    return Lint("name: x\nconnections: {c: {" + fields +
                "}}\nchecks: [{name: a, tags: [smoke], http: {steps: "
                "[{request: {url: 'http://x/'}}]}}]\n");
  };
  EXPECT_EQ(connection("postgres: 'postgresql+asyncpg://u:${P}@h:5432/d?sslmode=require'"), "");
  EXPECT_EQ(connection("postgres: 'host=h dbname=d'"), "");
  EXPECT_EQ(connection("postgres: 'postgresql:///d'"), "");
  EXPECT_EQ(connection("redis: 'rediss://:${P}@h:6380/1'"), "");
  EXPECT_EQ(connection("http: '${BASE}'"), "");
  EXPECT_THAT(connection(""), HasSubstr("connection \"c\" has no target"));
  EXPECT_THAT(connection("http: ''"), HasSubstr("connection \"c\" has no address"));
  EXPECT_THAT(connection("http: api.example.com"), HasSubstr("an address without a scheme"));
  EXPECT_THAT(connection("http: 'ftp://h'"), HasSubstr("has the scheme \"ftp\""));
  EXPECT_THAT(connection("http: 'http://'"), HasSubstr("without a host"));
  EXPECT_THAT(connection("redis: 'redis:///0'"), HasSubstr("without a host"));
  EXPECT_THAT(connection("postgres: 'mysql://h/d'"), HasSubstr("has the scheme \"mysql\""));
  EXPECT_THAT(connection("postgres: 'postgresql://u:hunter2@h/d'"),
              HasSubstr("a literal password"));
  EXPECT_THAT(connection("http: '{{nowhere}}'"), HasSubstr("{{nowhere}}, which is not set"));
  EXPECT_THAT(connection("postgres: '${D}', tls: {ca_file: /a}"), HasSubstr("instead of tls"));
}

TEST(PlanValidatorTest, ErrorsNeverRepeatALiteralPassword) {
  EXPECT_EQ(Lint("name: x\nconnections: {c: {postgres: 'postgresql://u:hunter2@h/d'}}\n"
                 "checks: [{name: a, tags: [smoke], postgres: {steps: [{sql: SELECT 1}]}}]\n")
                .find("hunter2"),
            std::string::npos);
  EXPECT_EQ(Request("headers: {authorization: Bearer hunter2}").find("hunter2"), std::string::npos);
}

TEST(PlanValidatorTest, EveryStepFindsItsConnection) {
  EXPECT_THAT(Postgres("{sql: SELECT 1, connection: dbx}"),
              HasSubstr("connection \"dbx\" is not in the plan (did you mean \"db\"?)"));
  EXPECT_THAT(Postgres("{sql: SELECT 1, connection: bus}"),
              HasSubstr("connection \"bus\" leads to redis, and this needs postgres"));
  EXPECT_THAT(
      Lint("name: x\nchecks: [{name: a, tags: [smoke], redis: {steps: [{command: [PING]}]}}]\n"),
      HasSubstr("the plan has no redis connection: add one under connections"));
  const std::string two = "name: x\nconnections: {b: {http: 'http://b'}, a: {http: 'http://a'}}\n";
  EXPECT_THAT(
      Lint(two + "checks: [{name: c, tags: [smoke], http: {steps: [{request: {url: /}}]}}]\n"),
      HasSubstr("the plan has 2 http connections (a, b): name one with \"connection\""));
  EXPECT_EQ(Lint(two + "checks: [{name: c, tags: [smoke], http: {connection: a, steps: [{request: "
                       "{url: /}}]}}]\n"),
            "");
  // Said once, where it stands, and not again for every step.
  EXPECT_EQ(Lint(two + "checks:\n- name: c\n  tags: [smoke]\n  http:\n    connection: z\n    "
                       "steps: [{request: {url: "
                       "/}}, {request: {url: /}}]\n"),
            "plan.yaml:7:17: check \"c\": connection \"z\" is not in the plan (did you mean "
            "\"a\"?)\n");
  EXPECT_EQ(Lint("name: x\nchecks: [{name: a, tags: [smoke], http: {steps: [{request: {url: "
                 "'https://a/'}}]}}]\n"),
            "");
}

TEST(PlanValidatorTest, SqlStepsHaveExactlyOneStatement) {
  EXPECT_EQ(Postgres("{sql: 'SELECT 1;'}"), "");
  EXPECT_THAT(Postgres("{}"), HasSubstr("step 1 of check \"a\" has nothing to do: add \"sql\""));
  EXPECT_THAT(Postgres("{sql: SELECT 1, disconnect: true}"), HasSubstr("make them two steps"));
  EXPECT_THAT(Postgres("{disconnect: true, params: [a]}"), HasSubstr("only go with \"sql\""));
  EXPECT_THAT(Postgres("{disconnect: true, expect: [rows == 1]}"), HasSubstr("gives no answer"));
  EXPECT_THAT(Postgres("{sql: 'BEGIN; SELECT 1'}"),
              HasSubstr("has 2 statements in one \"sql\": write one step for each"));
  EXPECT_THAT(Postgres("{sql: '-- nothing'}"), HasSubstr("SQL without a statement"));
  EXPECT_THAT(Postgres("{sql: 'SELECT $1, $2', params: [a]}"),
              HasSubstr("uses $2, but \"params\" has 1 value"));
  EXPECT_THAT(Postgres("{sql: SELECT 1, params: [a]}"), HasSubstr("has 1 \"params\""));
}

TEST(PlanValidatorTest, RedisStepsDoExactlyOneThing) {
  EXPECT_THAT(Redis("{}"), HasSubstr("add one of command, receive, disconnect"));
  EXPECT_THAT(Redis("{command: [PING], disconnect: true}"), HasSubstr("more than one of"));
  EXPECT_THAT(Redis("{command: ['']}"), HasSubstr("a command without a name"));
  EXPECT_THAT(Redis("{command: [AUTH, hunter2]}"), HasSubstr("a literal password"));
  EXPECT_EQ(Redis("{command: [AUTH, '${P}']}"), "");
  EXPECT_THAT(Redis("{command: [select, '2']}"),
              HasSubstr("no agent sends: the Redis command SELECT is not allowed in a check: the "
                        "database comes from the connection's URL"));
  EXPECT_THAT(Redis("{command: [CONFIG, GET, requirepass]}"), HasSubstr("none of a password"));
  EXPECT_EQ(Redis("{command: [FLUSHALL]}"), "");  // a policy may allow it
  EXPECT_EQ(Redis("{command: ['${WORD}', key]}"), "");
  EXPECT_THAT(Redis("{receive: {}}"), HasSubstr("session \"main\", which has not subscribed"));
  EXPECT_THAT(Redis("{command: [subscribe, c]}, {command: [GET, k]}"),
              HasSubstr("sends GET on session \"main\", which has subscribed"));
  EXPECT_THAT(Redis("{command: [SUBSCRIBE, c]}, {receive: {count: 0}}"),
              HasSubstr("waits for no message and does not listen: say with \"settle\" how long"));
  EXPECT_THAT(Redis("{command: [SUBSCRIBE, c]}, {receive: {count: 0, settle: 0s}}"),
              HasSubstr("waits for no message and does not listen"));
  EXPECT_EQ(
      Redis(
          "{command: [SUBSCRIBE, c]}, {receive: {count: 0, settle: 1s}, expect: [messages == 0]}"),
      "");
  EXPECT_THAT(Redis("{command: [SUBSCRIBE, c]}, {receive: {count: 1001}}"),
              HasSubstr("waits for 1001 messages: write a number from 1 to 1000"));
  EXPECT_THAT(Redis("{command: [SUBSCRIBE, c]}, {receive: {count: -1}}"),
              HasSubstr("waits for -1 messages"));
  EXPECT_THAT(Redis("{command: [SUBSCRIBE, c]}, {receive: {within: 20s}}"),
              HasSubstr("waits for 20s, longer than the check's timeout of 10s"));
}

TEST(PlanValidatorTest, HttpStepsHaveARequestThatCanBeSent) {
  EXPECT_THAT(Http("{}"), HasSubstr("step 1 of check \"a\" has no request"));
  EXPECT_THAT(Http("{request: {}}"), HasSubstr("has no url"));
  EXPECT_THAT(Http("{request: {url: health}}"), HasSubstr("write a path that begins with \"/\""));
  EXPECT_THAT(Request("method: get"), HasSubstr("has the method \"get\": one of GET, HEAD"));
  EXPECT_THAT(Request("json: {}, body: a"), HasSubstr("more than one of json, form and body"));
  EXPECT_THAT(Http("{request: {url: 'https://u:hunter2@h/'}}"), HasSubstr("literal password"));
  EXPECT_THAT(Request("headers: {'a b': c}"), HasSubstr("a header with the name \"a b\""));
}

TEST(PlanValidatorTest, RefusesLiteralSecretsInRequests) {
  EXPECT_THAT(
      Request("headers: {Authorization: Bearer abc}"),
      HasSubstr("has a literal value in header \"Authorization\": write ${NAME} for a secret, "
                "or a {{variable}} if it is none"));
  EXPECT_THAT(Request("json: {user: {password: abc}}"), HasSubstr("JSON member \"password\""));
  EXPECT_THAT(Request("form: {token: abc}"), HasSubstr("form field \"token\""));
  EXPECT_THAT(Request("query: {api_key: abc}"), HasSubstr("query parameter \"api_key\""));
  EXPECT_EQ(Request("json: {password: '${P}', token: 'x-{{uuid}}'}"), "");
}

TEST(PlanValidatorTest, ExpectationsMustParseForTheirKind) {
  EXPECT_THAT(Http("{request: {url: /}, expect: [status = 200]}"),
              HasSubstr("step 1 of check \"a\" expects \"status = 200\": "));
  EXPECT_THAT(Http("{request: {url: /}, expect: [rows == 1]}"), HasSubstr("expects \"rows == 1\""));
  EXPECT_THAT(Postgres("{sql: SELECT 1, expect: [status == 200]}"), HasSubstr("expects"));
  EXPECT_EQ(Redis("{command: [PING], expect: [reply == PONG, type == status]}"), "");
}

TEST(PlanValidatorTest, CapturesHaveOneSourceThatTheirKindHas) {
  const auto capture = [](const std::string& source) {
    return Http("{request: {url: /}, capture: {t: {" + source + "}}}");
  };
  EXPECT_EQ(capture("json: /a"), "");
  EXPECT_EQ(capture("query: header etag"), "");
  EXPECT_THAT(capture(""), HasSubstr("captures \"t\" from nothing"));
  EXPECT_THAT(capture("json: a"), HasSubstr("it must begin with \"/\""));
  EXPECT_THAT(capture("column: a"), HasSubstr("from a column, which only SQL answers have"));
  EXPECT_THAT(capture("query: nonsense"), HasSubstr("by the query \"nonsense\""));
  EXPECT_THAT(Postgres("{sql: SELECT 1, capture: {t: {header: a}}}"),
              HasSubstr("only HTTP answers"));
  EXPECT_THAT(Http("{request: {url: /}, capture: {uuid: {json: /a}}}"), HasSubstr("is built in"));
}

TEST(PlanValidatorTest, VariablesMustBeSetBeforeTheyAreUsed) {
  EXPECT_THAT(Http("{request: {url: '/{{idd}}'}}, {request: {url: /}, capture: {id: {json: /a}}}"),
              HasSubstr("step 1 of check \"a\" uses {{idd}}, which is not set"));
  EXPECT_THAT(Http("{request: {url: '/{{id}}'}, capture: {id: {json: /a}}}"),
              HasSubstr("uses {{id}}, which is captured only by step 1: use it in a later step"));
  EXPECT_EQ(Http("{request: {url: /}, capture: {id: {json: /a}}}, {request: {url: '/{{id}}'}, "
                 "expect: ['json /id == {{id}}']}"),
            "");
  EXPECT_THAT(Http("{request: {url: /}, expect: ['json /{{n}} == 1']}"), HasSubstr("{{n}}"));
  EXPECT_THAT(Http("{request: {url: '/${A'}}"), HasSubstr("no closing"));
  EXPECT_EQ(Http("{request: {url: '/{{run_id}}{{check}}{{agent}}{{uuid}}{{uuid.a_1}}{{schema}}'}}"),
            "");
  EXPECT_THAT(Http("{request: {url: '/{{uuid.}}'}}"), HasSubstr("{{uuid.}}, which is not set"));
  EXPECT_THAT(Plan("variables: {base: /b}\n",
                   "{name: a, tags: [smoke], http: {steps: [{request: {url: '{{bas}}'}}]}}"),
              HasSubstr("(did you mean \"base\"?)"));
}

TEST(PlanValidatorTest, FinallyMayUseWhatAnyStepCaptures) {
  EXPECT_EQ(Plan("",
                 "{name: a, tags: [smoke], http: {steps: [{request: {url: /}, capture: {id: {json: "
                 "/a}}}]}, "
                 "finally: [{http: {request: {url: '/{{id}}'}}}]}"),
            "");
  EXPECT_THAT(Plan("",
                   "{name: a, tags: [smoke], http: {steps: [{request: {url: '/{{id}}'}}]}, "
                   "finally: [{http: {request: {url: /}, capture: {id: {json: /a}}}}]}"),
              HasSubstr("captured only in finally"));
  EXPECT_THAT(Check("finally: [{http: {request: {url: '/{{nothing}}'}}}]"),
              HasSubstr("step 1 of finally of check \"a\" uses {{nothing}}"));
}

TEST(PlanValidatorTest, VariablesMayUseEachOtherButNotInACircle) {
  EXPECT_EQ(Plan("variables: {a: '{{b}}', b: '{{uuid}}'}\n", kGood), "");
  EXPECT_THAT(Plan("variables: {a: '{{b}}', b: '{{c}}', c: '{{b}}'}\n", kGood),
              HasSubstr("variables use each other in a circle, b uses c uses b"));
  EXPECT_THAT(Plan("variables: {a: '{{b}}', b: x}\n",
                   "{name: c, tags: [smoke], variables: {b: '{{a}}'}, http: {steps: [{request: "
                   "{url: /}}]}}"),
              HasSubstr("b uses a uses b"));
}

TEST(PlanValidatorTest, RulesHaveOneLimitAndSelectSomething) {
  const auto rule = [](const std::string& fields) {
    return Plan("policy: {rollback: [{rule: r, " + fields + "}]}\n",
                "{name: a, tags: [smoke], http: {steps: [{request: {url: /}}]}}");
  };
  EXPECT_EQ(rule("select: smoke, not_passed_at_least: 1"), "");
  EXPECT_THAT(rule("select: smoke"), HasSubstr("rule \"r\" has no limit"));
  EXPECT_THAT(rule("not_passed_at_least: 1"), HasSubstr("rule \"r\" selects nothing"));
  EXPECT_THAT(rule("select: smoke and, not_passed_at_least: 1"),
              HasSubstr("\"select\" of rule \"r\", column 10: a word is missing"));
  EXPECT_THAT(rule("select: smok, not_passed_at_least: 1"),
              HasSubstr("selects no check of the plan: it could never hold; no check has the tag "
                        "\"smok\" (did you mean \"smoke\"?)"));
  EXPECT_THAT(rule("select: smoke, not_passed_at_least: 0"), HasSubstr("must be 1 or more"));
  EXPECT_THAT(rule("select: smoke, not_passed_ratio_above: 1"), HasSubstr("from 0 to below 1"));
  EXPECT_THAT(rule("select: smoke, not_passed_ratio_above: -0.1"), HasSubstr("from 0 to below 1"));
  EXPECT_THAT(rule("select: smoke, not_passed_ratio_at_least: 0"), HasSubstr("above 0"));
  EXPECT_THAT(rule("select: smoke, not_passed_ratio_at_least: 20"), HasSubstr("at most 1"));
  EXPECT_EQ(rule("select: smoke, not_passed_ratio_at_least: 1"), "");
}

TEST(PlanValidatorTest, NamesOfEnvironmentVariablesAreNames) {
  EXPECT_THAT(Plan("public_env: ['${A}']\n", kGood), HasSubstr("write it without ${}"));
}

TEST(PlanValidatorTest, BoundsTheNumberOfChecksAndSteps) {
  std::string checks;
  for (int i = 0; i < 2001; ++i) checks += "{name: c" + std::to_string(i) + "},";
  EXPECT_THAT(Plan("", checks), HasSubstr("the plan has 2001 checks; at most 2000"));
  std::string steps;
  for (int i = 0; i < 201; ++i) steps += "{sql: SELECT 1},";
  EXPECT_THAT(Postgres(steps), HasSubstr("has 201 steps; at most 200"));
}

TEST(PlanValidatorTest, ReportsEverythingAtOnceInFileOrder) {
  EXPECT_EQ(
      Lint("name: bad name\n"
           "checks:\n"
           "  - name: b\n"
           "    needs: [c]\n"
           "    timeout: 2h\n"
           "    http:\n"
           "      steps:\n"
           "        - request: {url: 'http://h/{{x}}'}\n"
           "          expect: [staus == 200]\n"
           "policy:\n"
           "  rollback:\n"
           "    - {rule: r, select: nothing, not_passed_at_least: 1}\n"),
      "plan.yaml:1:7: the name \"bad name\" must be 1 to 64 letters, digits, \"-\", \"_\" and "
      "\".\"\n"
      "plan.yaml:4:13: check \"b\" needs \"c\", which is not in the plan (did you mean "
      "\"b\"?)\n"
      "plan.yaml:5:14: timeout of check \"b\" must be at most 1h\n"
      "plan.yaml:8:26: step 1 of check \"b\" uses {{x}}, which is not set: add it under "
      "variables, or capture it in an earlier step\n"
      "plan.yaml:9:20: step 1 of check \"b\" expects \"staus == 200\": unknown query \"staus\" "
      "(did you mean \"status\"?); known are status, header, body, json, bytes, url, duration, "
      "certificate, claim\n"
      "plan.yaml:12:25: rule \"r\" selects no check of the plan: it could never hold; no check "
      "has the tag \"nothing\"\n");
}

TEST(PlanValidatorTest, NamesTheFieldOfAPlanThatCameWithoutAFile) {
  v1::Plan plan;
  plan.set_name("x");
  v1::Check& check = *plan.add_checks();
  check.set_name("a");
  check.add_tags("smoke");
  check.mutable_http()->add_steps()->mutable_request()->set_url("http://h");
  check.mutable_timeout()->set_seconds(-5);
  EXPECT_EQ(FormatProblems(ValidatePlan(plan, {}, "request")),
            "request: checks[0].timeout: timeout of check \"a\" must be longer than 0\n");
  check.mutable_timeout()->set_seconds(int64_t{1} << 62);
  check.mutable_retry()->set_attempts(3);
  EXPECT_FALSE(ValidatePlan(plan, {}, "request").empty());
  check.clear_timeout();
  check.clear_retry();
  EXPECT_TRUE(ValidatePlan(plan, {}, "request").empty());
}

}  // namespace
}  // namespace smokemesh::coordinator
