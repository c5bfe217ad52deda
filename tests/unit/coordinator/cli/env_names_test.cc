#include "coordinator/cli/env_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(EnvironmentNames, AreThoseOfTemplatesOnEveryLevel) {
  v1::Plan plan;
  (*plan.mutable_connections())["db"].set_postgres("${DATABASE}");
  (*plan.mutable_variables())["a"] = "${A:-${B:-c}}{{x}}";
  v1::Check& check = *plan.add_checks();
  (*check.mutable_variables())["v"] = "${V}";
  v1::HttpStep& step = *check.mutable_http()->add_steps();
  step.mutable_request()->set_url("/${PATH_PART}");
  (*step.mutable_request()->mutable_headers())["authorization"] = "Bearer ${TOKEN}";
  check.add_finally()->mutable_redis()->add_command("${CLEANED}");
  EXPECT_THAT(EnvironmentNames(plan),
              ElementsAre("A", "B", "CLEANED", "DATABASE", "PATH_PART", "TOKEN", "V"));
}

TEST(EnvironmentNames, AreAlsoThoseOfExpectations) {
  v1::Plan plan;
  v1::Check& check = *plan.add_checks();
  check.mutable_http()->add_steps()->add_expect("header version == ${VERSION}");
  v1::RedisStep& redis = *plan.add_checks()->mutable_redis()->add_steps();
  redis.mutable_receive()->add_where("text == ${TEXT}");
  v1::EventBusStep& bus = *plan.add_checks()->mutable_event_bus()->add_steps();
  bus.mutable_receive()->add_where("json /id == ${ID}");
  EXPECT_THAT(EnvironmentNames(plan), ElementsAre("ID", "TEXT", "VERSION"));
}

TEST(EnvironmentNames, AreNotInWordsForPeopleAndNotInLiterals) {
  v1::Plan plan;
  plan.set_description("reads ${HOME}");
  v1::Check& check = *plan.add_checks();
  check.set_impact("${HOME}");
  v1::HttpStep& step = *check.mutable_http()->add_steps();
  step.mutable_request()->set_url("/$${HOME}");
  step.add_expect("body matches a${2}");
  EXPECT_THAT(EnvironmentNames(plan), IsEmpty());
}

}  // namespace
}  // namespace smokemesh::coordinator
