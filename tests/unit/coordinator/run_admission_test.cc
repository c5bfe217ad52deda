#include "coordinator/run_admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace smokemesh::coordinator {
namespace {

using ::testing::HasSubstr;

v1::CreateRunRequest MakeRequest() {
  v1::CreateRunRequest request;
  request.set_request_id("q");
  v1::Plan& plan = *request.mutable_plan();
  plan.set_name("shop");
  (*plan.mutable_connections())["web"].set_http("http://127.0.0.1:9");
  for (const char* name : {"one", "two", "three"}) {
    v1::Check& check = *plan.add_checks();
    check.set_name(name);
    check.add_tags("smoke");
    check.mutable_http()->add_steps()->mutable_request()->set_url("/");
  }
  return request;
}

std::string Refusal(const std::function<void(v1::CreateRunRequest*)>& change) {
  v1::CreateRunRequest request = MakeRequest();
  change(&request);
  const absl::Status status = AdmitRun(&request);
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
  return std::string(status.message());
}

std::string RefusedRound(const std::string& bake_id, int number, int planned) {
  return Refusal([&](v1::CreateRunRequest* request) {
    v1::Round& round = *request->mutable_options()->mutable_round();
    round.set_bake_id(bake_id);
    round.set_number(number);
    round.set_planned(planned);
  });
}

TEST(AdmitRunTest, TakesARound) {
  EXPECT_EQ(RefusedRound("b", 1, 0), "");
  EXPECT_EQ(RefusedRound("b", 3, 3), "");
  EXPECT_EQ(RefusedRound(std::string(128, 'b'), 100000, 100000), "");
}

TEST(AdmitRunTest, RefusesARoundThatIsNone) {
  EXPECT_THAT(RefusedRound("", 1, 0), HasSubstr("options.round.bake_id is \"\""));
  EXPECT_THAT(RefusedRound(std::string(129, 'b'), 1, 0), HasSubstr("1 to 128 printable"));
  EXPECT_THAT(RefusedRound("b\n", 1, 0), HasSubstr("printable characters"));
  EXPECT_THAT(RefusedRound("b", 0, 0), HasSubstr("options.round.number is 0: expected 1 or more"));
  EXPECT_THAT(RefusedRound("b", -1, 0), HasSubstr("options.round.number is -1"));
  EXPECT_THAT(RefusedRound("b", 4, 3), HasSubstr("expected at most 3"));
  EXPECT_THAT(RefusedRound("b", 1, -1), HasSubstr("options.round.planned is -1"));
  EXPECT_THAT(RefusedRound("b", 1, 100001), HasSubstr("options.round.planned is 100001"));
  EXPECT_THAT(RefusedRound("b", 100001, 0), HasSubstr("expected at most 100000"));
  EXPECT_THAT(Refusal([](v1::CreateRunRequest* request) {
                request->mutable_options()->mutable_round()->set_bake_id("b");
                request->mutable_options()->mutable_round()->set_number(1);
                request->mutable_options()->add_clean_runs()->set_run_id("r");
              }),
              HasSubstr("is no round of a bake"));
}

TEST(AdmitRunTest, RefusesAnImpossibleNumberOfChecksAtOnce) {
  for (const int number : {-1, 100001}) {
    EXPECT_THAT(Refusal([&](v1::CreateRunRequest* request) {
                  request->mutable_options()->set_max_parallel(number);
                }),
                HasSubstr("options.max_parallel is " + std::to_string(number)));
  }
  EXPECT_EQ(Refusal([](v1::CreateRunRequest* request) {
              request->mutable_options()->set_max_parallel(1);
            }),
            "");
}

TEST(AdmitRunTest, RefusesADeploymentThatNobodyCouldSay) {
  const auto refused = [](const std::string& service, const std::string& version) {
    return Refusal([&](v1::CreateRunRequest* request) {
      (*request->mutable_options()->mutable_deployment())[service] = version;
    });
  };
  EXPECT_EQ(refused("*", "sha256:" + std::string(64, 'a')), "");
  EXPECT_EQ(refused("gateway", "v42"), "");
  EXPECT_THAT(refused("", "v42"), HasSubstr("the service of a deployment is \"\""));
  EXPECT_THAT(refused("gateway", ""), HasSubstr("the version of a deployment is \"\""));
  EXPECT_THAT(refused("gateway", "v 42"), HasSubstr("without spaces"));
  EXPECT_THAT(refused("gateway", std::string(257, 'v')), HasSubstr("1 to 256 printable"));
  EXPECT_THAT(Refusal([](v1::CreateRunRequest* request) {
                for (int i = 0; i <= 1000; ++i) {
                  (*request->mutable_options()->mutable_deployment())[std::to_string(i)] = "v";
                }
              }),
              HasSubstr("names 1001 services: at most 1000"));
}

TEST(AdmitRunTest, RefusesARunInWhichNothingWouldBeJudged) {
  // `three` counts, and is not selected.
  const auto shadow = [](v1::CreateRunRequest* request) {
    for (int i : {0, 1}) request->mutable_plan()->mutable_checks(i)->set_shadow(true);
    request->mutable_options()->set_match("one or two");
  };
  EXPECT_THAT(Refusal(shadow),
              HasSubstr("nothing would be judged: of the 2 checks selected 2 are shadow checks and "
                        "0 are skipped"));
  EXPECT_THAT(Refusal([&](v1::CreateRunRequest* request) {
                shadow(request);
                request->mutable_plan()->mutable_checks(0)->set_skip("not today");
              }),
              HasSubstr("1 is a shadow check and 1 is skipped"));
  EXPECT_THAT(Refusal([](v1::CreateRunRequest* request) {
                request->mutable_plan()->mutable_checks(0)->set_skip("not today");
                request->mutable_options()->set_match("one");
              }),
              HasSubstr("of the 1 check selected 0 are shadow checks and 1 is skipped"));
  // One that counts is enough, and a run that cleans up judges nothing anyway.
  EXPECT_EQ(Refusal([&](v1::CreateRunRequest* request) {
              shadow(request);
              request->mutable_options()->set_match("");
            }),
            "");
  EXPECT_EQ(Refusal([&](v1::CreateRunRequest* request) {
              shadow(request);
              request->mutable_options()->add_clean_runs()->set_run_id("r");
            }),
            "");
}

TEST(AskForSameRunTest, LooksAtWhatTheCallerAskedForOnly) {
  v1::CreateRunRequest asked = MakeRequest();
  v1::Round& round = *asked.mutable_options()->mutable_round();
  round.set_bake_id("b");
  round.set_number(2);
  v1::CreateRunRequest stored = asked;
  stored.mutable_options()->mutable_baseline()->set_run_id("earlier");
  stored.mutable_options()->mutable_round()->add_earlier()->set_run_id("r1");
  stored.mutable_options()->set_requested_by("somebody");
  EXPECT_TRUE(AskForSameRun(stored, asked));
  stored.mutable_options()->mutable_round()->set_number(3);
  EXPECT_FALSE(AskForSameRun(stored, asked));
  stored = asked;
  stored.mutable_options()->clear_round();
  EXPECT_FALSE(AskForSameRun(stored, asked));
  stored = asked;
  stored.mutable_options()->set_fail_fast(true);
  EXPECT_FALSE(AskForSameRun(stored, asked));
}

}  // namespace
}  // namespace smokemesh::coordinator
