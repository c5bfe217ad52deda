#include "coordinator/plan/plan_loader.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/unit/coordinator/plan/plan_text.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Problems(std::string_view yaml) {
  return FormatProblems(LoadPlan(yaml, "plan.yaml").problems);
}

TEST(PlanLoaderTest, ReadsEveryFieldOfAPlan) {
  const LoadedPlan loaded = LoadPlan(kFullPlan, "plan.yaml");
  ASSERT_TRUE(loaded.problems.empty()) << FormatProblems(loaded.problems);
  const v1::Plan& plan = loaded.plan;
  EXPECT_EQ(plan.name(), "full");
  EXPECT_EQ(plan.variables().at("prefix"), "/api");
  EXPECT_EQ(plan.connections().at("bus").tls().server_name(), "bus");
  EXPECT_EQ(plan.suites(0).max().seconds(), 60);
  EXPECT_EQ(plan.policy().rollback(1).counts(), v1::COUNTS_FAILURES_AND_MISSING);
  EXPECT_DOUBLE_EQ(plan.policy().rollback(1).not_passed_ratio_above(), 0.5);
  ASSERT_EQ(plan.checks_size(), 8);
  const v1::Check& commit = plan.checks(0);
  EXPECT_EQ(commit.quorum(), "2");
  EXPECT_EQ(commit.on().labels().at("zone"), "eu");
  EXPECT_EQ(commit.retry().interval().nanos(), 100'000'000);
  EXPECT_TRUE(commit.postgres().steps(2).disconnect());
  EXPECT_EQ(commit.postgres().steps(1).capture().at("row").column(), "id");
  EXPECT_EQ(plan.checks(1).redis().steps(2).receive().settle().nanos(), 50'000'000);
  EXPECT_EQ(plan.checks(2).http().steps(0).request().json(),
            R"({"user":"{{greeting}}","password":"${PASSWORD}","age":5,"tags":["a",true,null]})");
  EXPECT_EQ(plan.checks(3).scenario().steps(0).redis().command(2), "1");
  EXPECT_EQ(plan.checks(3).finally(0).redis().command(0), "DEL");
}

TEST(PlanLoaderTest, TellsWhereEachCheckStands) {
  const LoadedPlan loaded =
      LoadPlan("name: x\nchecks:\n  - name: a\n  -\n    name: b\n", "dir/p.yaml");
  ASSERT_EQ(loaded.plan.checks_size(), 2);
  EXPECT_EQ(loaded.plan.checks(0).source().file(), "dir/p.yaml");
  EXPECT_EQ(loaded.plan.checks(0).source().line(), 3);
  EXPECT_EQ(loaded.plan.checks(1).source().line(), 5);
}

TEST(PlanLoaderTest, KnowsThePlaceOfEveryField) {
  const LoadedPlan loaded = LoadPlan(
      "name: x\n"
      "variables:\n"
      "  a: b\n"
      "checks:\n"
      "  - name: c\n"
      "    tags: [t, u]\n"
      "    http:\n"
      "      steps:\n"
      "        - request: {url: /}\n"
      "          expect:\n"
      "            - status == 200\n",
      "plan.yaml");
  const auto at = [&](const std::string& path) {
    const auto found = loaded.positions.find(path);
    if (found == loaded.positions.end()) return std::string("none");
    return std::to_string(found->second.line) + ":" + std::to_string(found->second.column);
  };
  EXPECT_EQ(at("name"), "1:7");
  EXPECT_EQ(at("variables"), "2:1");
  EXPECT_EQ(at("variables.a"), "3:6");
  EXPECT_EQ(at("checks[0]"), "5:5");
  EXPECT_EQ(at("checks[0].tags[1]"), "6:15");
  EXPECT_EQ(at("checks[0].http"), "7:5");
  EXPECT_EQ(at("checks[0].http.steps[0].request.url"), "9:26");
  EXPECT_EQ(at("checks[0].http.steps[0].expect[0]"), "11:15");
}

TEST(PlanLoaderTest, NamesUnknownFieldsTheirPlaceAndTheLikelyWord) {
  EXPECT_EQ(Problems("name: x\n"
                     "checks:\n"
                     "  - name: login\n"
                     "    http:\n"
                     "      steps:\n"
                     "        - request: {url: /, headrs: {}}\n"
                     "          expct: [status == 200]\n"
                     "          capture: {token: {jsn: /a}}\n"
                     "    finaly: []\n"
                     "polcy: {}\n"),
            "plan.yaml:6:29: unknown field \"headrs\" in \"request\" of step 1 of check \"login\" "
            "(did you mean \"headers\"?)\n"
            "plan.yaml:7:11: unknown field \"expct\" in step 1 of check \"login\" (did you mean "
            "\"expect\"?)\n"
            "plan.yaml:8:29: unknown field \"jsn\" in capture \"token\" of step 1 of check "
            "\"login\" (did you mean \"json\"?)\n"
            "plan.yaml:9:5: unknown field \"finaly\" in check \"login\" (did you mean "
            "\"finally\"?)\n"
            "plan.yaml:10:1: unknown field \"polcy\" in the plan (did you mean \"policy\"?)\n");
  EXPECT_THAT(
      Problems("connections: {db: {mysql: x}}"),
      HasSubstr("unknown field \"mysql\" in connection \"db\"; known: postgres, redis, http, "
                "tls"));
  EXPECT_THAT(Problems("policy: {rollback: [{rule: r, selct: x}]}"),
              HasSubstr("in rule \"r\" (did you mean \"select\"?)"));
  EXPECT_THAT(Problems("checks: [{finally: [{postgres: {sq: x}}]}]"),
              HasSubstr("unknown field \"sq\" in step 1 of finally of check 1 (did you mean "
                        "\"sql\"?)"));
}

TEST(PlanLoaderTest, RefusesFieldsThatSmokemeshWrites) {
  EXPECT_EQ(Problems("checks: [{name: a, source: {line: 1}}]"),
            "plan.yaml:1:20: field \"source\" in check \"a\" is written by smokemesh: remove it\n");
}

TEST(PlanLoaderTest, SaysWhatWasExpectedWhenATypeIsWrong) {
  const auto check = [](const std::string& fields) {
    return Problems("checks: [{name: a, " + fields + "}]");
  };
  EXPECT_THAT(check("optional: yes"),
              HasSubstr("\"optional\" of check \"a\" must be true or false, not \"yes\""));
  EXPECT_THAT(check("optional: 'true'"), HasSubstr("not the text \"true\" in quotes"));
  EXPECT_THAT(check("tags: smoke"), HasSubstr("\"tags\" of check \"a\" must be a list"));
  EXPECT_THAT(check("tags: [{a: b}]"),
              HasSubstr("\"tags[0]\" of check \"a\" must be text, not a map"));
  EXPECT_THAT(check("tags: [null]"), HasSubstr("the text null needs quotes"));
  EXPECT_THAT(check("impact: [a]"),
              HasSubstr("\"impact\" of check \"a\" must be text, not a list"));
  EXPECT_THAT(check("variables: [a]"), HasSubstr("must be a map"));
  EXPECT_THAT(check("variables: {a: [b]}"),
              HasSubstr("\"variables.a\" of check \"a\" must be text"));
  EXPECT_THAT(check("http: []"), HasSubstr("\"http\" of check \"a\" must be a map of fields"));
  EXPECT_THAT(check("timeout: 30"),
              HasSubstr("\"30\" is not a duration: write a number with a unit"));
  EXPECT_THAT(check("timeout: [30s]"), HasSubstr("must be a duration, such as 250ms"));
  for (const char* number :
       {"010", "0x1f", "1_000", "1.0", "1e3", "+1", "'1'", "99999999999", "a"}) {
    EXPECT_THAT(check(std::string("retry: {attempts: ") + number + "}"),
                HasSubstr("\"attempts\" of \"retry\" of check \"a\" must be a whole number"))
        << number;
  }
  EXPECT_THAT(Problems("policy: {rollback: [{rule: r, not_passed_ratio_above: 20%}]}"),
              HasSubstr("must be a number, such as 0.2, not \"20%\""));
  EXPECT_THAT(Problems("policy: {rollback: [{rule: r, counts: all}]}"),
              HasSubstr("must be one of failures, failures_and_missing, not \"all\""));
  EXPECT_THAT(Problems("[a, b]"), HasSubstr("the plan must be a map of fields (name: value), not a "
                                            "list"));
}

TEST(PlanLoaderTest, RefusesFieldsWithoutAValue) {
  EXPECT_EQ(Problems("name:\nchecks:\n"),
            "plan.yaml:1:1: \"name\" of the plan has no value: write one, or remove the field (the "
            "text null needs quotes)\n"
            "plan.yaml:2:1: \"checks\" of the plan has no value: write one, or remove the field "
            "(the text null needs quotes)\n");
}

TEST(PlanLoaderTest, TextFieldsTakeAnyScalarAsItIsWritten) {
  const LoadedPlan loaded =
      LoadPlan("name: 007\ndescription: yes\nvariables: {a: 1.50, b: true, c: ''}\n", "plan.yaml");
  ASSERT_TRUE(loaded.problems.empty()) << FormatProblems(loaded.problems);
  EXPECT_EQ(loaded.plan.name(), "007");
  EXPECT_EQ(loaded.plan.description(), "yes");
  EXPECT_EQ(loaded.plan.variables().at("a"), "1.50");
  EXPECT_EQ(loaded.plan.variables().at("b"), "true");
  EXPECT_EQ(loaded.plan.variables().at("c"), "");
}

TEST(PlanLoaderTest, RefusesTwoMembersOfAOneof) {
  EXPECT_EQ(
      Problems("checks:\n  - name: a\n    postgres: {}\n    http: {}\n"),
      "plan.yaml:4:5: check \"a\" has both \"postgres\" and \"http\": a check has exactly one "
      "kind\n");
  EXPECT_THAT(Problems("connections: {db: {postgres: a, redis: b}}"),
              HasSubstr("a connection has exactly one target"));
  EXPECT_THAT(Problems("policy: {rollback: [{rule: r, not_passed_at_least: 1, "
                       "not_passed_ratio_above: 0.1}]}"),
              HasSubstr("a rule has exactly one limit"));
}

TEST(PlanLoaderTest, ReadsJsonTheSameWay) {
  const LoadedPlan loaded = LoadPlan(
      R"({"name": "x", "timeout": "1m", "checks": [{"name": "a", "optional": true,
          "http": {"steps": [{"request": {"url": "/", "json": {"n": 1, "s": "1"}}}]}}]})",
      "plan.json");
  ASSERT_TRUE(loaded.problems.empty()) << FormatProblems(loaded.problems);
  EXPECT_TRUE(loaded.plan.checks(0).optional());
  EXPECT_EQ(loaded.plan.checks(0).http().steps(0).request().json(), R"({"n":1,"s":"1"})");
}

TEST(PlanLoaderTest, ReportsAtMostAHundredProblems) {
  std::string yaml;
  for (int i = 0; i < 500; ++i) yaml += "x" + std::to_string(i) + ": 1\n";
  const LoadedPlan loaded = LoadPlan(yaml, "plan.yaml");
  ASSERT_EQ(loaded.problems.size(), 101u);
  EXPECT_EQ(loaded.problems.back().message, "and 400 more problems that are not shown");
}

TEST(PlanLoaderTest, MessagesCannotDriveATerminal) {
  const std::string problems = Problems("\"\\e[31m\": 1\n");
  EXPECT_THAT(problems, StartsWith("plan.yaml:1:1: unknown field \"\\x1b[31m\""));
  EXPECT_EQ(problems.find('\x1b'), std::string::npos);
}

// The loader knows the types of fields that plan.proto has today. A new type needs a new case.
void CollectTypes(const google::protobuf::Descriptor& type, std::set<std::string>* seen,
                  std::set<std::string>* types) {
  if (!seen->insert(type.full_name()).second || type.full_name() == "google.protobuf.Duration")
    return;
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    std::string name = field.cpp_type_name();
    if (field.is_repeated() && !field.is_map() && field.message_type() == nullptr) {
      name = "list of " + name;
    }
    if (field.is_map() && field.message_type()->map_key()->cpp_type() !=
                              google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
      name = "map with a key that is no text";
    }
    types->insert(name);
    if (field.message_type() != nullptr) CollectTypes(*field.message_type(), seen, types);
  }
}

TEST(PlanLoaderTest, KnowsAllTypesOfThePlan) {
  std::set<std::string> seen;
  std::set<std::string> types;
  CollectTypes(*v1::Plan::descriptor(), &seen, &types);
  EXPECT_EQ(types, (std::set<std::string>{"bool", "double", "enum", "int32", "int64",
                                          "list of string", "message", "string"}));
}

}  // namespace
}  // namespace smokemesh::coordinator
