#include "shared/kinds/kinds.h"

#include <google/protobuf/descriptor.h>

namespace smokemesh::shared {
namespace {

// The name of the member of `oneof` that is set.
const std::string& NameOfSet(const google::protobuf::Message& message, const char* oneof) {
  static const auto& none = *new std::string;
  const auto* field = message.GetReflection()->GetOneofFieldDescriptor(
      message, message.GetDescriptor()->FindOneofByName(oneof));
  return field == nullptr ? none : field->name();
}

}  // namespace

const std::string& KindOf(const v1::Check& check) { return NameOfSet(check, "kind"); }
const std::string& KindOf(const v1::Step& step) { return NameOfSet(step, "kind"); }
const std::string& KindOf(const v1::Connection& connection) {
  return NameOfSet(connection, "target");
}

const std::string& ConnectionKindOf(const std::string& step_kind) {
  static const auto& redis = *new std::string("redis");
  return step_kind == "event_bus" ? redis : step_kind;
}

const std::string& ConnectionOf(const v1::Check& check) {
  switch (check.kind_case()) {
    case v1::Check::kRedis:
      return check.redis().connection();
    case v1::Check::kHttp:
      return check.http().connection();
    case v1::Check::kEventBus:
      return check.event_bus().connection();
    default:  // empty for a check of another kind
      return check.postgres().connection();
  }
}

}  // namespace smokemesh::shared
