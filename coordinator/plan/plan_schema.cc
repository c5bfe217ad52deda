#include "coordinator/plan/plan_schema.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/plan_comments.h"
#include "shared/yaml/yaml_message.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::ordered_json;

// What the validator requires and proto3 cannot say, by message. A list has at least one element.
const std::vector<std::string>& RequiredOf(const std::string& message) {
  static const auto& required = *new std::map<std::string, std::vector<std::string>>{
      {"Plan", {"name", "checks"}},
      {"Suite", {"name"}},
      {"Check", {"name"}},
      {"Repeat", {"times"}},
      {"Scenario", {"steps"}},
      {"PostgresCheck", {"steps"}},
      {"RedisCheck", {"steps"}},
      {"EventBusCheck", {"steps"}},
      {"HttpCheck", {"steps"}},
      {"EventPublication", {"channel", "event_id"}},
      {"EventReference", {"channel", "event_id"}},
      {"EventList", {"channel"}},
      {"HttpStep", {"request"}},
      {"HttpRequest", {"url"}},
      {"Flow", {"roles"}},
      {"FlowRole", {"name", "steps"}},
      {"Edges", {"edges"}},
      {"Edge", {"from", "to"}},
      {"Policy", {"rollback"}},
      {"Rule", {"rule", "select"}},
      {"Rounds", {"at_least", "of_last"}},
      {"Tolerance", {"rule", "select"}},
  };
  static const auto& none = *new std::vector<std::string>;
  const auto found = required.find(message);
  return found == required.end() ? none : found->second;
}

Json Reference(const std::string& name) { return {{"$ref", absl::StrCat("#/$defs/", name)}}; }

bool IsDuration(const Descriptor& type) { return type.full_name() == "google.protobuf.Duration"; }

Json EnumSchema(const EnumDescriptor& type) {
  Json words = Json::array();
  for (int i = 0; i < type.value_count(); ++i) {
    const std::string word = shared::EnumWord(*type.value(i));
    if (!word.empty()) words.push_back(word);
  }
  return {{"enum", words}};
}

// One value of a field that may have several.
Json ValueSchema(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Reference(IsDuration(*field.message_type()) ? "duration"
                                                         : field.message_type()->name());
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumSchema(*field.enum_type());
    case FieldDescriptor::CPPTYPE_BOOL:
      return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return {{"type", "integer"}};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return {{"type", "number"}};
    default:
      return Reference("text");
  }
}

Json FieldSchema(const FieldDescriptor& field, bool is_required) {
  Json schema = Json::object();
  if (const std::string_view comment =
          PlanComment(absl::StrCat(field.containing_type()->name(), ".", field.name()));
      !comment.empty()) {
    schema["description"] = std::string(comment);
  }
  if (field.options().GetExtension(v1::json_text)) return schema;  // any shape
  if (field.is_map()) {
    schema["type"] = "object";
    schema["additionalProperties"] = ValueSchema(*field.message_type()->map_value());
  } else if (field.is_repeated()) {
    schema["type"] = "array";
    schema["items"] = ValueSchema(field);
    // What is written as nothing to expect would expect nothing.
    if (is_required || field.name() == "expect") schema["minItems"] = 1;
  } else {
    schema.update(ValueSchema(field));
  }
  return schema;
}

Json MessageSchema(const Descriptor& type) {
  Json schema = Json::object();
  if (const std::string_view comment = PlanComment(type.name()); !comment.empty()) {
    schema["description"] = std::string(comment);
  }
  schema["type"] = "object";
  const std::vector<std::string>& required = RequiredOf(type.name());
  if (!required.empty()) schema["required"] = required;
  // Every oneof of plan.proto must be set, and no message has two.
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
    schema["oneOf"] = Json::array();
    for (int k = 0; k < type.oneof_decl(i)->field_count(); ++k) {
      schema["oneOf"].push_back({{"required", {type.oneof_decl(i)->field(k)->name()}}});
    }
  }
  if (type.name() == "Edge") {
    schema["oneOf"] = {{{"required", {"url"}}}, {{"required", {"steps"}}}};
  }
  schema["additionalProperties"] = false;
  schema["properties"] = Json::object();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.options().GetExtension(v1::output_only)) continue;
    const bool is_required =
        std::find(required.begin(), required.end(), field.name()) != required.end();
    schema["properties"][field.name()] = FieldSchema(field, is_required);
  }
  return schema;
}

// Adds the messages that a plan is made of, in the order in which they are met.
void AddDefinitions(const Descriptor& type, Json* definitions) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.options().GetExtension(v1::output_only)) continue;
    const FieldDescriptor& value = field.is_map() ? *field.message_type()->map_value() : field;
    if (value.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const Descriptor& message = *value.message_type();
    if (IsDuration(message) || definitions->contains(message.name())) continue;
    (*definitions)[message.name()] = MessageSchema(message);
    AddDefinitions(message, definitions);
  }
}

}  // namespace

std::string PlanSchema() {
  const Descriptor& plan = *v1::Plan::descriptor();
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "smokemesh plan"}};
  schema.update(MessageSchema(plan));
  Json definitions = {
      {"text",
       {{"description", "Any scalar: a plan takes it as the text that is written."},
        {"type", {"string", "number", "boolean"}}}},
      {"duration",
       {{"description", "A number with a unit: 250ms, 30s, 1m30s."},
        {"type", "string"},
        {"pattern", "^([0-9]+(\\.[0-9]*)?(ns|us|ms|s|m|h))+$"}}},
  };
  AddDefinitions(plan, &definitions);
  schema["$defs"] = std::move(definitions);
  return schema.dump(2) + "\n";
}

}  // namespace smokemesh::coordinator
