// Meets a peer in Python on a real server, both ways.

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/event_bus/event_bus_fixture.h"
#include "tests/testing/process.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;

// What a plan may put into an event and Python writes in a way of its own.
constexpr char kDifficult[] =
    R"({"zeta": "first", "alpha": {"z": {}, "a": [], "n": null},
        "text": "\u00e9\u4e2d\ud83d\ude00 \" \\ / \b\f\n\r\t \u0000\u001f\u007f\u0080 </script>",
        "\u00fc key": true, "integers": [0, -1, 9223372036854775807, -9223372036854775808,
        18446744073709551615], "reals": [0.1, 1.0, -0.0, 100.0, 1e15, 1e16, 1e17, 123456789012345.6,
        1234567890123456.7, 0.0001, 0.00001, 1e-7, 5e-324, 1.7976931348623157e308, 1e22, 2.5e-5,
        0.30000000000000004, 9007199254740993.0, 4.35]})";

class EventBusPython : public EventBusTest {
 protected:
  EventBusPython() { Start(); }

  testing::ProcessOptions Peer(std::vector<std::string> arguments) {
    testing::ProcessOptions options;
    options.argv = {"python3", SMOKEMESH_PYTHON_BUS, absl::StrCat(server_->port())};
    options.argv.insert(options.argv.end(), std::make_move_iterator(arguments.begin()),
                        std::make_move_iterator(arguments.end()));
    return options;
  }

  std::string Python(std::vector<std::string> arguments, const std::string& input = "") {
    testing::ProcessOptions options = Peer(std::move(arguments));
    options.input = input;
    const auto output = testing::RunToEnd(options);
    EXPECT_TRUE(output.ok()) << output.status();
    return output.value_or("");
  }

  // A field of a text proto.
  static std::string Quoted(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) {
      if (c == '\n') {
        quoted += "\\n";
        continue;
      }
      if (c == '\'' || c == '\\') quoted += '\\';
      quoted += c;
    }
    return quoted + "'";
  }
};

TEST_F(EventBusPython, PythonReadsWhatWeWriteAndWritesItTheSame) {
  const auto sent =
      Run(absl::StrCat("publish { channel: 'c' event_id: 'e1' service: 'b\u00fcro' "
                       "metadata: '{\"k\": [1, {\"x\": 2.50}]}' data: ",
                       Quoted(kDifficult), " }"));
  ASSERT_TRUE(sent.ok()) << sent.status();
  const std::string text = Text(sent, 0);
  EXPECT_EQ(nlohmann::json::parse(Python({"history", "c"})), nlohmann::json::array({text}));
  const auto echoed = nlohmann::json::parse(Python({"echo"}, nlohmann::json::array({text}).dump()));
  EXPECT_EQ(echoed[0].get<std::string>(), text);
}

TEST_F(EventBusPython, WeReadWhatPythonPublishesAndStores) {
  MustRun("session: 'sub' subscribe: 'engagement.created'");
  const std::string text = Python(
      {"publish", "engagement.created",
       R"({"event_id": "e1", "client": "M\u00fcller \ud83d\ude00", "confidence_avg": 0.30000000000000004})"});
  const auto got = Run("session: 'sub' receive { count: 1 settle { nanos: 50000000 } }");
  EXPECT_EQ(Summary(got), "1 event: event e1 on engagement.created, retry_count 0");
  EXPECT_EQ(Text(got, 0), text);
  EXPECT_EQ(Value(got, "event", "0/client"), "\"M\u00fcller \U0001F600\"");
  EXPECT_EQ(Value(got, "event", "0/service"), "\"python\"");
  const auto stored = Run("stored { channel: 'engagement.created' event_id: 'e1' }");
  EXPECT_EQ(Text(stored, 0), text);
  EXPECT_THAT(Value(stored, "ttl"), ::testing::AnyOf("604800", "604799"));
  EXPECT_EQ(Text(Run("history { channel: 'engagement.created' }"), 0), text);
}

TEST_F(EventBusPython, WeReadAndRemoveDeadLettersOfPython) {
  const auto sent = Run("publish { channel: 'c' event_id: 'e1' }");
  const std::string letter = Python({"bury", "c", Text(sent, 0), "caf\u00e9 is closed"});
  Python({"bury", "c", R"({"data": {"event_id": "e2"}})", "other"});
  const auto seen = Run("dead_letters { channel: 'c' event_id: 'e1' }");
  EXPECT_EQ(Text(seen, 0), letter);
  EXPECT_EQ(Value(seen, "text", "0/error"), "\"caf\u00e9 is closed\"");
  // Byte for byte, or it would stay.
  EXPECT_EQ(Value(Run("forget { channel: 'c' event_id: 'e1' }"), "events"), "2");
  EXPECT_EQ(Redis({"LLEN", "dlq:c"}), "1");
}

TEST_F(EventBusPython, AConsumerThatAlwaysFailsIsSeenToRetryAndToGiveUp) {
  auto consumer = testing::Process::Start(Peer({"consume", "c", "3", "0.1"}));
  ASSERT_TRUE(consumer.ok()) << consumer.status();
  ASSERT_TRUE((*consumer)->WaitForOutput("ready", std::chrono::steady_clock::now() + kLong));
  MustRun("session: 'sub' subscribe: 'c'");
  ObservationOr got;
  std::thread receiver([&] {
    got = Run(
        R"(session: 'sub' receive { count: 4 within { seconds: 15 }
                                    where: 'json /data/event_id == e1' })");
  });
  MustRun("publish { channel: 'c' event_id: 'e1' }");
  receiver.join();
  ASSERT_EQ(Value(got, "events"), "4") << Summary(got);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Value(got, "text", absl::StrCat(i, "/retry_count")), absl::StrCat(i));
  }
  for (int i = 1; i < 4; ++i) {
    // It waits 0.1s * 2^n.
    const auto gap = (*got)->Get("gap", absl::StrCat(i));
    ASSERT_TRUE(gap.ok() && std::holds_alternative<shared::Duration>(*gap)) << i;
    EXPECT_GE(std::get<shared::Duration>(*gap), std::chrono::milliseconds((100 << i) - 10)) << i;
  }
  EXPECT_EQ((*consumer)->WaitUntil(std::chrono::steady_clock::now() + kLong), 0)
      << (*consumer)->Stderr();
  const auto letters = Run("dead_letters { channel: 'c' event_id: 'e1' }");
  EXPECT_EQ(Value(letters, "events"), "1");
  EXPECT_EQ(Value(letters, "text", "0/event/retry_count"), "3");
  EXPECT_EQ(Value(letters, "text", "0/error"), "\"it always fails\"");
  // The stored event is as it was published.
  EXPECT_EQ(Value(Run("stored { channel: 'c' event_id: 'e1' }"), "text", "0/retry_count"), "0");
}

}  // namespace
}  // namespace smokemesh::agent
