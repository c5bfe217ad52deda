// A record that somebody has changed does not verify.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "smokemesh/v1/result.pb.h"
#include "smokemesh/v1/run_service.pb.h"
#include "tests/e2e/store_file.h"
#include "tests/e2e/verdict_fixture.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;

// Each way to make a recorded failure look better.
class TamperingTest : public VerdictTest {
 protected:
  void SetUp() override {
    run_id_ = ExpectRun(TenChecks(), kHold, {"--store", store()}).run_id();
    ASSERT_EQ(Ask({"verify", run_id_}).exit_code, 0);
  }

  std::string Of(const std::string& column) const {
    return "SELECT " + column + " FROM run WHERE run_id = '" + run_id_ + "'";
  }

  // Changes a message in a column of the run.
  template <typename Message>
  void Edit(const std::string& column, const std::function<void(Message*)>& change) {
    StoreFile file(store());
    Message message;
    ASSERT_TRUE(message.ParseFromString(file.Read(Of(column))));
    change(&message);
    file.Change("UPDATE run SET " + column + " = ?1 WHERE run_id = '" + run_id_ + "'",
                message.SerializeAsString());
  }

  static constexpr char kResultOfBroken[] =
      "FROM result WHERE check_ = (SELECT number FROM name WHERE name = 'broken')";

  void ExpectTampered(const std::string& what) {
    const Finished verify = Ask({"verify", run_id_});
    EXPECT_EQ(verify.exit_code, 1) << verify.out << verify.err;
    EXPECT_THAT(verify.out, HasSubstr(what));
    const Finished as_json = Ask({"verify", run_id_, "--output", "json"});
    EXPECT_EQ(as_json.exit_code, 1);
    EXPECT_THAT(as_json.out, HasSubstr("\"verified\": false"));
  }

  static v1::CheckRecord* Broken(v1::Run* run) {
    for (v1::CheckRecord& check : *run->mutable_checks()) {
      if (check.name() == "broken") return &check;
    }
    ADD_FAILURE() << "no such check";
    return run->add_checks();
  }

  // As the run would be had it passed.
  static void Whitewash(v1::Run* run) {
    v1::CheckRecord* broken = Broken(run);
    broken->set_outcome(v1::OUTCOME_PASSED);
    for (v1::Task& task : *broken->mutable_tasks()) {
      task.set_outcome(v1::OUTCOME_PASSED);
      task.mutable_result()->set_outcome(v1::OUTCOME_PASSED);
      task.mutable_result()->clear_failures();
    }
    Promote(run);
  }

  static void Promote(v1::Run* run) {
    v1::Verdict* verdict = run->mutable_verdict();
    verdict->set_decision(v1::DECISION_PROMOTE);
    verdict->set_summary("PROMOTE: all 10 checks passed");
    verdict->clear_reasons();
    verdict->add_reasons("all 10 checks passed");
    verdict->mutable_counts()->set_failed(0);
    verdict->mutable_counts()->set_passed(10);
  }

  std::string run_id_;
};

TEST_F(TamperingTest, AVerdictThatWasChanged) {
  Edit<v1::Run>("final_run", Promote);
  EXPECT_EQ(Ask({"verdict", run_id_}).exit_code, 0);  // so it says; who asks for evidence knows
  ExpectTampered("HOLD");
}

TEST_F(TamperingTest, AnOutcomeThatWasChanged) {
  Edit<v1::Run>("final_run", Whitewash);
  ExpectTampered("broken");
}

TEST_F(TamperingTest, AResultThatWasRemoved) {
  StoreFile(store()).Change(std::string("DELETE ") + kResultOfBroken);
  ExpectTampered("broken");
}

TEST_F(TamperingTest, AResultThatWasRemovedWithItsTraceInTheRun) {
  StoreFile(store()).Change(std::string("DELETE ") + kResultOfBroken);
  Edit<v1::Run>("final_run", Whitewash);
  ExpectTampered("broken");
}

TEST_F(TamperingTest, AResultThatWasChanged) {
  {
    StoreFile file(store());
    v1::TaskResult result;
    ASSERT_TRUE(result.ParseFromString(file.Read(std::string("SELECT result ") + kResultOfBroken)));
    EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
    result.set_outcome(v1::OUTCOME_PASSED);
    result.clear_failures();
    file.Change(std::string("UPDATE result SET result = ?1 WHERE rowid = (SELECT rowid ") +
                    kResultOfBroken + ")",
                result.SerializeAsString());
  }
  ExpectTampered("broken");
}

TEST_F(TamperingTest, ACheckThatWasTakenOut) {
  Edit<v1::Run>("final_run", [](v1::Run* run) {
    Promote(run);
    run->mutable_verdict()->mutable_counts()->set_planned(9);
    run->mutable_verdict()->mutable_counts()->set_passed(9);
    for (int i = 0; i < run->checks_size(); ++i) {
      if (run->checks(i).name() == "broken") return run->mutable_checks()->DeleteSubrange(i, 1);
    }
  });
  ExpectTampered("broken");
}

TEST_F(TamperingTest, APolicyThatWasChanged) {
  Edit<v1::CreateRunRequest>("request", [](v1::CreateRunRequest* request) {
    v1::Tolerance* tolerance = request->mutable_plan()->mutable_policy()->add_tolerate();
    tolerance->set_rule("all");
    tolerance->set_select("smoke");
    tolerance->set_not_passed_at_most(10);
  });
  ExpectTampered("digest");
}

TEST_F(TamperingTest, APlanThatWasChanged) {
  Edit<v1::CreateRunRequest>("request", [](v1::CreateRunRequest* request) {
    for (v1::Check& check : *request->mutable_plan()->mutable_checks()) check.set_shadow(true);
  });
  ExpectTampered("digest");
}

}  // namespace
}  // namespace smokemesh::testing
