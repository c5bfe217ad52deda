#include "coordinator/run/verification.h"

#include <functional>
#include <memory>
#include <set>

#include "coordinator/run/digest.h"
#include "tests/unit/coordinator/run/engine_fixture.h"

namespace smokemesh::coordinator {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Real runs of a real engine, and what somebody could do to their records.
class VerificationTest : public EngineFixture {
 protected:
  // What a store has of the run that ended last.
  v1::RunRecord Record() const {
    v1::RunRecord record;
    EXPECT_TRUE(stored_.final_run.has_value());
    if (stored_.final_run.has_value()) *record.mutable_run() = *stored_.final_run;
    *record.mutable_plan() = stored_.request.plan();
    for (const ManifestPair& pair : stored_.manifest) {
      v1::RunPair& copy = *record.add_manifest();
      copy.set_check(pair.check);
      copy.set_agent_id(pair.agent_id);
      copy.set_service(pair.service);
      copy.set_deployment(pair.deployment);
      copy.mutable_roles()->Add(pair.roles.begin(), pair.roles.end());
    }
    for (const AppendResults& append : All<AppendResults>()) {
      record.mutable_results()->Add(append.results.begin(), append.results.end());
    }
    for (const v1::TaskResult& result : before_restart_) *record.add_results() = result;
    return record;
  }

  void Restart() {
    for (const AppendResults& append : All<AppendResults>()) {
      before_restart_.insert(before_restart_.end(), append.results.begin(), append.results.end());
    }
    StoredRun run = stored_;
    run.results = before_restart_;
    engine_ = std::make_unique<Engine>(options_);
    effects_.clear();
    Give(RunRestored{run});
  }

  void ExpectHolds() {
    const v1::RunRecord record = Record();
    const Verification found = VerifyRecord(record);
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_EQ(found.verdict.SerializeAsString(), record.run().verdict().SerializeAsString());
    EXPECT_EQ(found.checks, record.plan().checks_size());
    EXPECT_EQ(found.pairs, record.manifest_size());
    EXPECT_EQ(found.results, record.results_size());
  }

  v1::Check& AddFlow() {
    v1::Check& check = AddCheck("event");
    for (const char* role : {"pub", "sub"}) {
      check.mutable_flow()->add_roles()->set_name(role);
      check.mutable_flow()->mutable_roles()->rbegin()->mutable_on()->set_service(role);
    }
    Connect("s1", Hello("p", "pub"));
    Connect("s2", Hello("s", "sub"));
    return check;
  }

  void AddRule(int at_least) {
    v1::Rule& rule = *request_.mutable_plan()->mutable_policy()->add_rollback();
    rule.set_rule("some");
    rule.set_not_passed_at_least(at_least);
  }

  // Two agents; `one` passed on both, `two` failed on b, `three` is blocked by it, `four` was left
  // out.
  void RunAll() {
    AddCheck("one").mutable_on()->set_service("*");
    AddCheck("two").mutable_on()->set_service("*");
    AddCheck("three").add_needs("two");
    AddCheck("four").set_skip("not here");
    request_.mutable_plan()->add_suites()->set_name("db");
    AddRule(3);
    Connect("s1", Hello("a"));
    Connect("s2", Hello("b"));
    Create();
    v1::TaskResult failed = Result("two", "b", v1::OUTCOME_FAILED);
    failed.set_message("503");
    failed.add_failures()->set_expected("status == 200");
    Report("s1", 1, {Result("one", "a"), Result("two", "a")});
    Report("s2", 1, {Result("one", "b"), failed});
    ASSERT_TRUE(Finished());
    ASSERT_EQ(Decision(), v1::DECISION_HOLD);
  }

  std::vector<v1::TaskResult> before_restart_;
};

TEST_F(VerificationTest, ARunHolds) {
  RunAll();
  ExpectHolds();
}

TEST_F(VerificationTest, AFailFastRunHolds) {
  AddCheck("one");
  AddCheck("two");
  AddCheck("three").add_needs("two");
  AddRule(1);
  request_.mutable_options()->set_fail_fast(true);
  Connect("s1", Hello("a"));
  Create();
  Report("s1", 1, {Result("one", "a", v1::OUTCOME_FAILED)});
  ASSERT_TRUE(Finished());
  ExpectHolds();
}

TEST_F(VerificationTest, ACancelledRunHolds) {
  AddCheck("one");
  AddCheck("two");
  AddCheck("three").add_needs("one");
  Connect("s1", Hello("a"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "a", v1::OUTCOME_FAILED)});
  Give(RunCancelled{"run", "enough"});
  hold_store_ = false;
  AnswerStore();
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_FAILED);
  EXPECT_EQ(Check("three").outcome(), v1::OUTCOME_ABORTED);
  ExpectHolds();
}

TEST_F(VerificationTest, ARunThatIsCancelledBeforeItHadAgentsHolds) {
  AddCheck("one");
  AddCheck("two").set_skip("no");
  Create();
  Give(RunCancelled{"run", "enough"});
  ASSERT_TRUE(Finished());
  ExpectHolds();
}

TEST_F(VerificationTest, ARunThatLostAnAgentHolds) {
  AddCheck("one").mutable_on()->set_service("*");
  AddCheck("two").add_needs("one");
  AddCheck("three").mutable_on()->set_service("nowhere");
  AddCheck("four").add_needs("three");
  request_.mutable_options()->mutable_agent_wait()->set_seconds(1);
  Connect("s1", Hello("a"));
  Connect("s2", Hello("b"));
  Create();
  PassWithHeartbeats(seconds(1), {"s1", "s2"});
  Report("s1", 1, {Result("one", "a")});
  Give(AgentDisconnected{"s2", "reset"});
  PassWithHeartbeats(seconds(16), {"s1"});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("two").outcome(), v1::OUTCOME_BLOCKED);
  ExpectHolds();
}

TEST_F(VerificationTest, ARunThatWasTakenUpAgainHolds) {
  AddCheck("one");
  AddCheck("two");
  AddCheck("three").add_needs("one");
  Connect("s1", Hello("a"));
  Create();
  Report("s1", 1, {Result("one", "a", v1::OUTCOME_ERRORED)});
  Restart();
  Connect("s2", Hello("a"));
  Report("s2", 1, {Result("two", "a", v1::OUTCOME_PASSED, 2)});
  ASSERT_TRUE(Finished());
  ExpectHolds();
}

TEST_F(VerificationTest, ARunWhoseCheckWentToAnotherAgentHolds) {
  AddCheck("one");
  AddCheck("two").add_needs("one");
  Connect("s1", Hello("a"));
  Connect("s2", Hello("b"));
  Create();
  v1::ConnectRequest drain;
  drain.mutable_drain_notice();
  Give(AgentMessage{"s2", drain});
  Report("s1", 1, {Result("one", "a")});
  Report("s1", 2, {Result("two", "a")});
  ASSERT_TRUE(Finished());
  ExpectHolds();
}

TEST_F(VerificationTest, OfTwoAttemptsTheFirstOneCounts) {
  AddCheck("one");
  AddCheck("two");
  Connect("s1", Hello("a"));
  Create();
  hold_store_ = true;
  Report("s1", 1, {Result("one", "a", v1::OUTCOME_FAILED, 1)});
  Give(AgentDisconnected{"s1", "reset"});
  Connect("s2", Hello("a"));
  Report("s2", 2, {Result("one", "a", v1::OUTCOME_PASSED, 1)});
  hold_store_ = false;
  AnswerStore();
  while (!held_.empty()) AnswerStore();
  Report("s2", 3, {Result("two", "a", v1::OUTCOME_PASSED, 2)});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Check("one").outcome(), v1::OUTCOME_FAILED);
  v1::RunRecord record = Record();
  // A store keeps the first result of an attempt.
  for (int i = record.results_size() - 1; i > 0; --i) {
    if (record.results(i).check() == "one") record.mutable_results()->DeleteSubrange(i, 1);
  }
  EXPECT_THAT(VerifyRecord(record).problems, IsEmpty());
}

TEST_F(VerificationTest, WhatIsNoVerdictIsRefused) {
  RunAll();
  const auto refused = [this](const std::function<void(v1::Run*)>& change) {
    v1::RunRecord record = Record();
    change(record.mutable_run());
    const std::vector<std::string> problems = VerifyRecord(record).problems;
    return problems.size() == 1 ? problems[0] : std::string("not refused");
  };
  EXPECT_THAT(refused([](v1::Run* run) { run->set_state(v1::Run::STATE_RUNNING); }),
              HasSubstr("run run is still going on"));
  EXPECT_THAT(
      refused([](v1::Run* run) { run->mutable_options()->add_clean_runs()->set_run_id("other"); }),
      HasSubstr("cleaned up after other runs"));
  EXPECT_THAT(refused([](v1::Run* run) { run->clear_policy_digest(); }),
              HasSubstr("an older smokemesh"));
  EXPECT_THAT(VerifyRecord({}).problems, SizeIs(1));
}

struct Plant {
  const char* name;
  std::function<void(v1::RunRecord*)> change;
  const char* found;
};

TEST_F(VerificationTest, AFlowHolds) {
  AddFlow();
  Create();
  Ready("s1", "run/event/p/1");
  Ready("s2", "run/event/s/1");
  Report("s1", 1, {Result("event", "p")});
  Report("s2", 1, {Result("event", "s")});
  ExpectHolds();
  v1::RunRecord record = Record();
  record.mutable_manifest(0)->add_roles("sub");
  EXPECT_THAT(VerifyRecord(record).problems,
              Contains(HasSubstr("event on p is for the roles \"pub, sub\" in the manifest")));
}

TEST_F(VerificationTest, AFlowThatCouldNotBeginHolds) {
  AddFlow();
  Create();
  v1::TaskResult failed = Result("event", "s", v1::OUTCOME_FAILED);
  failed.set_message("refused");
  Report("s2", 1, {failed});
  ASSERT_TRUE(Finished());
  ExpectHolds();
}

TEST_F(VerificationTest, AFlowThatWasSkippedHolds) {
  AddFlow().set_optional(true);
  AddCheck("plain").mutable_on()->set_service("pub");
  Create();
  Report("s2", 1, {Result("event", "s", v1::OUTCOME_SKIPPED)});
  Report("s1", 1, {Result("plain", "p")});
  ASSERT_TRUE(Finished());
  ExpectHolds();
}

TEST_F(VerificationTest, APairBesideAnotherVersionGivesNoEvidence) {
  AddCheck("one").mutable_on()->set_service("*");
  (*request_.mutable_options()->mutable_deployment())["*"] = "v42";
  for (const char* agent : {"a", "b"}) {
    v1::Hello hello = Hello(agent);
    hello.set_deployment("v42");
    Connect(agent, hello);
  }
  Create();
  Report("a", 1, {Result("one", "a")});
  Report("b", 1, {Result("one", "b")});
  ASSERT_EQ(Decision(), v1::DECISION_PROMOTE);
  ExpectHolds();
  v1::RunRecord record = Record();
  record.mutable_manifest(1)->set_deployment("v41");
  record.mutable_run()->mutable_checks(0)->mutable_tasks(1)->set_deployment("v41");
  const Verification found = VerifyRecord(record);
  EXPECT_THAT(found.problems,
              Contains("one on b is PASSED in the run, and gives no evidence: its agent says "
                       "version v41, and the run judges version v42"));
  EXPECT_NE(found.verdict.decision(), v1::DECISION_PROMOTE);
  // The same, seen from the other side: what the run was to judge is changed.
  record = Record();
  (*record.mutable_run()->mutable_options()->mutable_deployment())["*"] = "v43";
  EXPECT_NE(VerifyRecord(record).verdict.decision(), v1::DECISION_PROMOTE);
}

TEST_F(VerificationTest, ARunWithAPairBesideAnotherVersionHolds) {
  AddCheck("one").mutable_on()->set_service("*");
  (*request_.mutable_options()->mutable_deployment())["*"] = "v42";
  v1::Hello hello = Hello("a");
  hello.set_deployment("v42");
  Connect("a", hello);
  Connect("b", Hello("b"));
  Create();
  PassWithHeartbeats(seconds(10), {"a", "b"});
  Report("a", 1, {Result("one", "a")});
  ASSERT_TRUE(Finished());
  EXPECT_EQ(Decision(), v1::DECISION_INCONCLUSIVE);
  ExpectHolds();
}

class PlantTest : public VerificationTest, public ::testing::WithParamInterface<Plant> {};

TEST_P(PlantTest, IsFound) {
  RunAll();
  v1::RunRecord record = Record();
  ASSERT_THAT(VerifyRecord(record).problems, IsEmpty());
  GetParam().change(&record);
  EXPECT_THAT(VerifyRecord(record).problems, Contains(HasSubstr(GetParam().found)));
}

v1::Task* TaskOf(v1::RunRecord* record, int check, int pair) {
  return record->mutable_run()->mutable_checks(check)->mutable_tasks(pair);
}

// The same lie told everywhere: in the task, its result in the run, and the check.
void PassTwo(v1::RunRecord* record) {
  v1::Task* task = TaskOf(record, 1, 1);
  task->set_outcome(v1::OUTCOME_PASSED);
  task->mutable_result()->set_outcome(v1::OUTCOME_PASSED);
  record->mutable_run()->mutable_checks(1)->set_outcome(v1::OUTCOME_PASSED);
  record->mutable_run()->mutable_checks(1)->clear_reason();
}

v1::TaskResult Added(v1::RunRecord* record, const std::string& check, const std::string& agent) {
  v1::TaskResult result = record->results(0);
  result.set_check(check);
  result.set_agent_id(agent);
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    All, PlantTest,
    ::testing::Values(
        Plant{"OutcomeOfATask",
              [](v1::RunRecord* r) { TaskOf(r, 1, 1)->set_outcome(v1::OUTCOME_PASSED); },
              "two on b is PASSED in the run, and its stored result says FAILED"},
        Plant{"OutcomeOfATaskWithItsResult", PassTwo,
              "the stored result of two on b is not the one in the run"},
        Plant{"AFailureIsCalledSilence",
              [](v1::RunRecord* r) {
                v1::Task* task = TaskOf(r, 1, 1);
                task->set_outcome(v1::OUTCOME_MISSING);
                task->set_reason("lost");
                task->clear_result();
              },
              "two on b is MISSING in the run, and the store holds a result of it, which says "
              "FAILED"},
        Plant{"SilenceWithoutAReason",
              [](v1::RunRecord* r) {
                TaskOf(r, 1, 1)->set_outcome(v1::OUTCOME_MISSING);
                TaskOf(r, 1, 1)->clear_result();
                r->mutable_results()->DeleteSubrange(3, 1);
              },
              "two on b is MISSING in the run without a reason"},
        Plant{"APassWithoutAResult",
              [](v1::RunRecord* r) { TaskOf(r, 2, 0)->set_outcome(v1::OUTCOME_PASSED); },
              "three on a is PASSED in the run without a stored result"},
        Plant{"SkippedThoughItWasBlocked",
              [](v1::RunRecord* r) { TaskOf(r, 2, 0)->set_outcome(v1::OUTCOME_SKIPPED); },
              "three on a is SKIPPED in the run, and BLOCKED by what it needs"},
        Plant{"AnOpenTask",
              [](v1::RunRecord* r) { TaskOf(r, 2, 0)->set_state(v1::Task::STATE_RUNNING); },
              "three on a never ended"},
        Plant{"OutcomeOfACheck",
              [](v1::RunRecord* r) {
                r->mutable_run()->mutable_checks(1)->set_outcome(v1::OUTCOME_PASSED);
              },
              "check two is PASSED in the run, and FAILED by its pairs"},
        Plant{"RootOfABlock",
              [](v1::RunRecord* r) {
                r->mutable_run()->mutable_checks(2)->set_blocked_by(v1::OUTCOME_SKIPPED);
              },
              "check three is blocked by SKIPPED in the run, and by FAILED"},
        Plant{"ReasonOfACheck",
              [](v1::RunRecord* r) { r->mutable_run()->mutable_checks(1)->set_reason("fine"); },
              "the reason of check two is none that its pairs give: \"fine\""},
        Plant{"ASkipThatThePlanDoesNotHave",
              [](v1::RunRecord* r) {
                r->mutable_run()->mutable_checks(3)->set_outcome(v1::OUTCOME_PASSED);
              },
              "check four is PASSED in the run, and SKIPPED by its pairs"},
        Plant{"ADeselectedCheck",
              [](v1::RunRecord* r) { r->mutable_run()->mutable_checks(1)->set_deselected(true); },
              "check two is not in the run as the plan has it"},
        Plant{"AShadow",
              [](v1::RunRecord* r) { r->mutable_run()->mutable_checks(1)->set_shadow(true); },
              "check two is not in the run as the plan has it"},
        Plant{"TagsOfACheck",
              [](v1::RunRecord* r) { r->mutable_run()->mutable_checks(1)->add_tags("slow"); },
              "check two is not in the run as the plan has it"},
        Plant{"ACheckLess",
              [](v1::RunRecord* r) { r->mutable_run()->mutable_checks()->DeleteSubrange(1, 1); },
              "check 2 of the plan is \"two\", of the run \"three\""},
        Plant{"DecisionOfTheVerdict",
              [](v1::RunRecord* r) {
                r->mutable_run()->mutable_verdict()->set_decision(v1::DECISION_PROMOTE);
              },
              "the verdict is PROMOTE in the run, and made again HOLD"},
        Plant{"CountsOfTheVerdict",
              [](v1::RunRecord* r) {
                r->mutable_run()->mutable_verdict()->mutable_counts()->set_failed(0);
              },
              "the verdict is not the one that is made again: "},
        Plant{"ARuleOfTheVerdict",
              [](v1::RunRecord* r) {
                r->mutable_run()->mutable_verdict()->mutable_rules(0)->set_limit("none");
              },
              "the verdict is not the one that is made again: "},
        Plant{"AResultLess", [](v1::RunRecord* r) { r->mutable_results()->DeleteSubrange(3, 1); },
              "two on b is FAILED in the run by a result that the store does not hold"},
        Plant{"AnotherResult",
              [](v1::RunRecord* r) {
                r->mutable_results(3)->set_outcome(v1::OUTCOME_PASSED);
              },
              "the stored result of two on b is not the one in the run: "},
        Plant{"AnotherMessageInAResult",
              [](v1::RunRecord* r) { r->mutable_results(3)->set_message("502"); },
              "the stored result of two on b is not the one in the run: modified: message"},
        Plant{"AResultOfAPairThatNeverRan",
              [](v1::RunRecord* r) { *r->add_results() = Added(r, "three", "a"); },
              "three on a is BLOCKED in the run, and the store holds a result of it"},
        Plant{"AResultOfNoPair",
              [](v1::RunRecord* r) { *r->add_results() = Added(r, "three", "b"); },
              "the stored result of three on b, attempt 1 is of no pair of the manifest"},
        Plant{"AResultOfNoCheck",
              [](v1::RunRecord* r) { *r->add_results() = Added(r, "five", "a"); },
              "the stored result of five on a, attempt 1 is of no pair of the manifest"},
        Plant{"AResultTwice", [](v1::RunRecord* r) { *r->add_results() = r->results(0); },
              "the stored result of one on a, attempt 1 is there twice"},
        Plant{"AnEarlierAttempt",
              [](v1::RunRecord* r) {
                v1::TaskResult result = r->results(0);
                result.set_attempt(0);
                *r->add_results() = result;
              },
              "attempts are counted from 1"},
        Plant{"AResultOfAnotherRun",
              [](v1::RunRecord* r) { r->mutable_results(0)->set_run_id("other"); },
              "is of run \"other\""},
        Plant{"APairLessInTheRun",
              [](v1::RunRecord* r) {
                r->mutable_run()->mutable_checks(0)->mutable_tasks()->DeleteSubrange(1, 1);
              },
              "one on b is in the manifest, and not in the run"},
        Plant{"APairLessInTheManifest",
              [](v1::RunRecord* r) { r->mutable_manifest()->DeleteSubrange(1, 1); },
              "one on b is in the run, and not in the manifest"},
        Plant{"APairLessInBoth",
              [](v1::RunRecord* r) {
                r->mutable_manifest()->DeleteSubrange(4, 1);
                r->mutable_run()->mutable_checks(2)->clear_tasks();
              },
              "check three has no pair in the manifest"},
        Plant{"APairTwiceInTheManifest",
              [](v1::RunRecord* r) { *r->add_manifest() = r->manifest(0); },
              "one on a is twice in the manifest"},
        Plant{"APairTwiceInTheRun",
              [](v1::RunRecord* r) {
                *r->mutable_run()->mutable_checks(0)->add_tasks() = r->run().checks(0).tasks(0);
              },
              "one on a is twice in the run"},
        Plant{"ServiceOfAPair",
              [](v1::RunRecord* r) { r->mutable_manifest(0)->set_service("elsewhere"); },
              "one on a is beside service \"elsewhere\" in the manifest"},
        Plant{"Policy",
              [](v1::RunRecord* r) {
                r->mutable_plan()->mutable_policy()->mutable_rollback(0)->set_not_passed_at_least(
                    9);
              },
              "the policy is not the one that the run had"},
        Plant{"Plan", [](v1::RunRecord* r) { r->mutable_plan()->mutable_checks(1)->set_skip("x"); },
              "the plan is not the one that the run had"},
        Plant{"PolicyWithItsDigests",
              [](v1::RunRecord* r) {
                r->mutable_plan()->mutable_policy()->mutable_rollback(0)->set_not_passed_at_least(
                    1);
                r->mutable_run()->set_policy_digest(PolicyDigest(r->plan().policy()));
                r->mutable_run()->set_plan_digest(PlanDigest(r->plan()));
              },
              "the verdict is HOLD in the run, and made again ROLLBACK"},
        Plant{"Suites",
              [](v1::RunRecord* r) { r->mutable_run()->mutable_suites(0)->set_name("other"); },
              "the run's suites are not the plan's"},
        Plant{"PlanName", [](v1::RunRecord* r) { r->mutable_run()->set_plan_name("other"); },
              "the plan's name is \"plan\", the run says \"other\""},
        Plant{"Selection",
              [](v1::RunRecord* r) { r->mutable_run()->mutable_options()->set_match("one"); },
              "check two is "},
        Plant{"SelectionThatIsNone",
              [](v1::RunRecord* r) { r->mutable_run()->mutable_options()->set_match("and"); },
              "the run cannot be made again"},
        Plant{"Comparison",
              [](v1::RunRecord* r) {
                r->mutable_run()->mutable_checks(0)->mutable_comparison()->set_newly_slow(true);
              },
              "the comparison of check one with earlier promoted runs is another"}),
    [](const auto& plant) { return std::string(plant.param.name); });

// Changes every value in a message, one at a time, and drops every element, and says where.
class EveryChange {
 public:
  using Visit = std::function<void(const std::string& path)>;
  explicit EveryChange(Visit visit) : visit_(std::move(visit)) {}

  void In(google::protobuf::Message* message, const std::string& path = "") {
    const auto* reflection = message->GetReflection();
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    reflection->ListFields(*message, &fields);
    for (const auto* field : fields) {
      const std::string name = path + (path.empty() ? "" : ".") + field->name();
      if (!field->is_repeated()) {
        if (field->message_type() != nullptr) {
          In(reflection->MutableMessage(message, field), name);
        } else {
          Change(message, field, name);
        }
        continue;
      }
      if (field->is_map()) continue;  // they are the plan's, and in its digest
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        if (field->message_type() != nullptr) {
          In(reflection->MutableRepeatedMessage(message, field, i), name);
        }
      }
      Drop(message, field, name);
    }
  }

 private:
  void Change(google::protobuf::Message* message, const google::protobuf::FieldDescriptor* field,
              const std::string& path) {
    using google::protobuf::FieldDescriptor;
    const std::unique_ptr<google::protobuf::Message> before(message->New());
    before->CopyFrom(*message);
    const auto* reflection = message->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        reflection->SetString(message, field, reflection->GetString(*message, field) + "x");
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        reflection->SetInt32(message, field, reflection->GetInt32(*message, field) + 1);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection->SetInt64(message, field, reflection->GetInt64(*message, field) + 1);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection->SetBool(message, field, !reflection->GetBool(*message, field));
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection->SetEnumValue(message, field, reflection->GetEnumValue(*message, field) - 1);
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        reflection->SetDouble(message, field, reflection->GetDouble(*message, field) + 1);
        break;
      default:
        FAIL() << path << ": a type that this test does not know";
    }
    visit_(path);
    message->CopyFrom(*before);
  }

  void Drop(google::protobuf::Message* message, const google::protobuf::FieldDescriptor* field,
            const std::string& path) {
    const std::unique_ptr<google::protobuf::Message> before(message->New());
    before->CopyFrom(*message);
    message->GetReflection()->RemoveLast(message, field);
    visit_(path + "[]");
    message->CopyFrom(*before);
  }

  const Visit visit_;
};

TEST_F(VerificationTest, NothingInARecordCanBeChangedUnseenButWhatNoVerdictIsMadeFrom) {
  request_.mutable_options()->set_requested_by("somebody");
  request_.mutable_options()->set_match("one or two or three or four");
  request_.mutable_options()->set_max_parallel(16);
  v1::Baseline& baseline = *request_.mutable_options()->mutable_baseline();
  baseline.set_run_id("promoted");
  for (const char* name : {"one", "two"}) {
    v1::CheckBaseline& check = *baseline.add_checks();
    check.set_name(name);
    check.set_outcome(v1::OUTCOME_PASSED);
    check.add_durations()->set_seconds(1);
  }
  RunAll();
  v1::RunRecord record = Record();
  ASSERT_THAT(VerifyRecord(record).problems, IsEmpty());
  int changes = 0;
  std::set<std::string> unseen;
  EveryChange([&](const std::string& path) {
    ++changes;
    if (VerifyRecord(record).problems.empty()) unseen.insert(path);
  }).In(&record);
  EXPECT_THAT(VerifyRecord(record).problems, IsEmpty()) << "the test did not put it back";
  EXPECT_GT(changes, 150);
  EXPECT_THAT(unseen,
              ::testing::ElementsAre("run.create_time.seconds", "run.end_time.seconds",
                                     "run.options.baseline.run_id", "run.options.max_parallel",
                                     "run.options.requested_by"));
}

TEST_F(VerificationTest, WhatAnAgentCallsItselfDoesNotReachTheTerminal) {
  RunAll();
  v1::RunRecord record = Record();
  v1::TaskResult result = record.results(0);
  result.set_agent_id("a\x1b[31m");
  *record.add_results() = result;
  for (const std::string& problem : VerifyRecord(record).problems) {
    EXPECT_EQ(problem.find('\x1b'), std::string::npos);
  }
}

TEST_F(VerificationTest, ManyProblemsAreCounted) {
  RunAll();
  v1::RunRecord record = Record();
  for (int i = 0; i < 500; ++i) {
    *record.add_results() = Added(&record, "nothing" + std::to_string(i), "a");
  }
  const std::vector<std::string> problems = VerifyRecord(record).problems;
  EXPECT_THAT(problems, SizeIs(101));
  EXPECT_EQ(problems.back(), "and 400 more");
}

}  // namespace
}  // namespace smokemesh::coordinator
