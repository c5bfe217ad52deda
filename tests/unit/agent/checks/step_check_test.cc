#include "agent/checks/step_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/unit/agent/checks/step_check_fixture.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;
using smokemesh::testing::Status;
using smokemesh::testing::StepCheckTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(StepCheckTest, PassesWhenEveryStepPasses) {
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        expect: "status == 200"
      }
      steps { request { url: "/b" } }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(result.message(), "");
  EXPECT_THAT(result.failures(), IsEmpty());
  ASSERT_THAT(result.steps(), SizeIs(2));
  EXPECT_EQ(result.steps(0).name(), "GET /a");
  EXPECT_EQ(result.steps(0).observed(), "a fake answer");
  EXPECT_EQ(result.tries(), 1);
  EXPECT_EQ(result.task_id(), "run-1/c/agent-1/1");
  EXPECT_EQ(result.agent_id(), "agent-1");
  EXPECT_TRUE(result.has_start_time());
  EXPECT_THAT(journal_.requests, ElementsAre("/a", "/b"));
}

TEST_F(StepCheckTest, ReportsEveryMismatchOfTheFirstStepThatFailsAndSkipsTheRest) {
  const v1::TaskResult result = Run(R"pb(
    http {
      steps { request { url: "/a" } }
      steps {
        name: "second"
        request { url: "/b" }
        expect: "status == 201"
        expect: "header x-y exists"
        expect: "status < 300"
      }
      steps { request { url: "/c" } }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.message(), "step 2 (second): expected status == 201, got 200 (and 1 more)");
  ASSERT_THAT(result.failures(), SizeIs(2));
  EXPECT_EQ(result.failures(0).step(), 2);
  EXPECT_EQ(result.failures(0).step_name(), "second");
  EXPECT_EQ(result.failures(0).expected(), "status == 201");
  EXPECT_EQ(result.failures(0).actual(), "200");
  EXPECT_EQ(result.failures(0).target(), "http://user:***@127.0.0.1:1");
  EXPECT_THAT(result.failures(0).hint(), HasSubstr("a fake answer"));
  EXPECT_EQ(result.failures(1).actual(), "nothing");
  ASSERT_THAT(result.steps(), SizeIs(3));
  EXPECT_EQ(result.steps(0).outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(result.steps(1).outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.steps(2).outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_THAT(journal_.requests, ElementsAre("/a", "/b"));
}

TEST_F(StepCheckTest, HoldsTheImpliedExpectationUnlessTheStepAsks) {
  answer_ = [](const StepRequest&, const CheckContext&) { return Status(404); };
  const v1::TaskResult implied = Run(R"pb(http {
                                            steps {
                                              request { url: "/a" }
                                              expect: "duration not exists"
                                            }
                                          })pb");
  EXPECT_EQ(implied.outcome(), v1::OUTCOME_FAILED);
  ASSERT_THAT(implied.failures(), SizeIs(1));
  EXPECT_EQ(implied.failures(0).expected(), "status between 200, 299");
  const v1::TaskResult asked = Run(R"pb(http {
                                          steps {
                                            request { url: "/a" }
                                            expect: "status == 404"
                                          }
                                        })pb");
  EXPECT_EQ(asked.outcome(), v1::OUTCOME_PASSED);
}

TEST_F(StepCheckTest, ExpandsRequestsAndExpectationsWithWhatEarlierStepsCaptured) {
  answer_ = [](const StepRequest& request, const CheckContext&) {
    auto observation = Status(200);
    observation->values["json /id"] = shared::String{"id-7"};
    observation->values["body"] = shared::Text{request.step->http().request().url()};
    return observation;
  };
  const v1::TaskResult result = Run(R"pb(
    variables { key: "path" value: "/items/{{id}}" }
    http {
      steps {
        request { url: "/make" }
        capture {
          key: "id"
          value { json: "/id" }
        }
      }
      steps {
        request { url: "{{path}}" }
        expect: "body == /items/{{id}}"
      }
      steps {
        request { url: "{{path}}" }
        expect: "body == \"{{id}}\""
      }
    }
  )pb");
  EXPECT_THAT(journal_.requests, ElementsAre("/make", "/items/id-7", "/items/id-7"));
  ASSERT_THAT(result.failures(), SizeIs(1));
  EXPECT_EQ(result.failures(0).expected(), "body == \"id-7\"");
  EXPECT_EQ(result.failures(0).actual(), "\"/items/id-7\"");
}

TEST_F(StepCheckTest, FailsWhenACaptureFindsNothing) {
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        capture {
          key: "id"
          value { json: "/id" }
        }
      }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.failures(0).expected(), "a value for {{id}} from `json /id`");
  EXPECT_EQ(result.failures(0).actual(), "nothing");
}

TEST_F(StepCheckTest, IsErroredAndAsksNothingWhenAVariableIsNotSet) {
  const v1::TaskResult result = Run(R"pb(
    http {
      steps { request { url: "/${NOT_SET}" } }
      steps { request { url: "/b" } }
    }
    finally { http { request { url: "/delete" } } }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_THAT(result.message(), HasSubstr("NOT_SET is not set"));
  EXPECT_EQ(result.steps(0).outcome(), v1::OUTCOME_ERRORED);
  EXPECT_EQ(result.steps(1).outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_TRUE(CleanUp().ok());
  EXPECT_THAT(journal_.requests, IsEmpty());
}

TEST_F(StepCheckTest, NamesTheCircleOfVariables) {
  const v1::TaskResult result = Run(R"pb(
    variables { key: "a" value: "{{b}}" }
    variables { key: "b" value: "x{{a}}" }
    http { steps { request { url: "/{{a}}" } } }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_THAT(result.message(), HasSubstr("a -> b -> a"));
}

struct Mapping {
  absl::Status status;
  v1::Outcome outcome;
};
class RunnerError : public StepCheckTest, public ::testing::WithParamInterface<Mapping> {};

TEST_P(RunnerError, BecomesTheOutcomeThatStepRunnerPromises) {
  answer_ = [](const StepRequest&, const CheckContext&) { return GetParam().status; };
  const v1::TaskResult result = Run(R"pb(http { steps { request { url: "/a" } } })pb");
  EXPECT_EQ(result.outcome(), GetParam().outcome);
  ASSERT_THAT(result.failures(), SizeIs(1));
  EXPECT_THAT(result.failures(0).actual() + result.failures(0).hint(), HasSubstr("the words"));
  EXPECT_EQ(result.failures(0).target(), "http://user:***@127.0.0.1:1");
}

INSTANTIATE_TEST_SUITE_P(
    StepCheck, RunnerError,
    ::testing::Values(Mapping{absl::UnavailableError("the words"), v1::OUTCOME_FAILED},
                      Mapping{absl::DeadlineExceededError("the words"), v1::OUTCOME_FAILED},
                      Mapping{absl::DataLossError("the words"), v1::OUTCOME_FAILED},
                      Mapping{absl::UnauthenticatedError("the words"), v1::OUTCOME_FAILED},
                      Mapping{absl::PermissionDeniedError("the words"), v1::OUTCOME_FAILED},
                      Mapping{absl::InvalidArgumentError("the words"), v1::OUTCOME_ERRORED},
                      Mapping{absl::InternalError("the words"), v1::OUTCOME_ERRORED},
                      // Nobody cancelled: the runner is wrong.
                      Mapping{absl::CancelledError("the words"), v1::OUTCOME_ERRORED}));

TEST_F(StepCheckTest, SaysHowLongItWaitedWhenTheDeadlineComes) {
  answer_ = [](const StepRequest&, const CheckContext&) {
    return absl::DeadlineExceededError("nothing came from x");
  };
  const v1::TaskResult result = Run(R"pb(http { steps { request { url: "/a" } } })pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.failures(0).expected(), "an answer within 2s");
  EXPECT_EQ(result.failures(0).actual(), "no answer after 2s");
  EXPECT_THAT(result.failures(0).hint(), HasSubstr("nothing came from x"));
}

TEST_F(StepCheckTest, DoesNotBeginAStepAfterTheDeadline) {
  timeout_ = 0ms;
  const v1::TaskResult result = Run(R"pb(http { steps { request { url: "/a" } } })pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(journal_.requests, IsEmpty());
}

TEST_F(StepCheckTest, IsAbortedWhenCancelled) {
  answer_ = [this](const StepRequest&, const CheckContext&) {
    cancellation_.Cancel("the run was cancelled");
    return absl::CancelledError("stopped");
  };
  const v1::TaskResult result = Run(R"pb(
    http {
      steps { request { url: "/a" } }
      steps { request { url: "/b" } }
    }
    retry { attempts: 3 }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(result.message(), "cancelled: the run was cancelled");
  EXPECT_THAT(result.failures(), IsEmpty());
  EXPECT_EQ(result.steps(0).outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(result.steps(1).outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_EQ(result.tries(), 1);
}

TEST_F(StepCheckTest, IsFlakyWhenItPassesOnARetryAndCleansUpInBetween) {
  int asked = 0;
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    const bool is_step = request.step->http().request().url() == "/a";
    return Status(is_step && ++asked < 3 ? 503 : 200);
  };
  const v1::TaskResult result = Run(R"pb(
    http { steps { request { url: "/a" } } }
    finally { http { request { url: "/delete" } } }
    retry {
      attempts: 5
      interval { nanos: 1000000 }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FLAKY);
  EXPECT_EQ(result.tries(), 3);
  EXPECT_THAT(result.message(), HasSubstr("passed at try 3 of 5"));
  EXPECT_THAT(result.message(), HasSubstr("503"));
  EXPECT_THAT(result.failures(), IsEmpty());
  EXPECT_THAT(journal_.requests, ElementsAre("/a", "/delete", "/a", "/delete", "/a"));
  EXPECT_EQ(journal_.clean_ups, 2);
}

TEST_F(StepCheckTest, StopsTryingAtTheLastAttemptAndBeforeTheDeadline) {
  answer_ = [](const StepRequest&, const CheckContext&) { return Status(500); };
  const v1::TaskResult all = Run(R"pb(
    http { steps { request { url: "/a" } } }
    retry {
      attempts: 2
      interval { nanos: 1000000 }
    }
  )pb");
  EXPECT_EQ(all.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(all.tries(), 2);
  ASSERT_THAT(all.failures(), SizeIs(1));
  const v1::TaskResult none_left = Run(R"pb(
    http { steps { request { url: "/a" } } }
    retry {
      attempts: 2
      interval { seconds: 60 }
    }
  )pb");
  EXPECT_EQ(none_left.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(none_left.tries(), 1);
}

TEST_F(StepCheckTest, DoesNotRetryWhatCannotBeAsked) {
  const v1::TaskResult result = Run(R"pb(
    http { steps { request { url: "/${NOT_SET}" } } }
    retry { attempts: 5 }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_EQ(result.tries(), 1);
}

TEST_F(StepCheckTest, StopsWaitingForARetryWhenCancelled) {
  timeout_ = 60s;
  std::atomic<bool> failed = false;
  answer_ = [&](const StepRequest&, const CheckContext&) {
    failed = true;
    return Status(500);
  };
  std::thread canceller([&] {
    while (!failed) std::this_thread::yield();
    cancellation_.Cancel("enough");
  });
  const auto start = std::chrono::steady_clock::now();
  const v1::TaskResult result = Run(R"pb(
    http { steps { request { url: "/a" } } }
    retry {
      attempts: 2
      interval { seconds: 30 }
    }
  )pb");
  canceller.join();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST_F(StepCheckTest, RunsEveryFinallyStepWhateverHappened) {
  answer_ = [](const StepRequest& request,
               const CheckContext&) -> absl::StatusOr<std::unique_ptr<shared::Observation>> {
    const std::string& url = request.step->http().request().url();
    if (url == "/b") return absl::UnavailableError("connection refused by x");
    return Status(url == "/f1" ? 500 : 200);
  };
  const v1::TaskResult result = Run(R"pb(
    http {
      steps { request { url: "/a" } }
      steps { request { url: "/b" } }
    }
    finally { http { request { url: "/f1" } } }
    finally { http { request { url: "/never/{{id}}" } } }
    finally { http { request { url: "/f2/${NOT_SET}" } } }
    finally { http { request { url: "/f3" } } }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  const absl::Status status = CleanUp();
  EXPECT_THAT(journal_.requests, ElementsAre("/a", "/b", "/f1", "/f3"));
  EXPECT_EQ(journal_.clean_ups, 1);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("finally step 1 (GET /f1)"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("{{id}} is not set"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("NOT_SET is not set"));
}

TEST_F(StepCheckTest, PassesOverAFinallyStepWhoseValueNobodyCaptured) {
  answer_ = [](const StepRequest&, const CheckContext&) { return Status(500); };
  Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        capture {
          key: "id"
          value { json: "/id" }
        }
      }
    }
    finally { http { request { url: "/delete/{{id}}" } } }
  )pb");
  EXPECT_TRUE(CleanUp().ok());
  EXPECT_THAT(journal_.requests, ElementsAre("/a"));
}

TEST_F(StepCheckTest, CapturesForFinallyAlsoFromAStepThatFails) {
  answer_ = [](const StepRequest& request, const CheckContext&) {
    const bool makes = request.step->http().request().url() == "/make";
    auto observation = Status(makes ? 500 : 200);
    if (makes) observation->values["json /id"] = int64_t{12};
    return observation;
  };
  Run(R"pb(
    http {
      steps {
        request { url: "/make" }
        capture {
          key: "id"
          value { json: "/id" }
        }
      }
    }
    finally { http { request { url: "/delete/{{id}}" } } }
  )pb");
  EXPECT_TRUE(CleanUp().ok());
  EXPECT_THAT(journal_.requests, ElementsAre("/make", "/delete/12"));
}

TEST_F(StepCheckTest, TellsWhatTheRunnerCouldNotRemove) {
  clean_up_ = absl::InternalError("schema tok-canary-1 may be left");
  Run(R"pb(http { steps { request { url: "/${TOKEN}" } } })pb");
  EXPECT_EQ(CleanUp().message(), "schema *** may be left");
}

TEST_F(StepCheckTest, RunsFinallyFirstWhenDispatchedAgain) {
  v1::Assignment assignment = Assign(R"pb(
    http { steps { request { url: "/a" } } }
    finally { http { request { url: "/delete" } } }
  )pb");
  assignment.set_attempt(2);
  answer_ = [](const StepRequest& request, const CheckContext&) {
    return Status(request.step->http().request().url() == "/delete" ? 404 : 200);
  };
  const v1::TaskResult result = Run(assignment);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(result.attempt(), 2);
  EXPECT_THAT(journal_.requests, ElementsAre("/delete", "/a"));
}

TEST_F(StepCheckTest, HidesSecretsInEverythingThatItReports) {
  answer_ = [](const StepRequest& request, const CheckContext&) {
    auto observation = Status(500);
    observation->summary = "saw " + request.step->http().request().url() + " and hunter2secret";
    observation->implied = {"x", "tok-canary-1\n s3cr3t@pw s3cr3t%40pw captured-canary"};
    observation->values["json /t"] = shared::String{"captured-canary"};
    return observation;
  };
  v1::Assignment assignment = Assign(R"pb(
    scenario {
      steps { postgres { sql: "SELECT '${TOKEN}'" connection: "db" expect: "sqlstate not exists" } }
      steps {
        http {
          name: "n"
          request { url: "/${TOKEN}" }
          capture {
            key: "t"
            value { json: "/t" redact: true }
          }
        }
      }
    }
  )pb");
  const v1::TaskResult result = Run(assignment);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  const std::string text = result.ShortDebugString();
  for (const char* secret : {"canary", "hunter2", "s3cr3t"}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  }
  EXPECT_EQ(result.failures(0).actual(), "***\\n *** *** ***");
  EXPECT_THAT(text, HasSubstr("saw /*** and ***"));
}

TEST_F(StepCheckTest, LeavesPublicVariablesReadable) {
  v1::Assignment assignment = Assign(R"pb(
    http {
      steps {
        request { url: "/a" }
        expect: "body == ${TOKEN}"
      }
    }
  )pb");
  assignment.add_public_env("TOKEN");
  const v1::TaskResult result = Run(assignment);
  EXPECT_EQ(result.failures(0).expected(), "body == tok-canary-1");
}

TEST_F(StepCheckTest, HidesOnlyTheCredentialsOfAUrl) {
  answer_ = [](const StepRequest& request, const CheckContext&) {
    EXPECT_EQ(request.connection->postgres(),
              "postgresql://smoke:s3cr3t%40pw@db.example:5432/x?sslmode=require");
    return absl::UnavailableError("cannot reach db.example:5432, password required: s3cr3t@pw");
  };
  const v1::TaskResult result = Run(R"pb(postgres { steps { sql: "SELECT 1" } })pb");
  EXPECT_EQ(result.failures(0).actual(), "cannot reach db.example:5432, password required: ***");
  EXPECT_EQ(result.failures(0).target(), "postgresql://smoke:***@db.example:5432/x?sslmode=***");
}

TEST_F(StepCheckTest, GivesTheScratchSchemaToStepsThatNameIt) {
  std::vector<std::string> schemas;
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    schemas.push_back(request.scratch_schema);
    return Status(200);
  };
  Run(R"pb(
    variables { key: "table" value: "{{schema}}.t" }
    postgres {
      steps { sql: "SELECT 1" }
      steps { sql: "CREATE TABLE {{table}}" }
    }
  )pb");
  ASSERT_THAT(schemas, SizeIs(2));
  EXPECT_EQ(schemas[0], "");
  EXPECT_THAT(schemas[1], ::testing::MatchesRegex("smokemesh_[0-9a-f]{16}"));
  EXPECT_EQ(journal_.requests[1], "CREATE TABLE " + schemas[1] + ".t");
}

TEST_F(StepCheckTest, SkipsAnOptionalCheckOfWhatTheServerLacks) {
  answer_ = [](const StepRequest&, const CheckContext&) {
    auto observation = Status(500);
    observation->lacks_feature = true;
    return observation;
  };
  const v1::TaskResult optional = Run(R"pb(optional: true
                                           http { steps { request { url: "/a" } } })pb");
  EXPECT_EQ(optional.outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_THAT(optional.message(), HasSubstr("the server lacks"));
  const v1::TaskResult needed = Run(R"pb(http { steps { request { url: "/a" } } })pb");
  EXPECT_EQ(needed.outcome(), v1::OUTCOME_FAILED);
}

TEST_F(StepCheckTest, IsErroredWithoutAConnection) {
  v1::Assignment assignment = Assign(R"pb(http { steps { request { url: "/a" } } })pb");
  assignment.mutable_connections()->erase("web");
  EXPECT_EQ(Run(assignment).outcome(), v1::OUTCOME_ERRORED);
  const v1::TaskResult unknown = Run(R"pb(http {
                                            connection: "nope"
                                            steps { request { url: "/a" } }
                                          })pb");
  EXPECT_EQ(unknown.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_THAT(unknown.message(), HasSubstr("there is no connection \"nope\""));
  const v1::TaskResult wrong = Run(R"pb(http {
                                          connection: "db"
                                          steps { request { url: "/a" } }
                                        })pb");
  EXPECT_THAT(wrong.message(), HasSubstr("is of kind postgres, not http"));
  EXPECT_THAT(journal_.requests, IsEmpty());
}

TEST_F(StepCheckTest, NeedsNoConnectionForAWholeUrl) {
  v1::Assignment assignment =
      Assign(R"pb(http { steps { request { url: "http://u:pw@h:1/x?k=v" } } })pb");
  assignment.mutable_connections()->erase("web");
  answer_ = [](const StepRequest& request, const CheckContext&) {
    EXPECT_EQ(request.connection, nullptr);
    return Status(500);
  };
  const v1::TaskResult result = Run(assignment);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(result.failures(0).target(), "http://u:***@h:1");
}

TEST_F(StepCheckTest, BoundsTheResult) {
  v1::Assignment assignment = Assign(R"pb(http {})pb");
  for (int i = 0; i < 500; ++i) {
    v1::HttpStep* step = assignment.mutable_check()->mutable_http()->add_steps();
    step->set_name(std::string(300, 'n'));
    step->mutable_request()->set_url("/");
  }
  v1::HttpStep* last = assignment.mutable_check()->mutable_http()->mutable_steps(499);
  for (int i = 0; i < 100; ++i) last->add_expect("body == " + std::string(5000, 'e'));
  answer_ = [](const StepRequest&, const CheckContext&) {
    auto observation = Status(200);
    observation->summary = std::string(100'000, 's');
    observation->values["body"] = shared::Text{std::string(100'000, 'b')};
    return observation;
  };
  const v1::TaskResult result = Run(assignment);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_LE(result.ByteSizeLong(), 64u << 10);
  EXPECT_LE(result.failures_size(), 20);
  EXPECT_GE(result.failures_size(), 1);
  EXPECT_LE(result.steps_size(), 200);
}

TEST_F(StepCheckTest, KnowsItsKindsAndRefusesOthers) {
  const auto factory = Factory();
  EXPECT_THAT(factory->Kinds(), ElementsAre("flow", "http", "postgres", "scenario"));
  const auto unknown = factory->Create(Assign(R"pb(redis { steps { command: "PING" } })pb"));
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("http, postgres, scenario"));
  EXPECT_EQ(factory->Create(Assign(R"pb(scenario { steps { redis { command: "PING" } } })pb"))
                .status()
                .code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(factory->Create(Assign("")).status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(factory->Create(Assign("http {}")).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ProcessEnvironment, ReadsTheEnvironment) {
  EXPECT_TRUE(ProcessEnvironment("PATH").has_value());
  EXPECT_FALSE(ProcessEnvironment("SMOKEMESH_NO_SUCH_VARIABLE").has_value());
}

}  // namespace
}  // namespace smokemesh::agent
