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
      {"duration"},
  };
  static const auto& redis = *new std::vector<Query>{
      {"reply", Argument::kOptional},        {"type"},     {"error"},
      {"json", Argument::kOptional},         {"messages"}, {"message", Argument::kRequired},
      {"message_json", Argument::kRequired}, {"duration"},
  };
  static const auto& http = *new std::vector<Query>{
      {"status"},   {"header", Argument::kRequired},
      {"body"},     {"json", Argument::kOptional},
      {"bytes"},    {"url"},
      {"duration"},
  };
  static const auto& none = *new std::vector<Query>;
  if (step_kind == "postgres") return postgres;
  if (step_kind == "redis") return redis;
  if (step_kind == "http") return http;
  return none;
}

}  // namespace smokemesh::shared
