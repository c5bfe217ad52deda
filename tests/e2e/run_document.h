#ifndef SMOKEMESH_TESTS_E2E_RUN_DOCUMENT_H_
#define SMOKEMESH_TESTS_E2E_RUN_DOCUMENT_H_

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace smokemesh::testing {

// A run as its JSON report tells it. Asked for what it does not have, it answers with nothing.
class RunDocument {
 public:
  RunDocument() = default;
  // Fails the test when `text` is no JSON, or more than one document.
  explicit RunDocument(const std::string& text);

  const nlohmann::json& json() const { return json_; }

  std::string run_id() const { return json_.value("run_id", ""); }
  // Empty while it is open.
  std::string decision() const;
  std::string summary() const;
  // What the report says of the exit code; -1 when it says nothing.
  int exit_code() const;

  // Number of checks with an outcome: `planned`, `passed`, `aborted`, ….
  int Count(const std::string& outcome) const;
  // Whether all outcomes together are the planned checks, and these are the judged ones.
  bool AddsUp() const;

  // The record of a check; null when there is none of this name.
  nlohmann::json Check(const std::string& name) const;
  std::string Outcome(const std::string& check) const;
  // Of all judged checks.
  std::map<std::string, std::string> Outcomes() const;
  // Judged checks with another outcome than PASSED.
  std::set<std::string> NotPassed() const;
  // The result of a rule; null when the policy has none of this name.
  nlohmann::json Rule(const std::string& name) const;

 private:
  nlohmann::json json_ = nlohmann::json::object();
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_E2E_RUN_DOCUMENT_H_
