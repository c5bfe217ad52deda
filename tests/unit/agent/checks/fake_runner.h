#ifndef SMOKEMESH_TESTS_UNIT_AGENT_CHECKS_FAKE_RUNNER_H_
#define SMOKEMESH_TESTS_UNIT_AGENT_CHECKS_FAKE_RUNNER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/checks/step_runner.h"

namespace smokemesh::testing {

// What a fake step saw: values by query, or by `query argument`.
class FakeObservation final : public shared::Observation {
 public:
  std::map<std::string, shared::Value> values;
  std::optional<Mismatch> implied;
  std::string summary = "a fake answer";
  bool lacks_feature = false;

  absl::StatusOr<shared::Value> Get(std::string_view query,
                                    std::string_view argument) const override {
    std::string key(query);
    if (!argument.empty()) key += " " + std::string(argument);
    const auto found = values.find(key);
    return found == values.end() ? shared::Value(shared::Absent{}) : found->second;
  }
  std::string Summary() const override { return summary; }
  Implied UnlessAsked() const override { return {{"status", "sqlstate"}, implied}; }
  bool LacksFeature() const override { return lacks_feature; }
};

// What happened in all runners of a test, in order.
struct Journal {
  std::vector<std::string> requests;
  int clean_ups = 0;
};

using Answer = std::function<absl::StatusOr<std::unique_ptr<shared::Observation>>(
    const agent::StepRequest& request, const agent::CheckContext& context)>;

// Notes each step's URL, statement or command, and answers by a function.
class FakeRunner final : public agent::StepRunner {
 public:
  FakeRunner(Journal* journal, Answer answer, absl::Status clean_up = absl::OkStatus())
      : journal_(*journal), answer_(std::move(answer)), clean_up_(std::move(clean_up)) {}

  absl::StatusOr<std::unique_ptr<shared::Observation>> Run(
      const agent::StepRequest& request, const agent::CheckContext& context) override {
    journal_.requests.push_back(request.step->has_http() ? request.step->http().request().url()
                                                         : request.step->postgres().sql());
    return answer_(request, context);
  }
  absl::Status CleanUp(const agent::CheckContext&) override {
    ++journal_.clean_ups;
    return clean_up_;
  }

 private:
  Journal& journal_;
  const Answer answer_;
  const absl::Status clean_up_;
};

inline std::unique_ptr<FakeObservation> Status(int64_t status) {
  auto observation = std::make_unique<FakeObservation>();
  observation->values["status"] = status;
  if (status < 200 || status > 299) {
    observation->implied = {"status between 200, 299", std::to_string(status)};
  }
  return observation;
}

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_UNIT_AGENT_CHECKS_FAKE_RUNNER_H_
