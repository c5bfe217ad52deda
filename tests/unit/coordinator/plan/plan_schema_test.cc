// The schema is tried with a real validator, so that editors and lint agree on plans.
#include "coordinator/plan/plan_schema.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/plan/plan_comments.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/coordinator/plan/plan_text.h"

namespace smokemesh::coordinator {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using ::testing::HasSubstr;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class PlanSchemaTest : public ::testing::Test {
 protected:
  // What the validator says of each plan: `valid`, or what is wrong.
  std::map<std::string, std::string> Validate(const std::vector<std::string>& plans) {
    smokemesh::testing::ProcessOptions options;
    // Debian's own Python has the modules, whatever else is in PATH.
    options.argv = {fs::exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3",
                    SMOKEMESH_SOURCE_DIR "/tests/unit/coordinator/plan/validate_plans.py",
                    folder_.Write("schema.json", PlanSchema())};
    options.argv.insert(options.argv.end(), plans.begin(), plans.end());
    const auto process = smokemesh::testing::Process::Start(options);
    EXPECT_TRUE(process.ok()) << process.status();
    if (!process.ok()) return {};
    const auto code =
        (*process)->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(60));
    EXPECT_EQ(code, 0) << "python3-jsonschema and python3-yaml are needed: ./dev test installs "
                          "them\n"
                       << (*process)->Stderr();
    std::map<std::string, std::string> verdicts;
    std::istringstream lines((*process)->Stdout());
    for (std::string line; std::getline(lines, line);) {
      const size_t end = line.find(": ");
      verdicts[line.substr(0, end)] = line.substr(end + 2);
    }
    EXPECT_EQ(verdicts.size(), plans.size());
    return verdicts;
  }

  smokemesh::testing::TempDir folder_;
};

TEST_F(PlanSchemaTest, IsStrict) {
  const auto schema = nlohmann::json::parse(PlanSchema());
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["required"], nlohmann::json({"name", "checks"}));
  EXPECT_EQ(schema["properties"]["name"]["$ref"], "#/$defs/text");
  EXPECT_EQ(schema["properties"]["quick"]["description"], PlanComment("Plan.quick"));
  EXPECT_FALSE(schema["$defs"]["Check"]["properties"].contains("source"));
  EXPECT_FALSE(schema["$defs"]["HttpRequest"]["properties"]["json"].contains("type"));
  EXPECT_EQ(schema["$defs"]["Rule"]["properties"]["counts"]["enum"],
            nlohmann::json({"failures", "failures_and_missing"}));
  EXPECT_EQ(schema["$defs"]["Check"]["oneOf"].size(), 7u);
  EXPECT_EQ(schema["additionalProperties"], false);
  for (const auto& [name, definition] : schema["$defs"].items()) {
    if (name == "text" || name == "duration") continue;
    EXPECT_EQ(definition["additionalProperties"], false) << name;
  }
}

// The comments of plan.proto say what is required; so does the schema.
TEST_F(PlanSchemaTest, RequiresWhatTheCommentsRequire) {
  const auto schema = nlohmann::json::parse(PlanSchema());
  const auto* file = v1::Plan::descriptor()->file();
  for (int i = 0; i < file->message_type_count(); ++i) {
    const Descriptor& type = *file->message_type(i);
    EXPECT_LE(type.real_oneof_decl_count(), 1) << type.name();
    if (type.name() == "SourceLocation" || type.name() == "EdgeMark") continue;  // not for people
    const auto of_type =
        type.name() == "Plan" ? schema : schema.at("$defs").value(type.name(), nlohmann::json());
    ASSERT_TRUE(of_type.is_object()) << type.name();
    for (int k = 0; k < type.field_count(); ++k) {
      const std::string& name = type.field(k)->name();
      const std::string_view comment = PlanComment(type.name() + "." + name);
      const auto says = [&](std::string_view text) {
        return comment.find(text) != std::string_view::npos;
      };
      if (!says("Required.") && !says("Required,") && !says("At least one.")) continue;
      const auto list = of_type.value("required", nlohmann::json::array());
      EXPECT_NE(std::find(list.begin(), list.end(), name), list.end())
          << type.name() << "." << name;
    }
  }
}

TEST_F(PlanSchemaTest, FitsEveryGoodPlan) {
  std::vector<std::string> plans = {folder_.Write("full.yaml", std::string(kFullPlan))};
  for (const auto& entry :
       fs::directory_iterator(fs::path(SMOKEMESH_SOURCE_DIR) / "deploy/plans")) {
    if (entry.path().extension() == ".yaml") plans.push_back(entry.path().string());
  }
  EXPECT_GE(plans.size(), 3u);
  const fs::path golden = fs::path(SMOKEMESH_SOURCE_DIR) / "tests/golden/lint";
  int good = 0;
  for (const auto& entry : fs::directory_iterator(golden)) {
    if (!fs::exists(golden / (entry.path().stem().string() + ".0.txt"))) continue;
    if (entry.path().extension() != ".yaml") continue;
    plans.push_back(entry.path().string());
    ++good;
  }
  EXPECT_GE(good, 2);
  for (const auto& [plan, verdict] : Validate(plans)) EXPECT_EQ(verdict, "valid") << plan;
}

TEST_F(PlanSchemaTest, RefusesEveryPlanThatTheLoaderRefuses) {
  std::vector<std::string> plans;
  for (const auto& entry :
       fs::directory_iterator(fs::path(SMOKEMESH_SOURCE_DIR) / "tests/golden/lint")) {
    if (entry.path().extension() != ".yaml") continue;
    const LoadedPlan loaded = LoadPlan(ReadFile(entry.path()), "plan.yaml");
    if (loaded.is_tree && !loaded.problems.empty()) plans.push_back(entry.path().string());
  }
  EXPECT_GE(plans.size(), 4u);
  for (const char* name : {"no_checks", "expects_nothing", "no_rollback_rule", "tolerances"}) {
    plans.push_back(std::string(SMOKEMESH_SOURCE_DIR) + "/tests/golden/lint/" + name + ".yaml");
  }
  for (const auto& [plan, verdict] : Validate(plans)) EXPECT_NE(verdict, "valid") << plan;
}

TEST_F(PlanSchemaTest, KnowsTheShapeOfEveryField) {
  const std::string step = "{request: {url: /}}";
  const auto check = [&](const std::string& fields) {
    return "name: p\nchecks:\n  - {name: a, http: {steps: [" + step + "]}, " + fields + "}\n";
  };
  const auto http = [&](const std::string& fields) {
    return "name: p\nchecks:\n  - {name: a, http: {steps: [{request: {url: /}, " + fields +
           "}]}}\n";
  };
  const auto rule = [&](const std::string& fields) {
    return check("tags: [a]") + "policy: {rollback: [{rule: r, select: a, " + fields + "}]}\n";
  };
  const std::string good[] = {
      check("on: {service: '*', labels: {zone: 1}}"),
      check("timeout: 1m30s, quorum: 2, retry: {attempts: 2, interval: 0.5s}"),
      check("variables: {a: 1, b: true, c: text, d: 2026-11-22}, optional: true"),
      check("finally: [{postgres: {sql: SELECT 1}}]"),
      http("expect: [status == 200, 5, true]"),
      http("capture: {a: {json: /a, redact: true}}, repeat: {times: 2}, until: {}"),
      rule("not_passed_at_least: 1, counts: failures, rounds: {at_least: 1, of_last: 2}"),
      rule("not_passed_ratio_above: 0, counts: failures_and_missing"),
      rule("not_passed_ratio_above: 0.25"),
      "name: p\nchecks: [{name: a, http: {steps: [{request: {url: /, json: [1, {a: null}]}}]}}]\n",
      "name: p\nchecks: [{name: a, event_bus: {steps: [{publish: {channel: c, event_id: i, data: "
      "{a: [1]}}}]}}]\n",
  };
  const std::string bad[] = {
      "[]\n",
      "name: p\n",
      "name: p\nchecks: {}\n",
      "checks: [{name: a, http: {steps: [" + step + "]}}]\n",
      "name: p\nchecks: [{name: a}]\n",
      "name: p\nchecks: [{http: {steps: [" + step + "]}}]\n",
      "name: p\nchecks: [{name: a, http: {steps: []}}]\n",
      "name: p\nchecks: [{name: a, http: {}}]\n",
      "name: p\nchecks: [{name: a, http: {steps: [{}]}}]\n",
      "name: p\nchecks: [{name: a, scenario: {steps: [{}]}}]\n",
      "name: p\nchecks: [{name: a, scenario: {steps: [{redis: {}, http: {request: {url: /}}}]}}]\n",
      check("redis: {steps: [{command: [PING]}]}"),
      check("source: {line: 1}"),
      check("on: a"),
      check("on: {servce: a}"),
      check("timeout: 30"),
      check("timeout: 30 s"),
      check("timeout: -1s"),
      check("timeout: ''"),
      check("retry: {attempts: '2'}"),
      check("retry: {attempts: 1.5}"),
      check("optional: yes"),
      check("shadow: 1"),
      check("tags: smoke"),
      check("tags: [[a]]"),
      check("impact: null"),
      check("variables: {a: [b]}"),
      check("variables: [a]"),
      http("expect: []"),
      http("expect: status == 200"),
      http("capture: {a: {}}"),
      http("capture: {a: {json: /a, header: b}}"),
      http("repeat: {parallel: 2}"),
      http("session: a"),
      rule("counts: failures"),
      rule("not_passed_at_least: 1, counts: all"),
      rule("not_passed_at_least: 1, flaky_at_least: 1"),
      rule("not_passed_at_least: 1, rounds: {at_least: 1}"),
      check("tags: [a]") + "policy: {hold: []}\n",
      check("tags: [a]") + "policy: {rollback: [{rule: r, not_passed_at_least: 1}]}\n",
      check("tags: [a]") + "connections: {a: {}}\n",
      check("tags: [a]") + "connections: {a: {http: 'http://a', redis: 'redis://a'}}\n",
      check("tags: [a]") + "suites: [{title: a}]\n",
  };
  std::vector<std::string> plans;
  std::map<std::string, std::string> texts;
  const auto write = [&](const std::string& prefix, const std::string& text) {
    plans.push_back(folder_.Write(prefix + std::to_string(plans.size()) + ".yaml", text));
    texts[plans.back()] = text;
  };
  for (const std::string& text : good) write("good", text);
  for (const std::string& text : bad) write("bad", text);
  for (const auto& [plan, verdict] : Validate(plans)) {
    const bool is_good = fs::path(plan).filename().string().rfind("good", 0) == 0;
    EXPECT_EQ(verdict == "valid", is_good) << verdict << "\n" << texts[plan];
    // What fits the schema fits the loader, and what does not, lint refuses as well.
    EXPECT_TRUE(!is_good || LoadPlan(texts[plan], "plan.yaml").problems.empty()) << texts[plan];
    EXPECT_TRUE(is_good || !Lint(texts[plan]).empty()) << texts[plan];
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
