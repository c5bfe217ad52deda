#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/integration/coordinator/coordinator_fixture.h"

// What CreateRun takes and refuses.

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class CreateRunTest : public CoordinatorTest {
 protected:
  void SetUp() override { Start(); }

  void ExpectRefused(const v1::CreateRunRequest& request, grpc::StatusCode code,
                     const std::string& text) {
    v1::Run run;
    const grpc::Status status = Create(request, &run);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(text));
    EXPECT_EQ(run.run_id(), "");
  }

  v1::ListRunsResponse List(int page_size) {
    grpc::ClientContext context;
    v1::ListRunsRequest request;
    request.set_page_size(page_size);
    v1::ListRunsResponse response;
    const grpc::Status status = stub_->ListRuns(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
};

TEST_F(CreateRunTest, GivesTheRunAnIdentifierThatSortsByTime) {
  EXPECT_THAT(MustCreate(MakeRequest("q", MakePlan({"a"}, "api"))),
              MatchesRegex("[0-9]{8}-[0-9]{6}-[0-9a-f]{6}"));
}

TEST_F(CreateRunTest, TheSameRequestGivesTheSameRun) {
  const v1::CreateRunRequest request = MakeRequest("q", MakePlan({"a"}, "api"));
  const std::string run_id = MustCreate(request);
  EXPECT_EQ(MustCreate(request), run_id);
  v1::CreateRunRequest by_another = request;
  by_another.mutable_options()->set_requested_by("somebody else");
  EXPECT_EQ(MustCreate(by_another), run_id);
  EXPECT_EQ(List(0).runs_size(), 1);
}

TEST_F(CreateRunTest, TheSameRequestAtTheSameTimeGivesOneRun) {
  const v1::CreateRunRequest request = MakeRequest("q", MakePlan({"a"}, "api"));
  std::vector<std::string> ids(8);
  std::vector<std::thread> callers;
  for (std::string& id : ids) callers.emplace_back([&] { id = MustCreate(request); });
  for (std::thread& caller : callers) caller.join();
  for (const std::string& id : ids) EXPECT_EQ(id, ids[0]);
  EXPECT_EQ(List(0).runs_size(), 1);
}

TEST_F(CreateRunTest, TheSameRequestIdForSomethingElseIsRefused) {
  MustCreate(MakeRequest("q", MakePlan({"a"}, "api")));
  ExpectRefused(MakeRequest("q", MakePlan({"b"}, "api")), grpc::StatusCode::ALREADY_EXISTS,
                "\"q\"");
  v1::CreateRunRequest options = MakeRequest("q", MakePlan({"a"}, "api"));
  options.mutable_options()->set_match("a");
  ExpectRefused(options, grpc::StatusCode::ALREADY_EXISTS, "\"q\"");
}

TEST_F(CreateRunTest, TheSameRequestGivesTheSameRunAfterARestart) {
  const v1::CreateRunRequest request = MakeRequest("q", MakePlan({"a"}, "api"));
  const std::string run_id = MustCreate(request);
  Stop();
  Start();
  EXPECT_EQ(MustCreate(request), run_id);
  ExpectRefused(MakeRequest("q", MakePlan({"b"}, "api")), grpc::StatusCode::ALREADY_EXISTS,
                "\"q\"");
}

TEST_F(CreateRunTest, ARequestNeedsAnId) {
  ExpectRefused(MakeRequest("", MakePlan({"a"}, "api")), grpc::StatusCode::INVALID_ARGUMENT,
                "request_id");
  ExpectRefused(MakeRequest(std::string(129, 'q'), MakePlan({"a"}, "api")),
                grpc::StatusCode::INVALID_ARGUMENT, "request_id");
}

TEST_F(CreateRunTest, EveryProblemOfAPlanIsNamed) {
  v1::Plan plan = MakePlan({"a", "a"}, "api");
  plan.mutable_checks(0)->add_needs("nobody");
  v1::Run run;
  const grpc::Status status = Create(MakeRequest("q", plan), &run);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("nobody"));
  EXPECT_THAT(status.error_message(), HasSubstr("checks[1]"));
}

TEST_F(CreateRunTest, SelectingNothingIsAnError) {
  v1::CreateRunRequest request = MakeRequest("q", MakePlan({"a", "b"}, "api"));
  request.mutable_options()->set_select("nightly");
  ExpectRefused(request, grpc::StatusCode::INVALID_ARGUMENT,
                "no check is selected: -m \"nightly\" leaves none of the 2 checks");
  request.mutable_options()->set_select("smoke");
  request.mutable_options()->set_match("zzz");
  ExpectRefused(request, grpc::StatusCode::INVALID_ARGUMENT, "-k \"zzz\"");
  request.mutable_options()->set_match("and and");
  ExpectRefused(request, grpc::StatusCode::INVALID_ARGUMENT, "-k: ");
  EXPECT_EQ(List(0).runs_size(), 0);
}

TEST_F(CreateRunTest, ValidatingMakesNoRun) {
  v1::CreateRunRequest request = MakeRequest("q", MakePlan({"a"}, "api"));
  request.set_validate_only(true);
  v1::Run run;
  EXPECT_TRUE(Create(request, &run).ok());
  EXPECT_EQ(run.run_id(), "");
  EXPECT_EQ(List(0).runs_size(), 0);
}

TEST_F(CreateRunTest, ListsTheNewestRunsFirst) {
  const std::string first = MustCreate(MakeRequest("q1", MakePlan({"a"}, "api")));
  const std::string second = MustCreate(MakeRequest("q2", MakePlan({"a"}, "api")));
  const v1::ListRunsResponse all = List(0);
  ASSERT_EQ(all.runs_size(), 2);
  EXPECT_EQ(all.runs(0).run_id(), second);
  EXPECT_EQ(all.runs(1).run_id(), first);
  ASSERT_EQ(List(1).runs_size(), 1);
  grpc::ClientContext context;
  v1::ListRunsRequest request;
  request.set_page_size(1001);
  v1::ListRunsResponse response;
  EXPECT_EQ(stub_->ListRuns(&context, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace smokemesh::testing
