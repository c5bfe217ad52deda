#include "shared/expectation/expectation.h"

namespace smokemesh::shared {

const std::vector<Query>& QueriesOf(std::string_view step_kind) {
  using Argument = Query::Argument;
  static const auto& postgres = *new std::vector<Query>{
      {"rows"},
      {"affected"},
      {"value"},
      {"column", Argument::kRequired},
      {"json", Argument::kOptional},
      {"sqlstate"},
      {"error"},
      {"duration", Argument::kOptional},
      {"connect_duration", Argument::kOptional},
  };
  static const auto& redis = *new std::vector<Query>{
      {"reply", Argument::kOptional},
      {"type"},
      {"error"},
      {"json", Argument::kOptional},
      {"messages"},
      {"message", Argument::kRequired},
      {"message_json", Argument::kRequired},
      {"duration", Argument::kOptional},
  };
  static const auto& http = *new std::vector<Query>{
      {"status"},
      {"header", Argument::kRequired},
      {"body"},
      {"json", Argument::kOptional},
      {"bytes"},
      {"url"},
      {"duration", Argument::kOptional},
      {"certificate", Argument::kRequired},
      {"claim", Argument::kRequired},
  };
  static const auto& event_bus = *new std::vector<Query>{
      {"events"},
      {"event", Argument::kRequired},
      {"text", Argument::kRequired},
      {"channel", Argument::kRequired},
      {"gap", Argument::kRequired},
      {"ttl"},
      {"receivers"},
      {"duration", Argument::kOptional},
  };
  static const auto& message = *new std::vector<Query>{
      {"channel"},
      {"text"},
      {"json", Argument::kOptional},
  };
  static const auto& none = *new std::vector<Query>;
  if (step_kind == "postgres") return postgres;
  if (step_kind == "redis") return redis;
  if (step_kind == "http") return http;
  if (step_kind == "event_bus") return event_bus;
  if (step_kind == "message") return message;
  return none;
}

}  // namespace smokemesh::shared
