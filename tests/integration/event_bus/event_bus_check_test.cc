// Whole checks, as an agent runs them.

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/checks/step_check.h"
#include "tests/integration/event_bus/event_bus_fixture.h"

namespace smokemesh::agent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class EventBusChecks : public EventBusTest {
 protected:
  EventBusChecks() { Start(); }

  v1::TaskResult RunCheck(const std::string& check_text) {
    v1::Assignment assignment;
    assignment.set_run_id("run");
    assignment.set_task_id("run/check/agent/1");
    assignment.set_attempt(1);
    EXPECT_TRUE(
        google::protobuf::TextFormat::ParseFromString(check_text, assignment.mutable_check()))
        << check_text;
    assignment.mutable_check()->set_name("check");
    (*assignment.mutable_connections())["bus"].set_redis(url_);
    const auto factory = MakeStepCheckFactory({{"event_bus", &MakeEventBusStepRunner}},
                                              [](std::string_view) { return std::nullopt; });
    const auto check = factory->Create(assignment);
    EXPECT_TRUE(check.ok()) << check.status();
    v1::TaskResult result = (*check)->Run(In(kLong));
    EXPECT_TRUE((*check)->CleanUp(In(kLong)).ok());
    return result;
  }
};

TEST_F(EventBusChecks, ARoundTripPassesAndLeavesNothing) {
  const v1::TaskResult result = RunCheck(R"pb(
    event_bus {
      steps { session: "sub" subscribe: "report.generated" }
      steps {
        publish { channel: "report.generated" event_id: "{{uuid}}" data: "{\"n\": 7}" }
        expect: "receivers == 1"
        capture {
          key: "id"
          value { query: "event 0/event_id" }
        }
      }
      steps {
        session: "sub"
        receive {
          settle { nanos: 20000000 }
          where: "json /data/event_id == {{id}}"
        }
        expect: "events == 1"
        expect: "event 0/n == 7"
        expect: "channel 0 == report.generated"
        expect: "text 0/retry_count == 0"
      }
      steps {
        stored { channel: "report.generated" event_id: "{{id}}" }
        expect: "ttl between 604700, 604800"
        expect: "event 0/n == 7"
      }
      steps {
        history { channel: "report.generated" }
        expect: "events == 1"
      }
      steps {
        dead_letters { channel: "report.generated" }
        expect: "events == 0"
      }
    }
    finally { event_bus { forget { channel: "report.generated" event_id: "{{uuid}}" } } })pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED) << result.message();
  EXPECT_EQ(Redis({"DBSIZE"}), "0");
}

TEST_F(EventBusChecks, SubscribersInParallelEachGetEveryEvent) {
  const v1::TaskResult result = RunCheck(R"pb(
    event_bus {
      steps {
        session: "sub"
        subscribe: "c"
        repeat { times: 6 parallel: 6 }
      }
      steps {
        publish { channel: "c" event_id: "e{{iteration}}" not_stored: true }
        repeat { times: 20 }
        expect: "receivers == 6"
      }
      steps {
        session: "sub"
        receive {
          count: 20
          settle { nanos: 50000000 }
        }
        repeat { times: 6 parallel: 6 }
        expect: "events == 20"
        expect: "event 0/event_id == e1"
        expect: "event 19/event_id == e20"
      }
    })pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_PASSED) << result.message();
}

TEST_F(EventBusChecks, AStarvedSubscriberFailsWithWhereToLook) {
  const v1::TaskResult result = RunCheck(R"pb(
    event_bus {
      steps { session: "sub" subscribe: "c" }
      steps {
        session: "sub"
        receive {
          count: 2
          within { nanos: 50000000 }
        }
      }
    })pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  ASSERT_EQ(result.failures_size(), 1);
  EXPECT_EQ(result.failures(0).expected(), "2 events");
  EXPECT_THAT(result.failures(0).actual(),
              AllOf(HasSubstr("0 of 2 events within 50ms"), HasSubstr("still answers PING"),
                    HasSubstr("look at who publishes, on which channel and with which ACL")));
}

TEST_F(EventBusChecks, ARefusalFailsAlsoAStepThatExpectsNothingOfIt) {
  Redis({"CONFIG", "SET", "maxmemory", "1"});
  const v1::TaskResult result = RunCheck(R"pb(
    event_bus {
      steps {
        publish { channel: "c" event_id: "e" }
        expect: "ttl not exists"
      }
    })pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  ASSERT_GE(result.failures_size(), 1);
  EXPECT_THAT(result.failures(0).actual(),
              AllOf(HasSubstr("delivered (heard by 0) and not stored"), HasSubstr("maxmemory")));
}

TEST_F(EventBusChecks, AMissingEventMayBeExpected) {
  EXPECT_EQ(RunCheck(R"pb(event_bus {
                            steps {
                              stored { channel: "c" event_id: "e" }
                              expect: "events == 0"
                            }
                          })pb")
                .outcome(),
            v1::OUTCOME_PASSED);
  EXPECT_EQ(
      RunCheck(R"pb(event_bus { steps { stored { channel: "c" event_id: "e" } } })pb").outcome(),
      v1::OUTCOME_FAILED);
}

TEST_F(EventBusChecks, AnEventWithoutATimeToLiveFails) {
  Redis({"SET", "events:c:e", R"({"data": {"event_id": "e"}})"});
  const v1::TaskResult result = RunCheck(R"pb(
    event_bus {
      steps {
        stored { channel: "c" event_id: "e" }
        expect: "ttl between 604700, 604800"
      }
    })pb");
  EXPECT_EQ(result.outcome(), v1::OUTCOME_FAILED);
  ASSERT_EQ(result.failures_size(), 1);
  EXPECT_THAT(result.failures(0).hint(), HasSubstr("lives for ever"));
}

}  // namespace
}  // namespace smokemesh::agent
