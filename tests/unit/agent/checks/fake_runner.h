#ifndef SMOKEMESH_TESTS_UNIT_AGENT_CHECKS_FAKE_RUNNER_H_
#define SMOKEMESH_TESTS_UNIT_AGENT_CHECKS_FAKE_RUNNER_H_

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/checks/step_runner.h"
#include "shared/mutex.h"

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

// What happened in all runners of a test, in order. Runners write it under the mutex; a test reads
// it when the check has returned.
struct Journal {
  shared::Mutex mutex;
  std::vector<std::string> requests;
  std::vector<std::string> sessions;  // of the requests, in the same order
  std::vector<std::string> dropped;   // `connection schema`
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
    {
      shared::MutexLock lock(&journal_.mutex);
      journal_.requests.push_back(WhatOf(*request.step));
      journal_.sessions.push_back(request.session);
    }
    return answer_(request, context);
  }
  absl::Status CleanUp(const agent::CheckContext&) override {
    shared::MutexLock lock(&journal_.mutex);
    ++journal_.clean_ups;
    return clean_up_;
  }
  absl::Status RemoveScratchSchema(const std::string& connection_name, const v1::Connection&,
                                   const std::string& schema, const agent::CheckContext&) override {
    shared::MutexLock lock(&journal_.mutex);
    journal_.dropped.push_back(connection_name + " " + schema);
    return clean_up_;
  }

  // What a step asks: its URL, statement or command.
  static std::string WhatOf(const v1::Step& step) {
    if (step.has_http()) return step.http().request().url();
    if (step.has_redis()) return step.redis().command_size() > 0 ? step.redis().command(0) : "";
    return step.postgres().sql();
  }

 private:
  Journal& journal_;
  const Answer answer_;
  const absl::Status clean_up_;
};

// Opens when so many threads have arrived: proof that they run at the same time.
class Barrier {
 public:
  explicit Barrier(int wanted) : wanted_(wanted) {}

  // False when not all came within 20 s, which only a program that is wrong takes.
  bool Arrive() {
    const shared::SteadyTime deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    shared::MutexLock lock(&mutex_);
    ++arrived_;
    changed_.NotifyAll();
    while (arrived_ < wanted_) {
      if (!changed_.WaitUntil(&mutex_, deadline) && arrived_ < wanted_) return false;
    }
    return true;
  }

 private:
  const int wanted_;
  shared::Mutex mutex_;
  shared::CondVar changed_;
  int arrived_ ABSL_GUARDED_BY(mutex_) = 0;
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
