// False green by plans that say less than their authors believe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/e2e/false_green.h"
#include "tests/testing/local_postgres.h"
#include "tests/testing/local_redis.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;

// Red when a step that expects nothing is satisfied by an error.
TEST_F(FalseGreen, Case04_NoConditionIsNoSuccess) {
  auto postgres = LocalPostgres::Start();
  ASSERT_TRUE(postgres.ok()) << postgres.status();
  auto redis = LocalRedis::Start();
  ASSERT_TRUE(redis.ok()) << redis.status();
  ASSERT_TRUE((*redis)->Command({"SET", "text", "x"}).ok());
  server_.Answer("/broken", {500});
  const std::string plan =
      dir()
          .Write("bare.yaml", "name: p\nconnections: {web: {http: \"" + server_.url() +
                                  R"("}, db: {postgres: "${DB}"}, bus: {redis: "${BUS}"}}
checks:
  - {name: http, tags: [smoke], http: {steps: [{request: {url: /broken}}]}}
  - {name: sql, tags: [smoke], postgres: {steps: [{sql: SELECT 1/0}]}}
  - {name: reply, tags: [smoke], redis: {steps: [{command: [INCR, text]}]}}
  - {name: silence, tags: [smoke], redis: {steps: [{command: [SUBSCRIBE, nobody]}, {receive: {within: 100ms}}]}}
  - {name: fine, tags: [smoke], http: {steps: [{request: {url: /ok}}]}}
)")
          .string();
  const RunDocument run =
      ExpectRun(plan, kRollback, {},
                {{"DB", (*postgres)->PlainUrl().value_or("")}, {"BUS", (*redis)->Url()}});
  EXPECT_EQ(run.NotPassed(), (std::set<std::string>{"http", "reply", "silence", "sql"}));
  EXPECT_EQ(run.Count("failed"), 4);

  // A check without anything to do cannot even be written.
  ExpectRefused({"run", Plan("  - {name: bare, tags: [smoke]}\n")}, {"plan.yaml:4:"});
  ExpectRefused({"run", Plan("  - {name: bare, tags: [smoke], http: {steps: []}}\n")},
                {"plan.yaml:4:"});
}

// Red when there is nothing to run, and that is fine.
TEST_F(FalseGreen, Case05_EmptyPlanSuiteOrSelectionIsNoPass) {
  const std::string empty_plans[] = {"", "name: p\n", "name: p\nchecks: []\n", "name: p\nchecks:\n",
                                     "# nothing\n"};
  for (const std::string& text : empty_plans) {
    SCOPED_TRACE(text);
    const std::string plan = dir().Write("empty.yaml", text).string();
    ExpectRefused({"run", plan}, {"empty.yaml"});
    ExpectRefused({"lint", plan}, {"empty.yaml"});
  }
  const std::string plan = Plan(Check("fine", "smoke", "/ok"));
  ExpectRefused({"run", plan, "-m", "nowhere"}, {"nowhere"});
  ExpectRefused({"run", plan, "-m", "smoke and not smoke"}, {"smoke and not smoke"});
  ExpectRefused({"run", plan, "-k", "nowhere"}, {"nowhere"});
  ExpectRefused({"run", plan, "--quick"}, {"--quick"});

  // Everything is left out on purpose: in the plan, by what is selected of it, or in the end.
  ExpectRefused({"run", Plan(Check("one", "smoke", "/ok", "skip: not today, ") +
                             Check("two", "smoke", "/ok", "skip: nor tomorrow, "))},
                {"plan.yaml", "left out"});
  ExpectRefused(
      {"run",
       Plan(Check("one", "smoke", "/ok", "skip: not today, ") + Check("two", "smoke", "/ok")), "-k",
       "one"},
      {"nothing would be judged"});
  const RunDocument skipped =
      ExpectRun(Plan("  - {name: one, tags: [smoke], optional: true, http: {steps: [{when: "
                     "\"${IS_HERE:-false}\", request: {url: /ok}, expect: [status == 200]}]}}\n"),
                kInconclusive);
  EXPECT_EQ(skipped.Count("skipped"), 1);
  EXPECT_THAT(skipped.summary(), HasSubstr("nothing ran"));
  EXPECT_TRUE(server_.Requests().empty());

  // A selector that matches nobody is no empty loop.
  StartCoordinator();
  StartAgent("a");
  const RunDocument nobody =
      ExpectRun(Plan(Check("here", "smoke", "/ok", "on: {service: a}, ") +
                     Check("there", "smoke", "/ok", "on: {service: b}, ")),
                kInconclusive, {"--coordinator", address(), "--agent-wait", "100ms"});
  EXPECT_EQ(nobody.Outcome("here"), "PASSED");
  EXPECT_EQ(nobody.Outcome("there"), "MISSING");
}

// Red when expectations that are there and say nothing are let through.
TEST_F(FalseGreen, Case06_EmptyAssertionListIsRefused) {
  for (const char* expect : {"[]", "[\"\"]", "[\" \"]", "\"\"", "{}"}) {
    SCOPED_TRACE(expect);
    const std::string plan = Plan(
        "  - name: hollow\n    tags: [smoke]\n    http:\n      steps:\n        - request: {url: "
        "/ok}\n          expect: " +
        std::string(expect) + "\n");
    ExpectRefused({"run", plan}, {"plan.yaml:9:"});
    ExpectRefused({"lint", plan}, {"plan.yaml:9:"});
  }
}

// Red when the second of two equal keys, or the first, is dropped.
TEST_F(FalseGreen, Case07_DuplicateYamlKeyDropsNothing) {
  server_.Answer("/broken", {500});
  const std::string twice[] = {
      Plan(Check("broken", "smoke", "/broken") + "checks:\n" + Check("fine", "smoke", "/ok")),
      Plan("  - {name: hidden, tags: [smoke], http: {steps: [{request: {url: /broken}, expect: "
           "[status == 200], expect: [status == 500]}]}}\n"),
      Plan("  - {name: hidden, tags: [smoke], http: {steps: [{request: {url: /broken}}]}, http: "
           "{steps: [{request: {url: /ok}}]}}\n"),
  };
  for (const std::string& plan : twice) {
    ExpectRefused({"run", plan}, {"plan.yaml:"});
    ExpectRefused({"lint", plan}, {"plan.yaml:"});
  }
  // What is refused is the second key, and not something else.
  const Finished lint = Run({"lint", Plan(Check("fine", "smoke", "/ok") + "name: other\n")});
  EXPECT_THAT(lint.err, HasSubstr("plan.yaml:5:1"));
  EXPECT_THAT(lint.err, HasSubstr("name"));
}

// Red when a file that cannot be read is passed over because others can.
TEST_F(FalseGreen, Case08_UnparsableFileAmongSeveralIsAnError) {
  const std::string good = Plan(Check("fine", "smoke", "/ok"));
  const std::string bad = dir().Write("bad.yaml", "name: p\nchecks: [\n").string();
  const std::string absent = (dir().path() / "absent.yaml").string();
  for (const std::string& other : {bad, absent}) {
    ExpectRefused({"lint", good, other}, {other});
    ExpectRefused({"lint", other, good}, {other});
    ExpectRefused({"run", other}, {other});
  }
  // One plan is a run; another one is not silently left out.
  ExpectRefused({"run", good, bad}, {"bad.yaml"});
  ExpectRefused({"run", good, good}, {"plan.yaml"});
}

// Red when one of two checks of a name hides the other, in a plan or in the CI's view.
TEST_F(FalseGreen, Case20_DuplicateNamesHideNothing) {
  server_.Answer("/broken", {500});
  const std::string twice = Plan(Check("same", "smoke", "/broken") + Check("same", "smoke", "/ok"));
  ExpectRefused({"run", twice}, {"plan.yaml:5:", "same"});
  ExpectRefused({"lint", twice}, {"plan.yaml:5:", "same"});
  ExpectRefused({"run", Plan(Check("same", "smoke", "/broken", "suite: a, ") +
                                 Check("same", "smoke", "/ok", "suite: b, "),
                             "suites: [{name: a}, {name: b}]\n")},
                {"same"});

  // GitLab keeps one case of each class and name: three agents must be three.
  StartCoordinator();
  for (const char* service : {"a", "b", "c"}) StartAgent(service);
  ExpectRun(Plan(Check("everywhere", "smoke", "/broken", "on: {service: \"*\"}, ")), kRollback,
            {"--coordinator", address()});
  const std::string junit = ReadFile(reports() + "/junit.xml");
  std::set<std::string> cases;
  for (size_t at = junit.find("<testcase "); at != std::string::npos;
       at = junit.find("<testcase ", at + 1)) {
    const size_t name = junit.find(" name=\"", at);
    const std::string key = junit.substr(at, junit.find('"', name + 7) - at);
    EXPECT_TRUE(cases.insert(key).second) << key << " is there twice";
  }
  int everywhere = 0;
  for (const std::string& key : cases) everywhere += key.ends_with("name=\"everywhere") ? 1 : 0;
  EXPECT_EQ(everywhere, 3) << junit;
}

}  // namespace
}  // namespace smokemesh::testing
