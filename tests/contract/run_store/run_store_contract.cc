#include "tests/contract/run_store/run_store_contract.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

namespace smokemesh::testing {

using coordinator::RunStore;
using coordinator::StoredRun;
using google::protobuf::util::MessageDifferencer;

StoredRun MakeRun(const std::string& run_id, const std::string& request_id) {
  StoredRun run;
  run.run_id = run_id;
  run.request.set_request_id(request_id);
  run.request.mutable_plan()->set_name("plan-of-" + run_id);
  run.request.mutable_plan()->add_checks()->set_name("check");
  (*run.request.mutable_plan()->mutable_variables())["a"] = "1";
  (*run.request.mutable_plan()->mutable_variables())["b"] = "2";
  run.request.mutable_options()->set_select("smoke");
  run.create_time = shared::WallTime(std::chrono::milliseconds(1795347030123));
  return run;
}

v1::TaskResult MakeResult(const std::string& run_id, const std::string& check,
                          const std::string& agent, int attempt) {
  v1::TaskResult result;
  result.set_task_id(run_id + "/" + check + "/" + agent + "/" + std::to_string(attempt));
  result.set_run_id(run_id);
  result.set_check(check);
  result.set_agent_id(agent);
  result.set_attempt(attempt);
  result.set_outcome(v1::OUTCOME_PASSED);
  return result;
}

v1::Run MakeFinalRun(const std::string& run_id, v1::Decision decision) {
  v1::Run run;
  run.set_run_id(run_id);
  run.set_state(v1::Run::STATE_FINISHED);
  run.mutable_verdict()->set_decision(decision);
  run.mutable_verdict()->set_summary("because");
  return run;
}

absl::Status Put(RunStore* store, StoredRun run) {
  std::promise<absl::Status> done;
  store->PutRun(std::move(run), [&](absl::Status status) { done.set_value(std::move(status)); });
  return done.get_future().get();
}

absl::Status Append(RunStore* store, std::vector<v1::TaskResult> results) {
  std::promise<absl::Status> done;
  store->AppendResults(std::move(results),
                       [&](absl::Status status) { done.set_value(std::move(status)); });
  return done.get_future().get();
}

// Also part of programs that test one store in other ways only.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RunStoreContract);

TEST_P(RunStoreContract, GivesBackARunAsItWasPut) {
  StoredRun run = MakeRun("r1", "q1");
  run.has_manifest = true;
  run.manifest = {{"check", "agent-b", "billing", "v1.2", {"publisher", "listener"}},
                  {"check", "agent-a", "api"},
                  {"other", "", ""}};
  run.cancel_reason = "enough";
  ASSERT_TRUE(Put(store_.get(), run).ok());
  const absl::StatusOr<StoredRun> found = store_->GetRun("r1");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->run_id, "r1");
  EXPECT_TRUE(MessageDifferencer::Equals(found->request, run.request));
  EXPECT_EQ(found->create_time, run.create_time);
  EXPECT_TRUE(found->has_manifest);
  ASSERT_EQ(found->manifest.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(found->manifest[i].check, run.manifest[i].check);
    EXPECT_EQ(found->manifest[i].agent_id, run.manifest[i].agent_id);
    EXPECT_EQ(found->manifest[i].service, run.manifest[i].service);
    EXPECT_EQ(found->manifest[i].deployment, run.manifest[i].deployment);
    EXPECT_EQ(found->manifest[i].roles, run.manifest[i].roles);
  }
  EXPECT_EQ(found->cancel_reason, "enough");
  EXPECT_FALSE(found->final_run.has_value());
}

TEST_P(RunStoreContract, AnEmptyManifestIsNotAMissingOne) {
  StoredRun run = MakeRun("r1", "q1");
  ASSERT_TRUE(Put(store_.get(), run).ok());
  EXPECT_FALSE(store_->GetRun("r1")->has_manifest);
  run.has_manifest = true;
  ASSERT_TRUE(Put(store_.get(), run).ok());
  EXPECT_TRUE(store_->GetRun("r1")->has_manifest);
}

TEST_P(RunStoreContract, FindsARunByItsRequest) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  ASSERT_TRUE(Put(store_.get(), MakeRun("r2", "q2")).ok());
  const absl::StatusOr<StoredRun> found = store_->FindByRequestId("q2");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->run_id, "r2");
}

TEST_P(RunStoreContract, SaysThatAnUnknownRunIsNotThere) {
  EXPECT_TRUE(absl::IsNotFound(store_->GetRun("r1").status()));
  EXPECT_TRUE(absl::IsNotFound(store_->FindByRequestId("q1").status()));
  EXPECT_TRUE(store_->ListRuns({.limit = 10})->empty());
  EXPECT_TRUE(store_->LoadOpenRuns()->empty());
}

TEST_P(RunStoreContract, ARequestIdMakesOneRunOnly) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Put(store_.get(), MakeRun("r2", "q1"))));
  EXPECT_TRUE(absl::IsNotFound(store_->GetRun("r2").status()));
  EXPECT_TRUE(absl::IsAlreadyExists(Put(store_.get(), MakeRun("r1", "q2"))));
  EXPECT_EQ(store_->GetRun("r1")->request.request_id(), "q1");
}

TEST_P(RunStoreContract, UpdatesLeaveTheRequestAlone) {
  StoredRun run = MakeRun("r1", "q1");
  ASSERT_TRUE(Put(store_.get(), run).ok());
  run.request.mutable_plan()->set_name("another");
  run.cancel_reason = "stop";
  ASSERT_TRUE(Put(store_.get(), run).ok());
  EXPECT_EQ(store_->GetRun("r1")->request.plan().name(), "plan-of-r1");
  EXPECT_EQ(store_->GetRun("r1")->cancel_reason, "stop");
}

TEST_P(RunStoreContract, AFinalRunIsWrittenOnce) {
  StoredRun run = MakeRun("r1", "q1");
  ASSERT_TRUE(Put(store_.get(), run).ok());
  run.final_run = MakeFinalRun("r1", v1::DECISION_ROLLBACK);
  ASSERT_TRUE(Put(store_.get(), run).ok());
  // The same again: a writer that did not hear the answer.
  EXPECT_TRUE(Put(store_.get(), run).ok());
  run.final_run = MakeFinalRun("r1", v1::DECISION_PROMOTE);
  run.cancel_reason = "late";
  EXPECT_TRUE(absl::IsFailedPrecondition(Put(store_.get(), run)));
  run.final_run.reset();
  EXPECT_TRUE(absl::IsFailedPrecondition(Put(store_.get(), run)));
  const absl::StatusOr<StoredRun> found = store_->GetRun("r1");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->final_run->verdict().decision(), v1::DECISION_ROLLBACK);
  EXPECT_EQ(found->cancel_reason, "");
}

TEST_P(RunStoreContract, ListsTheNewestRunsFirst) {
  for (const char* id : {"1", "2", "3"}) {
    ASSERT_TRUE(Put(store_.get(), MakeRun(std::string("r") + id, std::string("q") + id)).ok());
  }
  StoredRun running = MakeRun("r2", "q2");
  running.has_manifest = true;
  ASSERT_TRUE(Put(store_.get(), running).ok());
  StoredRun finished = MakeRun("r3", "q3");
  finished.has_manifest = true;
  finished.final_run = MakeFinalRun("r3", v1::DECISION_HOLD);
  ASSERT_TRUE(Put(store_.get(), finished).ok());
  const absl::StatusOr<std::vector<v1::RunSummary>> runs = store_->ListRuns({.limit = 10});
  ASSERT_TRUE(runs.ok()) << runs.status();
  ASSERT_EQ(runs->size(), 3u);
  EXPECT_EQ((*runs)[0].run_id(), "r3");
  EXPECT_EQ((*runs)[0].plan_name(), "plan-of-r3");
  EXPECT_EQ((*runs)[0].state(), v1::Run::STATE_FINISHED);
  EXPECT_EQ((*runs)[0].decision(), v1::DECISION_HOLD);
  EXPECT_EQ((*runs)[0].summary(), "because");
  EXPECT_EQ((*runs)[0].create_time().seconds(), 1795347030);
  EXPECT_EQ((*runs)[1].state(), v1::Run::STATE_RUNNING);
  EXPECT_EQ((*runs)[2].state(), v1::Run::STATE_PENDING);
  ASSERT_EQ(store_->ListRuns({.limit = 1})->size(), 1u);
  EXPECT_EQ(store_->ListRuns({.limit = 1})->front().run_id(), "r3");
}

TEST_P(RunStoreContract, LoadsOpenRunsWithTheirResults) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  ASSERT_TRUE(Put(store_.get(), MakeRun("r2", "q2")).ok());
  StoredRun finished = MakeRun("r3", "q3");
  finished.final_run = MakeFinalRun("r3", v1::DECISION_PROMOTE);
  ASSERT_TRUE(Put(store_.get(), finished).ok());
  v1::TaskResult failed = MakeResult("r1", "c1", "a2", 2);
  failed.add_failures()->set_actual("503");
  ASSERT_TRUE(Append(store_.get(), {MakeResult("r1", "c1", "a1", 1), failed}).ok());
  ASSERT_TRUE(Append(store_.get(), {MakeResult("r3", "c1", "a1", 1)}).ok());
  const absl::StatusOr<std::vector<StoredRun>> open = store_->LoadOpenRuns();
  ASSERT_TRUE(open.ok()) << open.status();
  ASSERT_EQ(open->size(), 2u);
  EXPECT_EQ((*open)[0].run_id, "r1");
  ASSERT_EQ((*open)[0].results.size(), 2u);
  EXPECT_TRUE(MessageDifferencer::Equals((*open)[0].results[1], failed));
  EXPECT_EQ((*open)[1].run_id, "r2");
  EXPECT_TRUE((*open)[1].results.empty());
}

TEST_P(RunStoreContract, AResultThatIsThereStays) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  ASSERT_TRUE(Append(store_.get(), {MakeResult("r1", "c", "a", 1)}).ok());
  v1::TaskResult other = MakeResult("r1", "c", "a", 1);
  other.set_outcome(v1::OUTCOME_FAILED);
  EXPECT_TRUE(Append(store_.get(), {other}).ok());
  EXPECT_TRUE(Append(store_.get(), {other, other, MakeResult("r1", "c", "a", 2)}).ok());
  const absl::StatusOr<std::vector<StoredRun>> open = store_->LoadOpenRuns();
  ASSERT_EQ(open->front().results.size(), 2u);
  EXPECT_EQ(open->front().results[0].outcome(), v1::OUTCOME_PASSED);
  EXPECT_EQ(open->front().results[1].attempt(), 2);
}

TEST_P(RunStoreContract, EachPartOfTheKeyCounts) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  ASSERT_TRUE(Put(store_.get(), MakeRun("r2", "q2")).ok());
  ASSERT_TRUE(Append(store_.get(), {MakeResult("r1", "x", "y", 1), MakeResult("r1", "y", "x", 1),
                                    MakeResult("r1", "x", "y", 2), MakeResult("r1", "x", "x", 1),
                                    MakeResult("r2", "x", "y", 1)})
                  .ok());
  const absl::StatusOr<std::vector<StoredRun>> open = store_->LoadOpenRuns();
  EXPECT_EQ((*open)[0].results.size(), 4u);
  EXPECT_EQ((*open)[1].results.size(), 1u);
}

TEST_P(RunStoreContract, ResultsOfAnUnknownRunAreRefusedWhole) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  EXPECT_TRUE(absl::IsNotFound(
      Append(store_.get(), {MakeResult("r1", "c", "a", 1), MakeResult("none", "c", "a", 1)})));
  EXPECT_TRUE(store_->LoadOpenRuns()->front().results.empty());
}

TEST_P(RunStoreContract, ARefusedWriteDoesNotTakeOthersWithIt) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  // Queued together, so that they are likely to share a commit.
  std::vector<absl::Status> answers(30);
  std::promise<void> last;
  for (size_t i = 0; i < answers.size(); ++i) {
    const std::string run = i % 3 == 0 ? "none" : "r1";
    store_->AppendResults({MakeResult(run, "c", "a", static_cast<int>(i))},
                          [&, i](absl::Status status) {
                            answers[i] = std::move(status);
                            if (i + 1 == answers.size()) last.set_value();
                          });
  }
  last.get_future().wait();
  for (size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].code(), i % 3 == 0 ? absl::StatusCode::kNotFound : absl::StatusCode::kOk)
        << i;
  }
  EXPECT_EQ(store_->LoadOpenRuns()->front().results.size(), 20u);
}

TEST_P(RunStoreContract, AnswersInTheOrderOfTheWritesAndSeesThemAtOnce) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  std::vector<int> order;
  std::promise<void> last;
  constexpr int kWrites = 300;
  for (int i = 0; i < kWrites; ++i) {
    store_->AppendResults({MakeResult("r1", "c", "a", i)}, [&, i](const absl::Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      // What is answered can be read.
      EXPECT_GT(store_->LoadOpenRuns()->front().results.size(), static_cast<size_t>(i));
      order.push_back(i);
      if (i + 1 == kWrites) last.set_value();
    });
  }
  last.get_future().wait();
  ASSERT_EQ(order.size(), static_cast<size_t>(kWrites));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_P(RunStoreContract, IsUsedByManyThreadsAtOnce) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(
            Append(store_.get(), {MakeResult("r1", "c" + std::to_string(thread), "a", i)}).ok());
        EXPECT_TRUE(store_->GetRun("r1").ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_->LoadOpenRuns()->front().results.size(), 200u);
}

TEST_P(RunStoreContract, GivesTheResultsOfARunInTheOrderOfTheirCommits) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  ASSERT_TRUE(Put(store_.get(), MakeRun("r2", "q2")).ok());
  EXPECT_TRUE(store_->GetResults("r1")->empty());
  v1::TaskResult full = MakeResult("r1", "z", "b", 2);
  full.add_failures()->set_actual("503");
  ASSERT_TRUE(Append(store_.get(), {full, MakeResult("r1", "a", "b", 1)}).ok());
  ASSERT_TRUE(Append(store_.get(), {MakeResult("r2", "a", "a", 1)}).ok());
  ASSERT_TRUE(Append(store_.get(), {MakeResult("r1", "m", "a", 1)}).ok());
  StoredRun ended = MakeRun("r1", "q1");
  ended.final_run = MakeFinalRun("r1", v1::DECISION_PROMOTE);
  ASSERT_TRUE(Put(store_.get(), ended).ok());
  const absl::StatusOr<std::vector<v1::TaskResult>> results = store_->GetResults("r1");
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 3u);
  EXPECT_TRUE(MessageDifferencer::Equals((*results)[0], full));
  EXPECT_EQ((*results)[1].check(), "a");
  EXPECT_EQ((*results)[2].check(), "m");
  EXPECT_EQ(store_->GetResults("r2")->size(), 1u);
}

TEST_P(RunStoreContract, AnUnknownRunHasNoResults) {
  EXPECT_TRUE(absl::IsNotFound(store_->GetResults("r1").status()));
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  EXPECT_TRUE(absl::IsNotFound(store_->GetResults("R1").status()));
  EXPECT_TRUE(absl::IsNotFound(store_->GetResults("").status()));
}

TEST_P(RunStoreContract, TakesAnyText) {
  const std::string strange = std::string("a\0b", 3) + "\\00 \\x41 {\"'}; -- \xc3\xbc\n";
  StoredRun run = MakeRun("r" + strange, "q" + strange);
  run.request.mutable_plan()->set_name("p");
  run.request.mutable_options()->mutable_round()->set_bake_id("b" + strange);
  run.cancel_reason = strange;
  ASSERT_TRUE(Put(store_.get(), run).ok());
  // All parts of the key differ in bytes that are easily lost.
  const std::string other = std::string("a\0c", 3);
  ASSERT_TRUE(Append(store_.get(), {MakeResult(run.run_id, strange, other, 1),
                                    MakeResult(run.run_id, strange, "a", 1),
                                    MakeResult(run.run_id, "a", strange, 1)})
                  .ok());
  EXPECT_TRUE(absl::IsNotFound(Append(store_.get(), {MakeResult("r", "a", "a", 1)})));
  const auto results = store_->GetResults(run.run_id);
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 3u);
  run.final_run = MakeFinalRun("r", v1::DECISION_HOLD);
  run.final_run->mutable_verdict()->set_summary(strange);
  ASSERT_TRUE(Put(store_.get(), run).ok());
  const auto found = store_->FindByRequestId("q" + strange);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->run_id, run.run_id);
  EXPECT_EQ(found->cancel_reason, strange);
  const auto listed = store_->ListRuns({.bake_id = "b" + strange});
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->front().summary(), strange);
  EXPECT_EQ(listed->front().bake_id(), "b" + strange);
}

TEST_P(RunStoreContract, TakesLargeWrites) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  std::vector<v1::TaskResult> results;
  for (int attempt = 1; attempt <= 100; ++attempt) {
    v1::TaskResult& result = results.emplace_back(MakeResult("r1", "c", "a", attempt));
    result.add_failures()->set_actual(std::string(200000, static_cast<char>('a' + attempt % 26)));
  }
  ASSERT_TRUE(Append(store_.get(), results).ok());
  const auto stored = store_->GetResults("r1");
  ASSERT_TRUE(stored.ok()) << stored.status();
  ASSERT_EQ(stored->size(), 100u);
  EXPECT_TRUE(MessageDifferencer::Equals(stored->back(), results.back()));
}

TEST_P(RunStoreContract, FiltersNarrowTheListAloneAndTogether) {
  struct Put {
    const char* id;
    const char* plan;
    const char* bake;
    int round;
    v1::Decision decision;  // unspecified: open
    bool cleans;
  };
  const std::vector<Put> runs = {
      {"r1", "shop", "", 0, v1::DECISION_PROMOTE, false},
      {"r2", "shop", "b1", 1, v1::DECISION_PROMOTE, false},
      {"r3", "shop", "b1", 2, v1::DECISION_HOLD, false},
      {"r4", "shop", "b2", 1, v1::DECISION_PROMOTE, false},
      {"r5", "bank", "b1", 3, v1::DECISION_PROMOTE, false},
      {"r6", "shop", "", 0, v1::DECISION_UNSPECIFIED, false},
      {"r7", "shop", "", 0, v1::DECISION_UNSPECIFIED, true},
      {"r8", "bank", "", 0, v1::DECISION_ROLLBACK, false},
  };
  for (const auto& one : runs) {
    StoredRun run = MakeRun(one.id, std::string("q") + one.id);
    run.request.mutable_plan()->set_name(one.plan);
    if (one.round > 0) {
      run.request.mutable_options()->mutable_round()->set_bake_id(one.bake);
      run.request.mutable_options()->mutable_round()->set_number(one.round);
    }
    if (one.cleans) run.request.mutable_options()->add_clean_runs()->set_run_id("r1");
    ASSERT_TRUE(testing::Put(store_.get(), run).ok());
    if (one.decision == v1::DECISION_UNSPECIFIED) continue;
    run.final_run = MakeFinalRun(one.id, one.decision);
    ASSERT_TRUE(testing::Put(store_.get(), run).ok());
  }
  const auto ids = [this](const coordinator::RunFilter& filter) {
    std::string text;
    const absl::StatusOr<std::vector<v1::RunSummary>> found = store_->ListRuns(filter);
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok()) return text;
    for (const v1::RunSummary& run : *found) text += (text.empty() ? "" : " ") + run.run_id();
    return text;
  };
  EXPECT_EQ(ids({}), "r8 r7 r6 r5 r4 r3 r2 r1");
  EXPECT_EQ(ids({.plan_name = "bank"}), "r8 r5");
  EXPECT_EQ(ids({.plan_name = "Bank"}), "");
  EXPECT_EQ(ids({.bake_id = "b1"}), "r5 r3 r2");
  EXPECT_EQ(ids({.bake_id = "b"}), "");
  EXPECT_EQ(ids({.bake_id = "b1", .round = 2}), "r3");
  EXPECT_EQ(ids({.decision = v1::DECISION_PROMOTE}), "r5 r4 r2 r1");
  EXPECT_EQ(ids({.decision = v1::DECISION_INCONCLUSIVE}), "");
  EXPECT_EQ(ids({.clean_ups = false}), "r8 r6 r5 r4 r3 r2 r1");
  EXPECT_EQ(ids({.plan_name = "shop", .decision = v1::DECISION_PROMOTE}), "r4 r2 r1");
  EXPECT_EQ(ids({.plan_name = "shop", .bake_id = "b1"}), "r3 r2");
  EXPECT_EQ(ids({.plan_name = "shop", .bake_id = "b1", .decision = v1::DECISION_PROMOTE}), "r2");
  EXPECT_EQ(ids({.plan_name = "shop", .clean_ups = false, .limit = 2}), "r6 r4");
  EXPECT_EQ(ids({.limit = 1}), "r8");
  EXPECT_EQ(ids({.plan_name = "shop", .decision = v1::DECISION_PROMOTE, .limit = 2}), "r4 r2");
  EXPECT_EQ(ids({.plan_name = "' OR 1 --"}), "");
  const absl::StatusOr<std::vector<v1::RunSummary>> round = store_->ListRuns({.bake_id = "b2"});
  ASSERT_EQ(round->size(), 1u);
  EXPECT_EQ(round->front().bake_id(), "b2");
  EXPECT_EQ(round->front().round(), 1);
  EXPECT_FALSE(round->front().clean_up());
}

TEST_P(RunStoreContract, OutlinesHoldWhatLaterRunsAreComparedWith) {
  const auto put = [this](const std::string& id, const char* plan, v1::Decision decision) {
    StoredRun run = MakeRun(id, "q" + id);
    run.request.mutable_plan()->set_name(plan);
    ASSERT_TRUE(Put(store_.get(), run).ok());
    if (decision == v1::DECISION_UNSPECIFIED) return;
    run.final_run = MakeFinalRun(id, decision);
    run.final_run->mutable_verdict()->set_final(true);
    v1::CheckRecord& check = *run.final_run->add_checks();
    check.set_name("login");
    check.set_outcome(v1::OUTCOME_FLAKY);
    check.set_shadow(true);
    check.set_reason("long");
    v1::Task& task = *check.add_tasks();
    task.set_outcome(v1::OUTCOME_FLAKY);
    task.mutable_result()->mutable_duration()->set_seconds(3);
    task.mutable_result()->add_steps()->set_name("longer");
    ASSERT_TRUE(Put(store_.get(), run).ok());
    // The same again: a writer that did not hear the answer.
    ASSERT_TRUE(Put(store_.get(), run).ok());
  };
  EXPECT_TRUE(store_->GetOutlines("shop", v1::DECISION_PROMOTE, 10)->empty());
  put("r1", "shop", v1::DECISION_PROMOTE);
  put("r2", "shop", v1::DECISION_HOLD);
  put("r3", "bank", v1::DECISION_PROMOTE);
  put("r4", "shop", v1::DECISION_PROMOTE);
  put("r5", "shop", v1::DECISION_UNSPECIFIED);
  const absl::StatusOr<std::vector<v1::Run>> runs =
      store_->GetOutlines("shop", v1::DECISION_PROMOTE, 10);
  ASSERT_TRUE(runs.ok()) << runs.status();
  ASSERT_EQ(runs->size(), 2u);
  EXPECT_EQ((*runs)[0].run_id(), "r4");
  EXPECT_EQ((*runs)[1].run_id(), "r1");
  EXPECT_EQ((*runs)[0].state(), v1::Run::STATE_FINISHED);
  EXPECT_TRUE((*runs)[0].verdict().final());
  ASSERT_EQ((*runs)[0].checks_size(), 1);
  const v1::CheckRecord& check = (*runs)[0].checks(0);
  EXPECT_EQ(check.outcome(), v1::OUTCOME_FLAKY);
  EXPECT_TRUE(check.shadow());
  EXPECT_EQ(check.tasks(0).result().duration().seconds(), 3);
  EXPECT_EQ(check.reason(), "");
  EXPECT_EQ(check.tasks(0).result().steps_size(), 0);
  EXPECT_EQ(store_->GetOutlines("shop", v1::DECISION_PROMOTE, 1)->front().run_id(), "r4");
  EXPECT_EQ(store_->GetOutlines("shop", v1::DECISION_HOLD, 10)->size(), 1u);
}

TEST_P(RunStoreContract, ClosingCarriesOutWhatIsQueued) {
  ASSERT_TRUE(Put(store_.get(), MakeRun("r1", "q1")).ok());
  int answered = 0;
  for (int i = 0; i < 100; ++i) {
    store_->AppendResults({MakeResult("r1", "c", "a", i)},
                          [&](const absl::Status& status) { answered += status.ok() ? 1 : 0; });
  }
  Reopen();
  EXPECT_EQ(answered, 100);
  if (GetParam().keeps) {
    EXPECT_EQ(store_->LoadOpenRuns()->front().results.size(), 100u);
    EXPECT_EQ(store_->GetRun("r1")->run_id, "r1");
  } else {
    EXPECT_TRUE(store_->LoadOpenRuns()->empty());
  }
}

}  // namespace smokemesh::testing
