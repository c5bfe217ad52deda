#include "coordinator/cli/run_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

class RunRequest : public testing::Test {
 protected:
  RunRequest() {
    plan_.set_name("p");
    AddCheck("one", {"critical", "db"});
    AddCheck("two", {"critical"});
    AddCheck("three", {"db", "fast"});
  }

  void AddCheck(const std::string& name, const std::vector<std::string>& tags) {
    v1::Check& check = *plan_.add_checks();
    check.set_name(name);
    for (const std::string& tag : tags) check.add_tags(tag);
  }

  absl::StatusOr<v1::CreateRunRequest> Make() {
    return MakeRunRequest(plan_, arguments_, [this](const char* name) { return variables_[name]; });
  }

  std::string Error() { return std::string(Make().status().message()); }

  shared::Duration Timeout() {
    const auto request = Make();
    if (!request.ok()) return shared::Duration(-1);
    return shared::FromProto(request->plan().timeout());
  }

  v1::Plan plan_;
  RunArguments arguments_;
  std::map<std::string, std::string> variables_;
};

TEST_F(RunRequest, AsksForWhatTheCommandLineSays) {
  arguments_.request_id = "deploy-7";
  arguments_.select = "db";
  arguments_.match = "one or three";
  arguments_.agent_wait = seconds(3);
  arguments_.parallel = 4;
  arguments_.fail_fast = true;
  const auto request = Make();
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->request_id(), "deploy-7");
  EXPECT_EQ(request->plan().name(), "p");
  EXPECT_FALSE(request->plan().has_timeout());
  const v1::RunOptions& options = request->options();
  EXPECT_EQ(options.select(), "db");
  EXPECT_EQ(options.match(), "one or three");
  EXPECT_EQ(options.agent_wait().seconds(), 3);
  EXPECT_EQ(options.max_parallel(), 4);
  EXPECT_TRUE(options.fail_fast());
  EXPECT_FALSE(options.has_round());
}

TEST_F(RunRequest, AsksForNothingByItself) {
  const auto first = Make();
  ASSERT_TRUE(first.ok());
  v1::RunOptions nothing;
  EXPECT_EQ(first->options().SerializeAsString(), nothing.SerializeAsString());
  EXPECT_EQ(first->request_id().size(), 36U);
  EXPECT_NE(first->request_id(), Make()->request_id());
}

TEST_F(RunRequest, QuickIsTheCriticalPathUnlessThePlanSaysOtherwise) {
  arguments_.quick = true;
  EXPECT_EQ(Make()->options().select(), "critical");
  arguments_.select = "db or other";
  EXPECT_EQ(Make()->options().select(), "critical and (db or other)");
  plan_.set_quick("critical or fast");
  EXPECT_EQ(Make()->options().select(), "(critical or fast) and (db or other)");
  arguments_.select = "";
  EXPECT_EQ(Make()->options().select(), "critical or fast");
  plan_.set_quick("fast");
  arguments_.select = "db";
  EXPECT_EQ(Make()->options().select(), "fast and (db)");
  arguments_.quick = false;
  EXPECT_EQ(Make()->options().select(), "db");
}

TEST_F(RunRequest, QuickThatSelectsNothingIsAnError) {
  arguments_.quick = true;
  plan_.set_quick("slow");
  EXPECT_THAT(Error(), HasSubstr("--quick selects \"slow\", which matches no check"));
  plan_.clear_quick();
  plan_.mutable_checks(0)->clear_tags();
  plan_.mutable_checks(1)->clear_tags();
  EXPECT_THAT(Error(), HasSubstr("no check of plan \"p\" has the tag critical"));
}

TEST_F(RunRequest, ASelectionThatLeavesNothingIsAnError) {
  arguments_.select = "db and critical and fast";
  EXPECT_THAT(Error(), HasSubstr("no check matches -m"));
}

TEST_F(RunRequest, TheOldTimeoutIsSecondsOrADuration) {
  const auto timeout = [this](const char* value) {
    variables_["SMOKE_TEST_TIMEOUT"] = value;
    return Timeout();
  };
  EXPECT_EQ(timeout("300"), minutes(5));
  EXPECT_EQ(timeout("0.5"), milliseconds(500));
  EXPECT_EQ(timeout("90s"), seconds(90));
  EXPECT_EQ(timeout("2m"), minutes(2));
}

TEST_F(RunRequest, TheOldTimeoutDoesNotHideTheOption) {
  variables_["SMOKE_TEST_TIMEOUT"] = "300";
  arguments_.timeout = seconds(7);
  EXPECT_EQ(Timeout(), seconds(7));
  variables_["SMOKE_TEST_TIMEOUT"] = "nonsense";
  EXPECT_EQ(Timeout(), seconds(7)) << "a value that is not used is not looked at";
}

TEST_F(RunRequest, TheOldTimeoutTakesThePlaceOfThePlans) {
  *plan_.mutable_timeout() = shared::ToProto(minutes(10));
  EXPECT_EQ(Timeout(), minutes(10));
  variables_["SMOKE_TEST_TIMEOUT"] = "20";
  EXPECT_EQ(Timeout(), seconds(20));
}

TEST_F(RunRequest, ABadOldTimeoutIsAnErrorAndNotThePlansTimeout) {
  for (const char* value : {"0", "-5", "abc", "5 m", "1e3", ".", "0.0000000001", "0s", "1.2.3",
                            "999999999999999999999", "\x1b[2J"}) {
    variables_["SMOKE_TEST_TIMEOUT"] = value;
    EXPECT_THAT(Error(), AllOf(HasSubstr("SMOKE_TEST_TIMEOUT \""), HasSubstr("such as 300")))
        << value;
    EXPECT_EQ(Error().find('\x1b'), std::string::npos);
  }
}

}  // namespace
}  // namespace smokemesh::coordinator
