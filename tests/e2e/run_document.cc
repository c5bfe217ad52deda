#include "tests/e2e/run_document.h"

#include <gtest/gtest.h>

#include <string_view>

namespace smokemesh::testing {
namespace {

using Json = nlohmann::json;

// The member, or null.
Json Member(const Json& object, std::string_view name) {
  const auto member = object.is_object() ? object.find(name) : object.end();
  return member == object.end() ? Json() : *member;
}

std::string Text(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

Json Named(const Json& list, std::string_view key, const std::string& name) {
  for (const Json& item : list) {
    if (Text(Member(item, key)) == name) return item;
  }
  return {};
}

}  // namespace

RunDocument::RunDocument(const std::string& text) {
  Json parsed = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() || !parsed.contains("verdict")) {
    ADD_FAILURE() << "not one JSON report: " << text;
    return;
  }
  json_ = std::move(parsed);
}

std::string RunDocument::decision() const {
  return Text(Member(Member(json_, "verdict"), "decision"));
}

std::string RunDocument::summary() const {
  return Text(Member(Member(json_, "verdict"), "summary"));
}

int RunDocument::exit_code() const {
  const Json code = Member(Member(json_, "verdict"), "exit_code");
  return code.is_number() ? code.get<int>() : -1;
}

int RunDocument::Count(const std::string& outcome) const {
  const Json count = Member(Member(Member(json_, "verdict"), "counts"), outcome);
  return count.is_number() ? count.get<int>() : -1;
}

bool RunDocument::AddsUp() const {
  int sum = 0;
  for (const char* outcome : {"passed", "flaky", "failed", "errored", "blocked", "aborted",
                              "missing", "skipped", "open"}) {
    sum += Count(outcome);
  }
  return sum == Count("planned") && Outcomes().size() == static_cast<size_t>(Count("planned"));
}

Json RunDocument::Check(const std::string& name) const {
  return Named(Member(json_, "checks"), "name", name);
}

std::string RunDocument::Outcome(const std::string& check) const {
  return Text(Member(Check(check), "outcome"));
}

std::map<std::string, std::string> RunDocument::Outcomes() const {
  std::map<std::string, std::string> outcomes;
  for (const Json& check : Member(json_, "checks")) {
    if (check.value("deselected", false) || check.value("shadow", false)) continue;
    outcomes[Text(Member(check, "name"))] = Text(Member(check, "outcome"));
  }
  return outcomes;
}

std::set<std::string> RunDocument::NotPassed() const {
  std::set<std::string> names;
  for (const auto& [check, outcome] : Outcomes()) {
    if (outcome != "PASSED") names.insert(check);
  }
  return names;
}

Json RunDocument::Rule(const std::string& name) const {
  return Named(Member(Member(json_, "verdict"), "rules"), "rule", name);
}

}  // namespace smokemesh::testing
