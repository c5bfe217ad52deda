#ifndef SMOKEMESH_TESTS_UNIT_AGENT_CHECKS_STEP_CHECK_FIXTURE_H_
#define SMOKEMESH_TESTS_UNIT_AGENT_CHECKS_STEP_CHECK_FIXTURE_H_

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/checks/step_check.h"
#include "tests/unit/agent/checks/fake_runner.h"

namespace smokemesh::testing {

// Runs checks whose every step goes to a fake runner that answers by `answer_`.
class StepCheckTest : public ::testing::Test {
 protected:
  // The check's own part of an assignment with one connection of each kind.
  static v1::Assignment Assign(const std::string& check) {
    v1::Assignment assignment;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        R"pb(
          task_id: "run-1/c/agent-1/1"
          run_id: "run-1"
          attempt: 1
          connections {
            key: "web"
            value { http: "http://user:hunter2secret@127.0.0.1:1" }
          }
          connections {
            key: "db"
            value { postgres: "${DB_URL}" }
          }
          check {
            name: "c"
            timeout { seconds: 2 }
          }
        )pb",
        &assignment));
    v1::Check own;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(check, &own)) << check;
    assignment.mutable_check()->MergeFrom(own);
    return assignment;
  }

  std::unique_ptr<agent::CheckFactory> Factory() {
    const auto make = [this] {
      return std::make_unique<FakeRunner>(&journal_, answer_, clean_up_);
    };
    std::map<std::string, agent::StepRunnerFactory> runners;
    for (const std::string& kind : kinds_) runners[kind] = make;
    return agent::MakeStepCheckFactory(std::move(runners),
                                       [this](std::string_view name) -> std::optional<std::string> {
                                         const auto found = environment_.find(name);
                                         if (found == environment_.end()) return std::nullopt;
                                         return found->second;
                                       });
  }

  v1::TaskResult Run(const v1::Assignment& assignment) {
    factory_ = Factory();
    auto check = factory_->Create(assignment);
    if (!check.ok()) {
      ADD_FAILURE() << check.status();
      return {};
    }
    check_ = *std::move(check);
    return check_->Run({std::chrono::steady_clock::now() + timeout_, &cancellation_});
  }
  v1::TaskResult Run(const std::string& check) { return Run(Assign(check)); }

  absl::Status CleanUp() {
    shared::Cancellation never;
    return check_->CleanUp({std::chrono::steady_clock::now() + std::chrono::seconds(5), &never});
  }

  Journal journal_;
  Answer answer_ = [](const agent::StepRequest&, const agent::CheckContext&) {
    return Status(200);
  };
  absl::Status clean_up_;
  std::vector<std::string> kinds_ = {"http", "postgres"};
  std::map<std::string, std::string, std::less<>> environment_ = {
      {"DB_URL", "postgresql://smoke:s3cr3t%40pw@db.example:5432/x?sslmode=require"},
      {"TOKEN", "tok-canary-1"}};
  std::chrono::milliseconds timeout_{2000};
  shared::Cancellation cancellation_;
  std::unique_ptr<agent::CheckFactory> factory_;
  std::unique_ptr<agent::Check> check_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_UNIT_AGENT_CHECKS_STEP_CHECK_FIXTURE_H_
