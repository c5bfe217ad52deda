#include "tests/faults/render.h"

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace smokemesh::testing {
namespace {

using nlohmann::ordered_json;

constexpr char kIntroduction[] = R"(# Faults and the checks that see them

Made by `./dev faults`. Each fault is injected for real into the reference platform
(`tests/platform/`): SQL on the server, a setting of Redis, a process built or configured wrongly,
stopped or frozen, a delaying proxy. Then `deploy/plans/aura.yaml` runs once, with an agent policy that
lets superusers in, so that the plan and not the agent has to notice one.

- *red*: the checks that must be FAILED. The program that makes this page is a test, too, and fails
  when one of them is not, or when another check is.
- *may be red, too*: checks that need what is broken, or that meet it by chance. Checks that `needs` a
  red one are BLOCKED and not listed.
- *the suite before*: which of the 47 pytest tests that this plan replaces turns red for it, by
  number, where that was tried: as it is / a repaired copy of it, or one number for both. `-`: none;
  `skips`: tests are only left out; `n/a`: the tests that could are broken.

)";

std::string Code(const std::string& text) { return "`" + text + "`"; }

std::string Names(const std::set<std::string>& names) {
  std::vector<std::string> texts;
  for (const std::string& name : names) {
    if (name == "@all") {
      texts.push_back("all others");
    } else if (name.front() == '@') {
      texts.push_back("all of suite " + Code(name.substr(1)));
    } else {
      texts.push_back(Code(name));
    }
  }
  return absl::StrJoin(texts, ", ");
}

std::string Red(const Expectation& expected) {
  if (expected.any_of.empty()) return Names(expected.red);
  const std::string one = "one of " + Names(expected.any_of);
  return expected.red.empty() ? one : Names(expected.red) + "; " + one;
}

const Expectation* Find(const Expectations& expectations, const std::string& fault) {
  const auto it = expectations.find(fault);
  return it == expectations.end() ? nullptr : &it->second;
}

void AppendFaults(const std::vector<FaultRun>& runs, const Expectations& expectations,
                  std::string* text) {
  absl::StrAppend(text,
                  "| fault | where | what is wrong | red | may be red, too | verdict | the suite "
                  "before |\n|---|---|---|---|---|---|---|\n");
  for (const FaultRun& run : runs) {
    const Fault* fault = FindFault(run.fault);
    const Expectation* expected = Find(expectations, run.fault);
    if (fault == nullptr || expected == nullptr) continue;
    absl::StrAppend(text, "| ", Code(fault->name), " | ", fault->place, " | ", fault->description,
                    " | ", Red(*expected), " | ", Names(expected->may), " | ", run.run.decision,
                    " | ", expected->original, " |\n");
  }
}

void AppendChecks(const std::vector<FaultRun>& runs, const Expectations& expectations,
                  std::string* text) {
  absl::StrAppend(text, "| check | red for |\n|---|---|\n");
  for (const CheckRun& check : runs.front().run.checks) {
    std::vector<std::string> faults;
    for (const FaultRun& run : runs) {
      const Expectation* expected = Find(expectations, run.fault);
      if (expected != nullptr && expected->red.contains(check.name)) {
        faults.push_back(Code(run.fault));
      }
    }
    absl::StrAppend(text, "| ", Code(check.name), " | ", absl::StrJoin(faults, ", "), " |\n");
  }
}

void AppendLeftovers(const Expectations& expectations, std::string* text) {
  for (const auto& [fault, expected] : expectations) {
    if (expected.leaves.empty()) continue;
    absl::StrAppend(text, "- ", Code(fault), ": ", expected.leaves_why, "\n");
  }
}

}  // namespace

std::string RenderMarkdown(const std::vector<FaultRun>& runs, const Expectations& expectations) {
  size_t compared = 0;
  size_t unmodified = 0;
  size_t repaired = 0;
  const auto is_number = [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); };
  for (const auto& [fault, expected] : expectations) {
    if (expected.original.empty()) continue;
    ++compared;
    const std::string last = expected.original.substr(expected.original.rfind(' ') + 1);
    if (is_number(expected.original.front())) ++unmodified;
    if (!last.empty() && is_number(last.front())) ++repaired;
  }
  std::string text = kIntroduction;
  absl::StrAppend(
      &text, runs.size() - 1, " faults, ", runs.front().run.checks.size(),
      " checks. Every fault is seen, every check is turned red by at least one fault.\n", "Of the ",
      compared, " faults that were tried on the suite before, it saw ", unmodified,
      ", and its repaired copy ", repaired, ".\n\n## By fault\n\n");
  AppendFaults(runs, expectations, &text);
  absl::StrAppend(&text, "\n## By check\n\n");
  AppendChecks(runs, expectations, &text);
  absl::StrAppend(&text,
                  "\n## What stays behind\n\nNothing, with these exceptions, where what is "
                  "broken is needed to clean up:\n\n");
  AppendLeftovers(expectations, &text);
  return text;
}

std::string RenderJson(const std::vector<FaultRun>& runs) {
  ordered_json all = ordered_json::array();
  for (const FaultRun& run : runs) {
    ordered_json entry;
    entry["fault"] = run.fault;
    entry["problem"] = std::string(run.problem.message());
    entry["decision"] = run.run.decision;
    entry["took_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(run.run.took).count();
    entry["leftovers"] = run.leftovers;
    entry["checks"] = ordered_json::array();
    for (const CheckRun& check : run.run.checks) {
      ordered_json one;
      one["name"] = check.name;
      one["suite"] = check.suite;
      one["outcome"] = check.outcome;
      if (!check.quiet()) {
        one["message"] = check.message;
        one["expected"] = check.expected;
        one["seen"] = check.seen;
        one["target"] = check.target;
        one["hint"] = check.hint;
        one["blocked_by"] = check.blocked_by;
      }
      entry["checks"].push_back(std::move(one));
    }
    all.push_back(std::move(entry));
  }
  return all.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string RenderMessages(const std::vector<FaultRun>& runs) {
  std::string text;
  for (const FaultRun& run : runs) {
    const Fault* fault = FindFault(run.fault);
    absl::StrAppend(&text, "## ", fault == nullptr ? "the healthy platform" : run.fault, "\n");
    if (fault != nullptr) absl::StrAppend(&text, fault->place, ": ", fault->description, "\n");
    absl::StrAppend(&text, run.run.decision, "\n\n");
    std::vector<std::string> blocked;
    for (const CheckRun& check : run.run.checks) {
      if (check.outcome == "BLOCKED") blocked.push_back(check.name);
      if (check.quiet() || check.outcome == "BLOCKED") continue;
      absl::StrAppend(&text, check.outcome, " ", check.name, "\n    ", check.message, "\n");
      if (!check.hint.empty()) absl::StrAppend(&text, "    hint: ", check.hint, "\n");
      if (!check.target.empty()) absl::StrAppend(&text, "    target: ", check.target, "\n");
    }
    if (!blocked.empty()) {
      absl::StrAppend(&text, "BLOCKED ", blocked.size(), ": ", absl::StrJoin(blocked, " "), "\n");
    }
    for (const std::string& leftover : run.leftovers) {
      absl::StrAppend(&text, "left behind: ", leftover, "\n");
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string RenderDraft(const std::vector<FaultRun>& runs) {
  std::map<std::string, std::vector<const FaultRun*>> by_fault;
  std::vector<std::string> order;
  for (const FaultRun& run : runs) {
    if (run.fault.empty()) continue;
    if (by_fault[run.fault].empty()) order.push_back(run.fault);
    by_fault[run.fault].push_back(&run);
  }
  std::string text;
  for (const std::string& fault : order) {
    std::map<std::string, size_t> failed;
    std::set<std::string> without_evidence;
    std::set<std::string> leftovers;
    for (const FaultRun* run : by_fault[fault]) {
      for (const CheckRun& check : run->run.checks) {
        if (check.failed()) ++failed[check.name];
        if (!check.failed() && !check.quiet() && check.outcome != "BLOCKED") {
          without_evidence.insert(check.name);
        }
      }
      leftovers.insert(run->leftovers.begin(), run->leftovers.end());
    }
    std::vector<std::string> red;
    std::vector<std::string> may;
    for (const auto& [check, times] : failed) {
      (times == by_fault[fault].size() ? red : may).push_back(check);
    }
    absl::StrAppend(&text, fault, ":\n  red: [", absl::StrJoin(red, ", "), "]\n");
    if (!may.empty()) absl::StrAppend(&text, "  may: [", absl::StrJoin(may, ", "), "]\n");
    if (!without_evidence.empty()) {
      absl::StrAppend(&text, "  no_evidence: [", absl::StrJoin(without_evidence, ", "), "]\n");
    }
    for (const std::string& leftover : leftovers) {
      absl::StrAppend(&text, "  # left behind: ", leftover, "\n");
    }
  }
  return text;
}

}  // namespace smokemesh::testing
