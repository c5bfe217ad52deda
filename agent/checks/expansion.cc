#include "agent/checks/expansion.h"

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::agent {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using nlohmann::json;

// The plan's reader allows less; this bounds the recursion whatever a coordinator sends.
constexpr int kDeepestJson = 64;

absl::Status ExpandStrings(json* value, const ExpandText& expand, int depth) {
  if (depth > kDeepestJson) {
    return absl::InvalidArgumentError(
        absl::StrCat("a JSON body is nested deeper than ", kDeepestJson, " levels"));
  }
  if (value->is_string()) {
    ASSIGN_OR_RETURN(*value, expand(value->get_ref<const std::string&>()));
  } else if (value->is_structured()) {
    for (json& element : *value) RETURN_IF_ERROR(ExpandStrings(&element, expand, depth + 1));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ExpandJson(const std::string& text, const ExpandText& expand) {
  json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return absl::InvalidArgumentError("the JSON body is not JSON");
  RETURN_IF_ERROR(ExpandStrings(&document, expand, 0));
  // A value may hold bytes that are no UTF-8, which JSON cannot carry.
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<std::string> ExpandField(const FieldDescriptor& field, const std::string& text,
                                        const ExpandText& expand) {
  if (text.empty()) return text;
  if (field.options().GetExtension(v1::json_text)) return ExpandJson(text, expand);
  return expand(text);
}

absl::Status ExpandMap(Message* message, const FieldDescriptor& field, const ExpandText& expand) {
  const Reflection& reflection = *message->GetReflection();
  const FieldDescriptor& value_field = *field.message_type()->map_value();
  for (int i = 0; i < reflection.FieldSize(*message, &field); ++i) {
    Message* entry = reflection.MutableRepeatedMessage(message, &field, i);
    ASSIGN_OR_RETURN(std::string value,
                     expand(entry->GetReflection()->GetString(*entry, &value_field)));
    entry->GetReflection()->SetString(entry, &value_field, std::move(value));
  }
  return absl::OkStatus();
}

absl::Status ExpandMarked(Message* message, const FieldDescriptor& field,
                          const ExpandText& expand) {
  const Reflection& reflection = *message->GetReflection();
  if (field.is_map()) return ExpandMap(message, field, expand);
  if (!field.is_repeated()) {
    ASSIGN_OR_RETURN(std::string value,
                     ExpandField(field, reflection.GetString(*message, &field), expand));
    reflection.SetString(message, &field, std::move(value));
    return absl::OkStatus();
  }
  for (int i = 0; i < reflection.FieldSize(*message, &field); ++i) {
    ASSIGN_OR_RETURN(std::string value,
                     ExpandField(field, reflection.GetRepeatedString(*message, &field, i), expand));
    reflection.SetRepeatedString(message, &field, i, std::move(value));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ExpandTemplates(Message* message, const ExpandText& expand) {
  const Reflection& reflection = *message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->options().GetExtension(v1::expands)) {
      RETURN_IF_ERROR(ExpandMarked(message, *field, expand));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_map()) {
      if (!field->is_repeated()) {
        RETURN_IF_ERROR(ExpandTemplates(reflection.MutableMessage(message, field), expand));
        continue;
      }
      for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
        RETURN_IF_ERROR(
            ExpandTemplates(reflection.MutableRepeatedMessage(message, field, i), expand));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace smokemesh::agent
