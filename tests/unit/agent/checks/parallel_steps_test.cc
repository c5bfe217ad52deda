#include "agent/checks/parallel_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "shared/mutex.h"
#include "tests/unit/agent/checks/step_check_fixture.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;
using smokemesh::testing::Barrier;
using smokemesh::testing::FakeObservation;
using smokemesh::testing::FakeRunner;
using smokemesh::testing::Status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class ParallelStepsTest : public smokemesh::testing::StepCheckTest {
 protected:
  static std::string What(const StepRequest& request) { return FakeRunner::WhatOf(*request.step); }
};

TEST_F(ParallelStepsTest, OverlapsTheBranchesOfAGroup) {
  Barrier barrier(4);
  std::atomic<int> missed = 0;
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    if (What(request) != "/after" && !barrier.Arrive()) ++missed;
    return Status(200);
  };
  timeout_ = 60s;
  const v1::TaskResult result = Run(R"pb(
    scenario {
      steps {
        http {
          parallel: "g"
          request { url: "/a" }
        }
      }
      steps {
        http {
          parallel: "g"
          request { url: "/b" }
        }
      }
      steps { postgres { parallel: "g" session: "one" sql: "A" } }
      steps { postgres { parallel: "g" session: "two" sql: "B" } }
      steps { http { request { url: "/after" } } }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED) << result.ShortDebugString();
  EXPECT_EQ(missed, 0) << "the four did not run at the same time";
  ASSERT_THAT(result.steps(), SizeIs(5));
  EXPECT_EQ(result.steps(0).name(), "GET /a");
  EXPECT_EQ(result.steps(3).name(), "B");
  EXPECT_EQ(journal_.requests.back(), "/after");
}

TEST_F(ParallelStepsTest, KeepsTheOrderOfStepsOnOneSession) {
  shared::Mutex mutex;
  std::map<std::string, std::vector<std::string>> by_session;
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    std::this_thread::yield();
    shared::MutexLock lock(&mutex);
    by_session[request.session].push_back(What(request));
    return Status(200);
  };
  const v1::TaskResult result = Run(R"pb(
    postgres {
      steps { parallel: "g" session: "x" sql: "x1" }
      steps { parallel: "g" session: "y" sql: "y1" }
      steps { parallel: "g" session: "x" sql: "x2" }
      steps { parallel: "g" sql: "m1" }
      steps { parallel: "g" session: "y" sql: "y2" }
      steps { parallel: "g" session: "main" connection: "db" sql: "m2" }
      steps { parallel: "g" session: "x#2" sql: "x3" }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  EXPECT_THAT(by_session["x"], ElementsAre("x1", "x2"));
  EXPECT_THAT(by_session["y"], ElementsAre("y1", "y2"));
  EXPECT_THAT(by_session["main"], ElementsAre("m1", "m2"));
  const auto at = [&](const std::string& what) {
    return std::find(journal_.requests.begin(), journal_.requests.end(), what) -
           journal_.requests.begin();
  };
  EXPECT_LT(at("x2"), at("x3"));  // a repeated step on x uses x#2 too
}

TEST_F(ParallelStepsTest, SeparatesGroupsByTheirNeighbours) {
  Barrier barrier(2);
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    if (What(request).starts_with("/first")) barrier.Arrive();
    return Status(200);
  };
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        parallel: "g"
        request { url: "/first1" }
      }
      steps {
        parallel: "g"
        request { url: "/first2" }
      }
      steps {
        parallel: "h"
        request { url: "/second" }
      }
      steps {
        parallel: "g"
        request { url: "/third" }
      }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  ASSERT_THAT(journal_.requests, SizeIs(4));
  EXPECT_EQ(journal_.requests[2], "/second");
  EXPECT_EQ(journal_.requests[3], "/third");
}

TEST_F(ParallelStepsTest, LetsOtherBranchesGoOnAndEndsWithTheFirstFailureInPlanOrder) {
  Barrier both_failed(2);
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    const std::string what = What(request);
    if (what != "x2" && what != "y1") return Status(200);
    both_failed.Arrive();
    auto observation = Status(500);
    observation->implied->actual = "bad " + what;
    return observation;
  };
  timeout_ = 60s;
  const v1::TaskResult result = Run(R"pb(
    postgres {
      steps { parallel: "g" session: "x" sql: "x1" }
      steps { parallel: "g" session: "y" sql: "y1" }
      steps { parallel: "g" session: "x" sql: "x2" }
      steps { parallel: "g" session: "y" sql: "y2" }
      steps { parallel: "g" session: "z" sql: "z1" }
      steps { parallel: "g" session: "z" sql: "z2" }
      steps { sql: "after" }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.message(), "step 2 (y1): expected status between 200, 299, got bad y1");
  ASSERT_THAT(result.failures(), SizeIs(2));
  EXPECT_EQ(result.failures(0).step(), 2);
  EXPECT_EQ(result.failures(1).step(), 3);
  EXPECT_EQ(result.failures(1).actual(), "bad x2");
  ASSERT_THAT(result.steps(), SizeIs(7));
  EXPECT_EQ(result.steps(0).outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(result.steps(1).outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.steps(2).outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.steps(3).outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_EQ(result.steps(4).outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(result.steps(5).outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(result.steps(6).outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_THAT(journal_.requests, UnorderedElementsAre("x1", "x2", "y1", "z1", "z2"));
}

TEST_F(ParallelStepsTest, ShowsCapturesToTheSameBranchAndAfterTheGroup) {
  Barrier barrier(2);
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    const std::string what = What(request);
    if (what == "x1" || what == "y1") barrier.Arrive();
    auto observation = Status(200);
    observation->values["value"] = shared::Text{"of-" + what};
    return observation;
  };
  timeout_ = 60s;
  const v1::TaskResult result = Run(R"pb(
    variables { key: "v" value: "plan" }
    postgres {
      steps {
        parallel: "g"
        session: "x"
        sql: "x1"
        capture {
          key: "v"
          value { query: "value" }
        }
      }
      steps { parallel: "g" session: "y" sql: "y1" }
      steps { parallel: "g" session: "x" sql: "x2 {{v}}" }
      steps { parallel: "g" session: "y" sql: "y2 {{v}}" }
      steps { sql: "after {{v}}" }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED) << result.ShortDebugString();
  EXPECT_THAT(journal_.requests,
              UnorderedElementsAre("x1", "y1", "x2 of-x1", "y2 plan", "after of-x1"));
}

TEST_F(ParallelStepsTest, TakesTheCaptureOfTheLaterStepAfterTheGroup) {
  Barrier barrier(2);
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    const std::string what = What(request);
    if (what != "/after/2") barrier.Arrive();
    auto observation = Status(200);
    observation->values["body"] = shared::Text{what.substr(1)};
    return observation;
  };
  timeout_ = 60s;
  const std::string step = R"pb(parallel: "g"
                                capture {
                                  key: "v"
                                  value { query: "body" }
                                })pb";
  Run("http { steps { " + step + " request { url: '/1' } } steps { " + step +
      " request { url: '/2' } } steps { request { url: '/after/{{v}}' } } }");
  EXPECT_EQ(journal_.requests.back(), "/after/2");
}

TEST_F(ParallelStepsTest, IsAbortedWhenCancelledInTheMiddleAndWaitsForItsThreads) {
  Barrier barrier(3);
  std::atomic<int> running = 0;
  answer_ =
      [&](const StepRequest&,
          const CheckContext& context) -> absl::StatusOr<std::unique_ptr<shared::Observation>> {
    ++running;
    barrier.Arrive();
    while (!context.cancellation->cancelled()) std::this_thread::yield();
    --running;
    return absl::CancelledError("stopped");
  };
  timeout_ = 60s;
  std::thread canceller([&] {
    barrier.Arrive();
    cancellation_.Cancel("enough");
  });
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        parallel: "g"
        request { url: "/a" }
      }
      steps {
        parallel: "g"
        request { url: "/b" }
      }
      steps { request { url: "/c" } }
    }
  )pb");
  EXPECT_EQ(running, 0);
  canceller.join();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(result.steps(0).outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(result.steps(1).outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(result.steps(2).outcome(), v1::OUTCOME_SKIPPED);
}

TEST_F(ParallelStepsTest, EndsWithTheDeadlineOfTheCheck) {
  timeout_ = 50ms;
  answer_ =
      [](const StepRequest&,
         const CheckContext& context) -> absl::StatusOr<std::unique_ptr<shared::Observation>> {
    std::this_thread::sleep_until(context.deadline);  // as a target that does not answer
    return absl::DeadlineExceededError("nothing came");
  };
  const auto start = std::chrono::steady_clock::now();
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        parallel: "g"
        request { url: "/a" }
      }
      steps {
        parallel: "g"
        request { url: "/b" }
        repeat { times: 100 parallel: 4 }
      }
      steps {
        parallel: "g"
        request { url: "/c" }
        until { within { seconds: 60 } }
      }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
  EXPECT_THAT(journal_.requests, SizeIs(1 + 4 + 1));
}

TEST_F(ParallelStepsTest, HidesSecretsThatOtherBranchesCaptured) {
  Barrier barrier(2);
  Barrier captured(2);
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    const std::string what = What(request);
    auto observation = Status(what == "/b" ? 500 : 200);
    observation->summary = "saw captured-canary and ${TOKEN}";
    observation->values["json /t"] = shared::String{"captured-canary"};
    barrier.Arrive();
    return observation;
  };
  timeout_ = 60s;
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        parallel: "g"
        request { url: "/a" }
        capture {
          key: "t"
          value { json: "/t" redact: true }
        }
      }
      steps {
        parallel: "g"
        request { url: "/b" }
      }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(result.ShortDebugString(), Not(HasSubstr("captured-canary")));
}

TEST_F(ParallelStepsTest, RunsMoreBranchesThanThreads) {
  std::string steps;
  for (int i = 0; i < 120; ++i) {
    steps += "steps { parallel: 'g' request { url: '/" + std::to_string(i) + "' } }";
  }
  const v1::TaskResult result = Run("http { " + steps + " }");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  EXPECT_THAT(journal_.requests, SizeIs(120));
}

}  // namespace
}  // namespace smokemesh::agent
