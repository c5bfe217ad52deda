// `when`, `until`, `repeat`, `receive.where`, sessions and names, through a whole check.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/unit/agent/checks/step_check_fixture.h"

namespace smokemesh::agent {
namespace {

using namespace std::chrono_literals;
using smokemesh::testing::FakeRunner;
using smokemesh::testing::Status;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class StepVocabularyTest : public smokemesh::testing::StepCheckTest {};

TEST_F(StepVocabularyTest, CarriesAStepOutOnlyWhenItsConditionIsTrue) {
  environment_["ON"] = "true";
  environment_["EMPTY"] = "";
  const v1::TaskResult result = Run(R"pb(
    variables { key: "style" value: "false" }
    http {
      steps {
        request { url: "/a" }
        when: "true"
      }
      steps {
        request { url: "/b" }
        when: "{{style}}"
      }
      steps {
        request { url: "/c" }
        when: "${ON}"
      }
      steps {
        request { url: "/d" }
        when: "${EMPTY}"
      }
      steps {
        request { url: "/e" }
        when: "${NOT_SET:-true}"
      }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  EXPECT_THAT(journal_.requests, ElementsAre("/a", "/c", "/e"));
  ASSERT_THAT(result.steps(), SizeIs(5));
  EXPECT_EQ(result.steps(1).outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_EQ(result.steps(1).observed(), "left out: `when` is false");
  EXPECT_EQ(result.steps(3).outcome(), v1::OUTCOME_SKIPPED);
}

TEST_F(StepVocabularyTest, DecidesByWhatAnEarlierStepCaptured) {
  answer_ = [](const StepRequest&, const CheckContext&) {
    auto observation = Status(200);
    observation->values["json /more"] = false;
    return observation;
  };
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        capture {
          key: "more"
          value { json: "/more" }
        }
      }
      steps {
        request { url: "/b" }
        when: "{{more}}"
      }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED);
  EXPECT_THAT(journal_.requests, ElementsAre("/a"));
}

TEST_F(StepVocabularyTest, IsErroredWhenAConditionIsNeitherTrueNorFalse) {
  for (const char* when : {"True", "1", " true", "yes"}) {
    const v1::TaskResult result =
        Run("http { steps { request { url: '/a' } when: '" + std::string(when) + "' } }");
    EXPECT_EQ(result.outcome(), v1::OUTCOME_ERRORED) << when;
    EXPECT_EQ(result.message(), "step 1 (GET /a): expected that `when` is true or false, got \"" +
                                    std::string(when) + "\"");
  }
  const v1::TaskResult secret = Run(R"pb(http {
                                           steps {
                                             request { url: "/a" }
                                             when: "${TOKEN}"
                                           }
                                         })pb");
  EXPECT_THAT(secret.ShortDebugString(), Not(HasSubstr("canary")));
  const v1::TaskResult unset = Run(R"pb(http {
                                          steps {
                                            request { url: "/a" }
                                            when: "${NOT_SET}"
                                          }
                                        })pb");
  EXPECT_EQ(unset.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_THAT(unset.message(), HasSubstr("NOT_SET is not set"));
  EXPECT_THAT(journal_.requests, IsEmpty());
}

TEST_F(StepVocabularyTest, IsSkippedWhenEveryStepIsLeftOut) {
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        when: "false"
      }
      steps {
        request { url: "/b" }
        parallel: "g"
        when: "false"
      }
      steps {
        request { url: "/c" }
        parallel: "g"
        when: "false"
      }
    }
    finally { http { request { url: "/f" } } }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_SKIPPED);
  EXPECT_THAT(result.message(), HasSubstr("every step is left out"));
  EXPECT_TRUE(CleanUp().ok());
  EXPECT_THAT(journal_.requests, IsEmpty());
}

TEST_F(StepVocabularyTest, AwaitsWithTheTemplatesExpandedEachTimeAndCapturesFromTheLast) {
  int asked = 0;
  answer_ =
      [&](const StepRequest& request,
          const CheckContext& context) -> absl::StatusOr<std::unique_ptr<shared::Observation>> {
    EXPECT_GT(context.deadline - std::chrono::steady_clock::now(), 30s);  // the check's
    ++asked;
    if (asked == 2) return absl::UnavailableError("refused");
    if (asked == 4) return absl::DeadlineExceededError("late");
    auto observation = Status(200);
    observation->values["json /state"] = shared::String{asked < 5 ? "open" : "done"};
    if (request.step->http().request().url() == "/a") {
      observation->values["json /n"] = int64_t{asked};
    }
    return observation;
  };
  timeout_ = 60s;
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        expect: "json /state == done"
        until {
          within { seconds: 50 }
          interval { nanos: 1 }
        }
        capture {
          key: "n"
          value { json: "/n" }
        }
      }
      steps { request { url: "/b/{{n}}" } }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED) << result.ShortDebugString();
  EXPECT_THAT(result.failures(), IsEmpty());
  EXPECT_EQ(result.steps(0).observed(), "after 5 attempts: a fake answer");
  EXPECT_EQ(journal_.requests.back(), "/b/5");
  EXPECT_EQ(result.tries(), 1);
}

TEST_F(StepVocabularyTest, SaysHowOftenItTriedWhenWhatItAwaitsDoesNotCome) {
  answer_ = [](const StepRequest&, const CheckContext&) { return Status(404); };
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        expect: "status == 200"
        until {
          interval { nanos: 1 }
          attempts: 4
        }
      }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(result.message(), HasSubstr("expected status == 200, got 404 (after 4 attempts in "));
  EXPECT_EQ(result.steps(0).observed(), "after 4 attempts: a fake answer");
}

TEST_F(StepVocabularyTest, StopsAwaitingWhenCancelled) {
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
    http {
      steps {
        request { url: "/a" }
        until {
          within { seconds: 50 }
          interval { seconds: 30 }
        }
      }
    }
  )pb");
  canceller.join();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
}

TEST_F(StepVocabularyTest, RepeatsWithTheNumberOfTheTime) {
  answer_ = [](const StepRequest& request, const CheckContext&) {
    const std::string& asked = request.step->http().request().url();
    EXPECT_EQ(request.fresh_session, !asked.starts_with("/after"));
    auto observation = Status(200);
    observation->values["body"] = shared::Text{request.step->http().request().url()};
    observation->values["duration"] = shared::Duration(2ms);
    return observation;
  };
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        request { url: "/{{iteration}}" }
        expect: "body == /{{iteration}}"
        expect: "duration p95 < 3ms"
        expect: "duration < 3ms"
        repeat { times: 3 warm_up: 2 fresh_session: true }
        capture {
          key: "last"
          value { query: "body" }
        }
      }
      steps { request { url: "/after{{last}}" } }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED) << result.ShortDebugString();
  EXPECT_THAT(journal_.requests, ElementsAre("/0", "/0", "/1", "/2", "/3", "/after/3"));
}

TEST_F(StepVocabularyTest, JudgesEachTimeAndAllTimesTogether) {
  int asked = 0;
  answer_ = [&](const StepRequest&, const CheckContext&) {
    auto observation = Status(++asked == 7 ? 503 : 200);
    observation->values["duration"] = shared::Duration(asked * 1ms);
    return observation;
  };
  const v1::TaskResult failed = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        expect: "status == 200"
        repeat { times: 20 }
      }
    }
  )pb");
  EXPECT_EQ(failed.outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(failed.message(),
            "step 1 (GET /a): expected status == 200, got time 7 of 20: 503 (1 of 20 times)");
  EXPECT_EQ(failed.failures(0).target(), "http://user:***@127.0.0.1:1");

  asked = 100;
  const v1::TaskResult slow = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        expect: "duration p50 < ${LIMIT:-110ms}"
        expect: "duration {{which}} < 1s"
        repeat { times: 20 }
      }
    }
    variables { key: "which" value: "max" }
  )pb");
  EXPECT_EQ(slow.outcome(), v1::OUTCOME_FAILED);
  ASSERT_THAT(slow.failures(), SizeIs(1));
  EXPECT_EQ(slow.failures(0).expected(), "duration p50 < 110ms");
  EXPECT_EQ(slow.failures(0).actual(), "110ms over 20 times");
}

TEST_F(StepVocabularyTest, IsErroredByAQuantileWithoutRepeat) {
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        expect: "duration p95 < 1s"
      }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_THAT(result.message(), HasSubstr("`repeat`"));
  EXPECT_THAT(journal_.requests, IsEmpty());
  const v1::TaskResult captured = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        repeat { times: 2 }
        capture {
          key: "d"
          value { query: "duration p95" }
        }
      }
    }
  )pb");
  EXPECT_EQ(captured.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_THAT(captured.message(), HasSubstr("cannot be captured"));
}

TEST_F(StepVocabularyTest, RefusesRepeatTogetherWithUntil) {
  const v1::TaskResult result = Run(R"pb(http {
                                           steps {
                                             request { url: "/a" }
                                             repeat { times: 2 }
                                             until {}
                                           }
                                         })pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_THAT(journal_.requests, IsEmpty());
}

TEST_F(StepVocabularyTest, StopsRepeatingAtTheDeadlineAndSaysHowFarItCame) {
  timeout_ = 100ms;
  answer_ = [](const StepRequest&, const CheckContext&) {
    std::this_thread::sleep_for(15ms);  // the target's work
    return Status(200);
  };
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        repeat { times: 1000 parallel: 2 }
      }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(result.failures(0).expected(), HasSubstr("an answer within "));
  EXPECT_THAT(result.failures(0).actual(), AllOf(HasSubstr("of 1000: "), HasSubstr("not done)")));
  EXPECT_LT(journal_.requests.size(), 100u);
}

TEST_F(StepVocabularyTest, StopsRepeatingWhenCancelled) {
  timeout_ = 60s;
  std::atomic<int> asked = 0;
  answer_ = [&](const StepRequest&, const CheckContext&) {
    if (++asked == 10) cancellation_.Cancel("enough");
    return Status(200);
  };
  const v1::TaskResult result = Run(R"pb(
    http {
      steps {
        request { url: "/a" }
        repeat { times: 1000 parallel: 3 }
      }
    }
  )pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_LT(asked, 20);
}

TEST_F(StepVocabularyTest, HidesSecretsOfEveryTimeAndAttempt) {
  std::atomic<int> asked = 0;
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    const std::string canary = "captured-canary-" + std::to_string(++asked);
    auto observation = Status(200);
    observation->values["json /t"] = shared::String{canary};
    observation->values["body"] = shared::Text{canary + request.step->http().request().url()};
    observation->summary = "saw " + canary;
    return observation;
  };
  const std::string step = R"pb(request { url: "/${TOKEN}" }
                                expect: "body == x"
                                capture {
                                  key: "t"
                                  value { json: "/t" redact: true }
                                })pb";
  for (const char* how : {"repeat { times: 5 parallel: 2 }", "until { attempts: 3 }"}) {
    const v1::TaskResult result = Run("http { steps { " + step + how + " } }");
    EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
    EXPECT_THAT(result.ShortDebugString(), Not(HasSubstr("canary")));
    EXPECT_THAT(result.failures(0).actual(), HasSubstr("***"));
  }
}

TEST_F(StepVocabularyTest, TellsTheRunnerTheSession) {
  Run(R"pb(
    postgres {
      steps { sql: "A" }
      steps { sql: "B" session: "other" }
      steps {
        sql: "C"
        session: "other"
        repeat { times: 2 parallel: 2 }
      }
    }
  )pb");
  EXPECT_EQ(journal_.sessions[0], "main");
  EXPECT_EQ(journal_.sessions[1], "other");
  EXPECT_THAT((std::vector<std::string>{journal_.sessions[2], journal_.sessions[3]}),
              ::testing::UnorderedElementsAre("other", "other#2"));
}

TEST_F(StepVocabularyTest, GivesTheRunnerWhichMessagesAreMeant) {
  kinds_ = {"http", "redis"};
  v1::Assignment assignment = Assign(R"pb(
    redis { steps { receive { where: "json /id == {{uuid}}" where: "channel in a, {{run_id}}" } } }
  )pb");
  (*assignment.mutable_connections())["bus"].set_redis("redis://127.0.0.1:1");
  std::vector<shared::Expectation> where;
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    where = request.where;
    return Status(200);
  };
  EXPECT_EQ(Run(assignment).outcome(), v1::OUTCOME_PASSED);
  ASSERT_THAT(where, SizeIs(2));
  EXPECT_EQ(where[0].query, "json");
  EXPECT_EQ(where[0].argument, "/id");
  EXPECT_THAT(where[0].operands[0].text, ::testing::MatchesRegex("[0-9a-f-]{36}"));
  EXPECT_EQ(where[1].operands[1].text, "run-1");

  assignment.mutable_check()->mutable_redis()->mutable_steps(0)->mutable_receive()->set_where(
      0, "status == 200");
  const v1::TaskResult wrong = Run(assignment);
  EXPECT_EQ(wrong.outcome(), v1::OUTCOME_ERRORED);
  EXPECT_THAT(wrong.message(), HasSubstr("unknown query \"status\""));
}

TEST_F(StepVocabularyTest, ShowsNamesExpanded) {
  answer_ = [](const StepRequest& request, const CheckContext&) {
    return Status(request.step->http().request().url() == "/v1/a" ? 200 : 500);
  };
  const v1::TaskResult result = Run(R"pb(
    variables { key: "prefix" value: "/v1" }
    http {
      steps { request { url: "{{prefix}}/a" } }
      steps {
        name: "ask {{prefix}} with ${TOKEN}"
        request { url: "{{prefix}}/b" }
      }
      steps {
        name: "GET {{pre…"
        request { url: "{{prefix}}/c" }
      }
      steps { request { url: "/{{nobody}}" } }
      steps {
        request { url: "{{prefix}}/{{iteration}}" }
        repeat { times: 2 }
      }
    }
  )pb");
  ASSERT_THAT(result.steps(), SizeIs(5));
  EXPECT_EQ(result.steps(0).name(), "GET /v1/a");
  EXPECT_EQ(result.steps(1).name(), "ask /v1 with ***");
  EXPECT_EQ(result.steps(2).name(), "GET {{pre…");
  EXPECT_EQ(result.steps(3).name(), "GET /{{nobody}}");
  EXPECT_EQ(result.steps(4).name(), "GET /v1/{{iteration}}");
  EXPECT_EQ(result.failures(0).step_name(), "ask /v1 with ***");
  EXPECT_THAT(result.message(), HasSubstr("step 2 (ask /v1 with ***): "));
}

TEST_F(StepVocabularyTest, UnderstandsTheVocabularyInFinally) {
  std::atomic<int> asked = 0;
  answer_ = [&](const StepRequest& request, const CheckContext&) {
    const std::string& url = request.step->http().request().url();
    return Status(url == "/gone" && ++asked < 3 ? 200 : url == "/gone" ? 404 : 200);
  };
  Run(R"pb(
    http { steps { request { url: "/a" } } }
    finally {
      http {
        request { url: "/no" }
        when: "false"
      }
    }
    finally {
      http {
        request { url: "/{{iteration}}" }
        repeat { times: 2 }
        parallel: "g"
      }
    }
    finally {
      http {
        request { url: "/gone" }
        expect: "status == 404"
        until { interval { nanos: 1 } }
        parallel: "g"
      }
    }
  )pb");
  const absl::Status status = CleanUp();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(journal_.requests, ElementsAre("/a", "/1", "/2", "/gone", "/gone", "/gone"));
}

}  // namespace
}  // namespace smokemesh::agent
