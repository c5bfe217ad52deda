#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/plan/plan_loader.h"
#include "coordinator/plan/plan_validator.h"
#include "tests/unit/coordinator/plan/plan_text.h"

namespace smokemesh::coordinator {
namespace {

// Changes a text as typing, merging and cutting do.
class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  std::string Mutate(std::string_view original) {
    std::string text(original);
    const size_t changes = 1 + Below(4);
    for (size_t i = 0; i < changes && !text.empty(); ++i) Change(&text);
    return text;
  }

 private:
  size_t Below(size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random_);
  }

  void Change(std::string* text) {
    static constexpr std::string_view kPieces[] = {
        "{{",   "}}",          "${",        "}",        "[",      "]",          "{",        ": ",
        "- ",   "\n",          "\n  ",      "\t",       "'",      "\"",         "&a ",      "*a",
        "!t ",  "<<: ",        "#",         "|",        ">",      "---\n",      "null",     "true",
        "-1",   "99999999999", "0s",        "$1",       ";",      "not ",       "and ",     "(",
        "\xff", "\xc3",        "",          "checks",   "name: ", "steps: ",    "?",        "%",
        "@",    "\\",          "until: {}", "repeat: ", "when: ", "parallel: ", "{channel}"};
    const size_t at = Below(text->size());
    switch (Below(6)) {
      case 0:
        text->erase(at, 1 + Below(20));
        break;
      case 1:
        text->insert(at, kPieces[Below(std::size(kPieces))]);
        break;
      case 2:
        (*text)[at] = static_cast<char>(Below(256));
        break;
      case 3: {  // a piece of the text somewhere else
        const std::string piece = text->substr(Below(text->size()), 1 + Below(200));
        text->insert(at, piece);
        break;
      }
      case 4: {  // one line once more
        const size_t end = text->find('\n', at);
        const size_t start = text->rfind('\n', at);
        if (end == std::string::npos || start == std::string::npos) break;
        text->insert(end, text->substr(start, end - start));
        break;
      }
      default:
        text->resize(at);
    }
  }

  std::mt19937 random_;
};

TEST(PlanFuzzTest, NoMutationOfAPlanCrashesOrTakesLong) {
  constexpr uint32_t kMutations = 20'000;
  int clean = 0;
  int loaded_but_wrong = 0;
  for (uint32_t seed = 0; seed < kMutations; ++seed) {
    const std::string yaml = Mutator(seed).Mutate(kFullPlan);
    const auto start = std::chrono::steady_clock::now();
    LoadedPlan loaded = LoadPlan(yaml, "plan.yaml");
    const std::vector<Problem> problems = LintPlan(loaded, "plan.yaml");
    if (loaded.problems.empty() && problems.empty()) {
      ++clean;
      ApplyDefaults(&loaded.plan);
      EXPECT_TRUE(ValidatePlan(loaded.plan, {}, "plan.yaml").empty()) << "seed " << seed;
    } else if (loaded.problems.empty()) {
      ++loaded_but_wrong;
    }
    for (const Problem& problem : problems) EXPECT_FALSE(problem.message.empty());
    ASSERT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2)) << "seed " << seed;
  }
  // The mutations reach all three ends.
  EXPECT_GT(clean, 100);
  EXPECT_GT(loaded_but_wrong, 100);
  EXPECT_LT(clean + loaded_but_wrong, static_cast<int>(kMutations) - 1000);
}

// Worst cases of the validator within the reader's limits.
TEST(PlanFuzzTest, LargePlansAreValidatedInBoundedTime) {
  std::string needs = "name: x\nchecks:\n";
  for (int i = 0; i < 2000; ++i) {
    needs += "  - {name: check-number-" + std::to_string(i) + ", needs: [";
    for (int k = 1; k <= 10; ++k) needs += "unknown-check-" + std::to_string(i + k) + ",";
    needs += "]}\n";
  }
  std::string circle = "name: x\nchecks:\n";
  for (int i = 0; i < 2000; ++i) {
    circle += "  - {name: c" + std::to_string(i) + ", needs: [c" + std::to_string((i + 1) % 2000) +
              "]}\n";
  }
  std::string variables = "name: x\nvariables:\n";
  for (int i = 0; i < 20'000; ++i) {
    variables += "  v" + std::to_string(i) + ": '{{v" + std::to_string(i + 1) + "}}'\n";
  }
  std::string connections = "name: x\nconnections:\n";
  for (int i = 0; i < 9'000; ++i)
    connections += "  c" + std::to_string(i) + ": {http: 'http://x'}\n";
  connections += "checks:\n  - name: a\n    http:\n      steps:\n";
  for (int i = 0; i < 7'000; ++i) connections += "        - {connection: zzz, request: {url: /}}\n";
  for (const std::string* yaml : {&needs, &circle, &variables, &connections}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_NE(Lint(*yaml), "");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20))
        << yaml->substr(0, 60);
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
