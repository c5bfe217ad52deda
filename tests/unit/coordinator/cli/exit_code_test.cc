#include "coordinator/cli/exit_code.h"

#include <gtest/gtest.h>

#include <csignal>

namespace smokemesh::coordinator {
namespace {

v1::Run RunWith(v1::Decision decision, bool is_final) {
  v1::Run run;
  run.mutable_verdict()->set_decision(decision);
  run.mutable_verdict()->set_final(is_final);
  return run;
}

TEST(ExitCode, IsTheVerdictsOwn) {
  EXPECT_EQ(ExitCodeForRun(RunWith(v1::DECISION_PROMOTE, true)), 0);
  EXPECT_EQ(ExitCodeForRun(RunWith(v1::DECISION_ROLLBACK, true)), 1);
  EXPECT_EQ(ExitCodeForRun(RunWith(v1::DECISION_INCONCLUSIVE, true)), 4);
  EXPECT_EQ(ExitCodeForRun(RunWith(v1::DECISION_HOLD, true)), 5);
}

TEST(ExitCode, IsInconclusiveWhileNothingIsFinal) {
  EXPECT_EQ(ExitCodeForRun(RunWith(v1::DECISION_UNSPECIFIED, false)), 4);
  EXPECT_EQ(ExitCodeForRun(RunWith(v1::DECISION_PROMOTE, false)), 4);
  EXPECT_EQ(ExitCodeForRun(v1::Run()), 4);
}

TEST(ExitCode, IsTheBakesWhereTheRunCarriesOne) {
  v1::Run run = RunWith(v1::DECISION_PROMOTE, true);
  v1::Bake& bake = *run.mutable_bake();
  EXPECT_EQ(ExitCodeForRun(run), 4) << "the bake is open";
  bake.set_decision(v1::DECISION_HOLD);
  EXPECT_EQ(ExitCodeForRun(run), 4) << "the bake is open";
  bake.set_final(true);
  EXPECT_EQ(ExitCodeForRun(run), 5);
  bake.set_decision(v1::DECISION_PROMOTE);
  EXPECT_EQ(ExitCodeForRun(run), 0);
  run.mutable_verdict()->set_decision(v1::DECISION_HOLD);
  EXPECT_EQ(ExitCodeForRun(run), 0) << "a round that the policy does not count";
}

TEST(ExitCode, OfASignalIsNeverZero) {
  EXPECT_EQ(ExitCodeForSignal(SIGINT), 130);
  EXPECT_EQ(ExitCodeForSignal(SIGTERM), 143);
}

TEST(ExitCode, TellsAnUnreachableCoordinatorFromARefusal) {
  EXPECT_EQ(ExitCodeForError(absl::UnavailableError("")), 3);
  EXPECT_EQ(ExitCodeForError(absl::DeadlineExceededError("")), 3);
  EXPECT_EQ(ExitCodeForError(absl::InvalidArgumentError("")), 2);
  EXPECT_EQ(ExitCodeForError(absl::AlreadyExistsError("")), 2);
  EXPECT_EQ(ExitCodeForError(absl::NotFoundError("")), 2);
  EXPECT_EQ(ExitCodeForError(absl::InternalError("")), 4);
  EXPECT_EQ(ExitCodeForError(absl::CancelledError("")), 4);
}

TEST(ExitCodeForRun, ARunThatOnlyCleansUpIsNoVerdict) {
  v1::Run run;
  run.set_state(v1::Run::STATE_FINISHED);
  run.mutable_options()->add_clean_runs()->set_run_id("old");
  run.mutable_verdict()->set_final(true);
  EXPECT_EQ(ExitCodeForRun(run), 4);
  run.mutable_verdict()->set_decision(v1::DECISION_PROMOTE);  // from whomever
  EXPECT_EQ(ExitCodeForRun(run), 4);
}

}  // namespace
}  // namespace smokemesh::coordinator
