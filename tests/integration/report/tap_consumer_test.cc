#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/coordinator/report/sample_runs.h"

// Perl's TAP::Parser and `prove`, which most readers of TAP follow.

namespace smokemesh::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TapConsumerTest : public ::testing::Test {
 protected:
  struct Ended {
    int code = -1;
    std::string out;
  };

  void SetUp() override {
    if (!smokemesh::testing::RunToEnd({.argv = {"perl", "-MTAP::Parser", "-e", "1"}}).ok()) {
      FAIL() << "perl with TAP::Parser is not installed: ./dev test brings it";
    }
  }

  static Ended Run(std::vector<std::string> argv) {
    smokemesh::testing::ProcessOptions options;
    options.argv = std::move(argv);
    auto process = smokemesh::testing::Process::Start(options);
    EXPECT_TRUE(process.ok()) << process.status();
    if (!process.ok()) return {};
    const std::optional<int> code =
        (*process)->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(30));
    return {code.value_or(-1), (*process)->Stdout() + (*process)->Stderr()};
  }

  Ended Prove(const v1::Run& run) {
    return Run({"prove", "--exec", "cat", folder_.Write("run.tap", TapReport(run))});
  }

  // Numbers of points, of those that fail, and of texts that are no TAP; what a diagnostic says.
  Ended Parse(const v1::Run& run) {
    const std::string script = folder_.Write("parse.pl", R"(
use TAP::Parser;
my $parser = TAP::Parser->new({exec => ['cat', $ARGV[0]]});
my ($unknown, @seen) = (0);
while (my $part = $parser->next) {
  $unknown++ if $part->is_unknown;
  push @seen, map { $_->{seen} } @{$part->data->{failures} || []} if $part->is_yaml;
}
print join(' ', 'planned', $parser->tests_planned, 'run', $parser->tests_run, 'failed',
           scalar($parser->failed), 'skipped', scalar($parser->skipped), 'todo',
           scalar($parser->todo), 'unknown', $unknown, 'errors', scalar(@{[$parser->parse_errors]}),
           'good', $parser->has_problems ? 0 : 1), "\n";
binmode STDOUT; print "seen: $_\n" for @seen;
)");
    return Run({"perl", script, folder_.Write("run.tap", TapReport(run))});
  }

  smokemesh::testing::TempDir folder_;
};

TEST_F(TapConsumerTest, ProvePassesForPromoteAndForNothingElse) {
  int promoted = 0;
  for (const auto& [name, run] : AllSampleRuns()) {
    const Ended ended = Prove(run);
    const bool promote = DecisionOf(run) == v1::DECISION_PROMOTE;
    promoted += promote ? 1 : 0;
    EXPECT_EQ(ended.code == 0, promote) << name << "\n" << ended.out;
    EXPECT_THAT(ended.out, HasSubstr(promote ? "Result: PASS" : "Result: FAIL")) << name;
    EXPECT_THAT(ended.out, Not(HasSubstr("Parse errors"))) << name;
  }
  EXPECT_GE(promoted, 4);
}

TEST_F(TapConsumerTest, ProveFailsForARunWithoutEvidence) {
  EXPECT_NE(Prove(v1::Run()).code, 0);
  v1::Run open = PromotedRun();
  open.mutable_verdict()->clear_decision();
  EXPECT_NE(Prove(open).code, 0);
  v1::Run bake = PromotedRun();
  bake.mutable_bake()->set_bake_id("open");
  EXPECT_NE(Prove(bake).code, 0);
}

TEST_F(TapConsumerTest, TheParserSeesEveryPointAndEveryDiagnostic) {
  const Ended ended = Parse(RolledBackRun());
  EXPECT_THAT(ended.out, HasSubstr("planned 14 run 14 failed 6 skipped 1 todo 0 unknown 0 errors 0 "
                                   "good 0\n"));
  EXPECT_THAT(ended.out, HasSubstr("seen: 00000 (1 row inserted)\n"));
  EXPECT_THAT(Parse(ToleratedRun()).out, HasSubstr("failed 0 skipped 0 todo 2 unknown 0 errors "
                                                   "0 good 1\n"));
}

TEST_F(TapConsumerTest, NoTextOfACheckChangesWhatTheParserSees) {
  for (const char* attack : {"x # SKIP all", "# TODO", "\nok 99\n", "\nBail out!", "\\# SKIP \\",
                             "\"\n  ...\nok 1", "\\\\# TODO x", "1..2"}) {
    v1::Run run = RolledBackRun();
    for (v1::CheckRecord& check : *run.mutable_checks()) {
      check.set_name(attack);
      for (v1::Task& task : *check.mutable_tasks()) {
        task.set_agent_id(attack);
        for (v1::Failure& failure : *task.mutable_result()->mutable_failures()) {
          failure.set_actual(attack);
        }
      }
    }
    for (v1::RuleResult& rule : *run.mutable_verdict()->mutable_rules()) rule.set_rule(attack);
    const Ended ended = Parse(run);
    EXPECT_THAT(ended.out,
                HasSubstr("planned 14 run 14 failed 6 skipped 1 todo 0 unknown 0 errors 0 "
                          "good 0\n"))
        << attack;
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
