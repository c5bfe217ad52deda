#include "agent/checks/variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;

std::optional<std::string> NoEnvironment(std::string_view) { return std::nullopt; }

v1::Assignment Assign(const std::string& run, const std::string& check) {
  v1::Assignment assignment;
  assignment.set_run_id(run);
  assignment.mutable_check()->set_name(check);
  return assignment;
}

std::string Expanded(const v1::Assignment& assignment, const std::string& agent,
                     std::string_view text) {
  shared::Redactor redactor;
  const Captures none;
  Scope scope(&none);
  const auto value = Variables(assignment, agent, &NoEnvironment, &redactor).Expand(text, &scope);
  return value.ok() ? *value : value.status().ToString();
}

TEST(Variables, KnowsTheBuiltInOnes) {
  const v1::Assignment assignment = Assign("r", "c");
  EXPECT_EQ(Expanded(assignment, "a", "{{run_id}} {{check}} {{agent}}"), "r c a");
  EXPECT_THAT(Expanded(assignment, "a", "{{schema}}"),
              ::testing::MatchesRegex("smokemesh_[0-9a-f]{16}"));
}

TEST(Variables, DerivesNamesFromRunCheckAndAgent) {
  std::set<std::string> values;
  for (const char* text : {"{{uuid}}", "{{uuid.a}}", "{{uuid.b}}", "{{schema}}"}) {
    const std::string value = Expanded(Assign("r", "c"), "a", text);
    EXPECT_EQ(value, Expanded(Assign("r", "c"), "a", text));
    values.insert(value);
    values.insert(Expanded(Assign("r2", "c"), "a", text));
    values.insert(Expanded(Assign("r", "c2"), "a", text));
    values.insert(Expanded(Assign("r", "c"), "a2", text));
  }
  EXPECT_EQ(values.size(), 16u);
}

TEST(Variables, TheCorrelationIdIsTheSameOnEveryAgentAndOfOneCheckInOneRun) {
  const std::string id = Expanded(Assign("r", "c"), "a", "{{correlation_id}}");
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(Expanded(Assign("r", "c"), "b", "{{correlation_id}}"), id);
  EXPECT_NE(Expanded(Assign("r2", "c"), "a", "{{correlation_id}}"), id);
  EXPECT_NE(Expanded(Assign("r", "c2"), "a", "{{correlation_id}}"), id);
  for (const char* agent : {"", "a"}) {
    EXPECT_NE(Expanded(Assign("r", "c"), agent, "{{uuid}}"), id) << agent;
  }
}

TEST(Variables, LetsTheCheckHideThePlanAndACaptureHideBoth) {
  v1::Assignment assignment = Assign("r", "c");
  (*assignment.mutable_variables())["x"] = "plan";
  (*assignment.mutable_variables())["y"] = "y of {{x}}";
  EXPECT_EQ(Expanded(assignment, "a", "{{x}}, {{y}}"), "plan, y of plan");
  (*assignment.mutable_check()->mutable_variables())["x"] = "check";
  EXPECT_EQ(Expanded(assignment, "a", "{{x}}, {{y}}"), "check, y of check");
  shared::Redactor redactor;
  const Variables variables(assignment, "a", &NoEnvironment, &redactor);
  const Captures captures = {{"x", "captured"}};
  Scope scope(&captures);
  EXPECT_EQ(*variables.Expand("{{y}}", &scope), "y of captured");
  variables.HideCaptured("captured");
  EXPECT_EQ(redactor.Redact("captured"), "***");
}

TEST(Variables, KnowsTheIterationOnlyWhereThereIsOne) {
  const v1::Assignment assignment = Assign("r", "c");
  shared::Redactor redactor;
  const Variables variables(assignment, "a", &NoEnvironment, &redactor);
  const Captures none;
  Scope once(&none);
  EXPECT_EQ(variables.Expand("{{iteration}}", &once).status().code(), absl::StatusCode::kNotFound);
  Scope repeated(&none);
  repeated.iteration = "7";
  EXPECT_EQ(*variables.Expand("n{{iteration}}", &repeated), "n7");
}

TEST(Variables, RefusesCirclesAndExplosions) {
  v1::Assignment assignment = Assign("r", "c");
  auto& variables = *assignment.mutable_variables();
  variables["self"] = "{{self}}";
  EXPECT_THAT(Expanded(assignment, "a", "{{self}}"), HasSubstr("self -> self"));
  variables["v0"] = "0123456789";
  for (int i = 1; i < 40; ++i) {
    const std::string inner = "{{v" + std::to_string(i - 1) + "}}";
    variables["v" + std::to_string(i)] = inner + inner;
  }
  EXPECT_EQ(Expanded(assignment, "a", "{{v3}}").size(), 80u);
  EXPECT_THAT(Expanded(assignment, "a", "{{v39}}"), HasSubstr("INVALID_ARGUMENT"));
}

TEST(Variables, TellsWhatWasUsed) {
  v1::Assignment assignment = Assign("r", "c");
  (*assignment.mutable_variables())["table"] = "{{schema}}.t";
  shared::Redactor redactor;
  const Variables variables(assignment, "a", &NoEnvironment, &redactor);
  const Captures none;
  Scope scope(&none);
  EXPECT_FALSE(variables.Expand("{{schema}} {{nobody}}", &scope).ok());
  EXPECT_TRUE(scope.used_schema);
  EXPECT_THAT(scope.missing, ::testing::ElementsAre("nobody"));
  Scope other(&none);
  EXPECT_TRUE(variables.Expand("{{agent}}", &other).ok());
  EXPECT_FALSE(other.used_schema);

  Scope lenient(&none);
  lenient.lenient = true;
  EXPECT_EQ(*variables.Expand("[{{nobody}}${NOT_SET}]", &lenient), "[]");
  EXPECT_FALSE(lenient.used_schema);
  EXPECT_TRUE(variables.Expand("{{nobody}}{{table}}", &lenient).ok());
  EXPECT_TRUE(lenient.used_schema);
}

TEST(Variables, HidesSecretsOfTheEnvironment) {
  v1::Assignment assignment = Assign("r", "c");
  assignment.add_public_env("PUBLIC");
  shared::Redactor redactor;
  Variables variables(
      assignment, "a",
      [](std::string_view name) -> std::optional<std::string> {
        if (name == "URL") return "https://bob:pass-word@host.example/p?api_key=key-value";
        if (name == "CONNINFO") return "host=h.example password='pass phrase'";
        return "value of " + std::string(name);
      },
      &redactor);
  const Captures none;
  Scope scope(&none);
  ASSERT_TRUE(
      variables.Expand("${SECRET} ${PUBLIC} ${URL} ${CONNINFO} ${OTHER:-default text}", &scope)
          .ok());
  EXPECT_EQ(redactor.Redact("value of SECRET"), "***");
  EXPECT_EQ(redactor.Redact("value of OTHER"), "***");
  EXPECT_EQ(redactor.Redact("default text"), "default text");
  EXPECT_EQ(redactor.Redact("value of PUBLIC"), "value of PUBLIC");
  EXPECT_EQ(redactor.Redact("host.example pass-word key-value"), "host.example *** ***");
  EXPECT_EQ(redactor.Redact("pass phrase"), "***");
}

}  // namespace
}  // namespace smokemesh::agent
