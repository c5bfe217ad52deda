// Whatever a target answers, as an HTTP answer, an event, or an error of PostgreSQL: every query
// can be asked of it.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "agent/checks/event_bus/bus_event.h"
#include "agent/checks/http/http_observation.h"
#include "shared/expectation/expectation.h"
#include "shared/postgres/server_message.h"
#include "tests/fuzz/input.h"

namespace {

using namespace smokemesh::agent;  // NOLINT(google-build-using-namespace): own file
namespace shared = smokemesh::shared;

void AskHttp(HttpAnswer answer, const std::string& argument) {
  const HttpObservation observation(std::move(answer));
  for (const shared::Query& query : shared::QueriesOf("http")) {
    const auto value = observation.Get(query.name, argument);
    if (!value.ok()) {
      if (!absl::IsInvalidArgument(value.status())) std::abort();
      continue;
    }
    (void)shared::Describe(*value);
    (void)shared::ToText(*value);
  }
  (void)observation.Summary();
  (void)observation.UnlessAsked();
  const auto expectation =
      shared::ParseExpectation("json " + argument + " == 1", shared::QueriesOf("http"));
  if (expectation.ok()) (void)shared::Evaluate(*expectation, observation);
}

void ReadBus(const std::string& text) {
  static const EventFormat& format =
      *new EventFormat(*EventFormat::From(smokemesh::v1::EventBusFormat()));
  for (const auto& event : {ReadEvent(format, text), ReadDeadLetter(format, text)}) {
    if (event.has_value()) (void)DescribeEvent(*event, "channel");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  smokemesh::testing::Input input(data, size);
  HttpAnswer answer;
  answer.status = input.Byte() * 3;
  const std::string argument(input.Piece());
  answer.headers.emplace_back(input.Piece(), input.Piece());
  answer.reason = std::string(input.Piece());
  answer.body = std::string(input.Rest());
  answer.url = "http://127.0.0.1/";
  const std::string body = answer.body;
  AskHttp(std::move(answer), argument);
  ReadBus(body);
  const shared::ServerMessage message = shared::ParseServerMessage(body);
  if (!message.sqlstate.empty() && message.sqlstate.size() != 5) std::abort();
  (void)shared::ConnectionError(body, "db:5432");
  return 0;
}
