#include "shared/yaml/yaml_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/duration.h"
#include "shared/text.h"
#include "shared/yaml/json_text.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::shared {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Kind = YamlNode::Kind;

// How messages speak of the part of the plan that is being read.
struct Where {
  std::string here;   // `request of step 2 of check "login"`
  std::string owner;  // `check "login"`: what its steps belong to
};

std::string Quoted(std::string_view text) { return absl::StrCat("\"", Shorten(text, 64), "\""); }

std::string Shown(const YamlNode& node) {
  switch (node.kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kRefused:
      return "something refused";
    case Kind::kScalar:
      return node.quoted ? absl::StrCat("the text ", Quoted(node.text), " in quotes")
                         : absl::StrCat("\"", Shorten(node.text, 64), "\"");
  }
  return "";
}

// The place of a field: its value, or its name when the value is a block on other lines or missing.
Position PlaceOf(const YamlKey& key, const YamlNode& value) {
  return value.kind == Kind::kScalar ? value.position : key.position;
}

// Reads one tree.
class MessageReader {
 public:
  MessageReader(std::string_view file, YamlReading* reading) : file_(file), reading_(*reading) {}

  void Read(const YamlNode& root, Message* message, const std::string& path,
            const std::string& what) {
    ReadMessage(root, message, path, {what, what});
  }

 private:
  // `path` is that of the field that could not be read.
  void Report(const std::string& path, const Position& place, std::string message) {
    reading_.unread.push_back(path);
    reading_.problems.push_back({std::string(file_), place.line, place.column, std::move(message)});
  }

  void Expected(const std::string& path, const YamlNode& node, std::string_view field,
                const Where& where, std::string_view what) {
    if (node.kind == Kind::kRefused) return;
    Report(path, node.position,
           absl::StrCat(Quoted(field), " of ", where.here, " must be ", std::string(what), ", not ",
                        Shown(node)));
  }

  void ReadMessage(const YamlNode& node, Message* message, const std::string& path,
                   const Where& where) {
    const Descriptor& type = *message->GetDescriptor();
    if (node.kind != Kind::kMap) {
      if (node.kind == Kind::kRefused) return;
      Report(path, node.position,
             absl::StrCat(where.here, " must be a map of fields (name: value), not ", Shown(node)));
      return;
    }
    for (size_t i = 0; i < node.keys.size(); ++i) {
      const YamlKey& key = node.keys[i];
      const FieldDescriptor* field = type.FindFieldByName(key.text);
      if (field == nullptr || field->options().GetExtension(v1::output_only)) {
        ReportUnknown(path, key, field, type, where);
        continue;
      }
      const std::string field_path = path.empty() ? key.text : absl::StrCat(path, ".", key.text);
      if (const auto* oneof = field->real_containing_oneof()) {
        const FieldDescriptor* other =
            message->GetReflection()->GetOneofFieldDescriptor(*message, oneof);
        if (other != nullptr) {
          Report(path, key.position,
                 absl::StrCat(where.here, " has both \"", other->name(), "\" and \"", field->name(),
                              "\": a ", absl::AsciiStrToLower(type.name()), " has exactly one ",
                              oneof->name()));
          continue;
        }
      }
      reading_.positions[field_path] = PlaceOf(key, node.items[i]);
      ReadField(node.items[i], message, *field, field_path, where);
    }
  }

  void ReportUnknown(const std::string& path, const YamlKey& key, const FieldDescriptor* field,
                     const Descriptor& type, const Where& where) {
    if (field != nullptr) {
      Report(path, key.position,
             absl::StrCat("field ", Quoted(key.text), " in ", where.here,
                          " is written by smokemesh: remove it"));
      return;
    }
    Report(path, key.position, UnknownField(key.text, type, where.here));
  }

  void ReadField(const YamlNode& node, Message* message, const FieldDescriptor& field,
                 const std::string& path, const Where& where) {
    if (node.kind == Kind::kRefused) return;
    const bool json_text = field.options().GetExtension(v1::json_text);
    if (node.kind == Kind::kNull && !json_text) {
      Report(path, reading_.positions[path],
             absl::StrCat("\"", field.name(), "\" of ", where.here,
                          " has no value: write one, or remove the field (the text "
                          "null needs quotes)"));
      return;
    }
    if (field.is_map()) {
      ReadMap(node, message, field, path, where);
    } else if (field.is_repeated()) {
      ReadList(node, message, field, path, where);
    } else if (json_text) {
      message->GetReflection()->SetString(message, &field, ToJsonText(node));
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      ReadSubMessage(node, message->GetReflection()->MutableMessage(message, &field), field.name(),
                     path, Inside(where, field), where);
    } else {
      ReadScalar(node, message, field, field.name(), path, where);
    }
  }

  // Where the fields of a singular message field are.
  static Where Inside(const Where& where, const FieldDescriptor& field) {
    const std::string& type = field.containing_type()->name();
    if (type == "Step") return where;  // the wrapper of a step's kind: same step
    const bool is_kind =
        type == "Check" && field.containing_oneof() != nullptr;  // steps belong to the check
    return {absl::StrCat("\"", field.name(), "\" of ", where.here),
            is_kind ? where.owner : where.here};
  }

  // Where the fields of one element of a list are.
  static Where Element(const Where& where, const FieldDescriptor& field, const YamlNode& node,
                       int index) {
    const std::string& type = field.message_type()->name();
    if (field.name() == "steps") {
      return {absl::StrCat("step ", index + 1, " of ", where.owner), where.owner};
    }
    if (field.name() == "finally") {
      return {absl::StrCat("step ", index + 1, " of finally of ", where.here), where.here};
    }
    // A role of a flow is a role.
    const std::string word = type == "FlowRole" ? "role" : absl::AsciiStrToLower(type);
    const YamlNode* name = node.Find(type == "Rule" || type == "Tolerance" ? "rule" : "name");
    const std::string here = name != nullptr && name->kind == Kind::kScalar
                                 ? absl::StrCat(word, " ", Quoted(name->text))
                                 : absl::StrCat(word, " ", index + 1);
    return {here, here};
  }

  void ReadList(const YamlNode& node, Message* message, const FieldDescriptor& field,
                const std::string& path, const Where& where) {
    if (node.kind != Kind::kList) {
      Expected(path, node, field.name(), where,
               "a list: write [a, b], or one line with \"- \" for each");
      return;
    }
    for (size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode& item = node.items[i];
      const std::string item_path = absl::StrCat(path, "[", i, "]");
      reading_.positions[item_path] = item.position;
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Message* element = message->GetReflection()->AddMessage(message, &field);
        if (auto* check = dynamic_cast<v1::Check*>(element)) {
          check->mutable_source()->set_file(std::string(file_));
          check->mutable_source()->set_line(item.position.line);
        }
        ReadMessage(item, element, item_path, Element(where, field, item, static_cast<int>(i)));
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
        uint32_t value = 0;
        if (ReadNumber(item, &value)) {
          message->GetReflection()->AddUInt32(message, &field, value);
        } else {
          Expected(item_path, item, absl::StrCat(field.name(), "[", i, "]"), where,
                   "a whole number");
        }
      } else if (item.kind != Kind::kScalar) {
        Expected(item_path, item, absl::StrCat(field.name(), "[", i, "]"), where,
                 item.kind == Kind::kNull ? "text (the text null needs quotes)" : "text");
      } else {
        message->GetReflection()->AddString(message, &field, item.text);
      }
    }
  }

  // As JSON writes them: no `010`, `0x1f`, `1_000` or ` 1`.
  template <typename Number>
  static bool ReadNumber(const YamlNode& node, Number* value) {
    return node.kind == Kind::kScalar && !node.quoted && IsJsonNumber(node.text) &&
           absl::SimpleAtoi(node.text, value);
  }

  void ReadMap(const YamlNode& node, Message* message, const FieldDescriptor& field,
               const std::string& path, const Where& where) {
    if (node.kind != Kind::kMap) {
      Expected(path, node, field.name(), where, "a map: one line \"name: value\" for each");
      return;
    }
    const Reflection& reflection = *message->GetReflection();
    const FieldDescriptor& value_field = *field.message_type()->map_value();
    for (size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& key = node.keys[i].text;
      const YamlNode& item = node.items[i];
      const std::string item_path = absl::StrCat(path, ".", key);
      reading_.positions[item_path] = PlaceOf(node.keys[i], item);
      // A map field is a list of entries to reflection; keys are unique in the tree.
      Message* entry = reflection.AddMessage(message, &field);
      entry->GetReflection()->SetString(entry, field.message_type()->map_key(), key);
      if (value_field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        const std::string word = absl::AsciiStrToLower(value_field.message_type()->name());
        std::string here = absl::StrCat(word, " ", Quoted(key));
        if (where.owner != "the plan") absl::StrAppend(&here, " of ", where.here);
        ReadSubMessage(item, entry->GetReflection()->MutableMessage(entry, &value_field), key,
                       item_path, {here, here}, where);
      } else {
        ReadScalar(item, entry, value_field, absl::StrCat(field.name(), ".", key), item_path,
                   where);
      }
    }
  }

  void ReadSubMessage(const YamlNode& node, Message* message, std::string_view name,
                      const std::string& path, const Where& inside, const Where& where) {
    if (message->GetDescriptor()->full_name() != "google.protobuf.Duration") {
      ReadMessage(node, message, path, inside);
      return;
    }
    if (node.kind != Kind::kScalar) {
      Expected(path, node, name, where, "a duration, such as 250ms, 30s or 1m30s");
      return;
    }
    const auto duration = ParseDuration(node.text);
    if (!duration.ok()) {
      Report(path, node.position,
             absl::StrCat(Quoted(name), " of ", where.here, ": ", duration.status().message()));
      return;
    }
    message->CopyFrom(ToProto(*duration));
  }

  void ReadScalar(const YamlNode& node, Message* message, const FieldDescriptor& field,
                  std::string_view name, const std::string& path, const Where& where) {
    const Reflection& reflection = *message->GetReflection();
    const bool plain = node.kind == Kind::kScalar && !node.quoted;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (node.kind != Kind::kScalar) {
          return Expected(path, node, name, where,
                          node.kind == Kind::kNull ? "text (the text null needs quotes)" : "text");
        }
        return reflection.SetString(message, &field, node.text);
      case FieldDescriptor::CPPTYPE_BOOL:
        if (!plain || (node.text != "true" && node.text != "false")) {
          return Expected(path, node, name, where, "true or false");
        }
        return reflection.SetBool(message, &field, node.text == "true");
      case FieldDescriptor::CPPTYPE_INT32: {
        int32_t value = 0;
        if (!ReadNumber(node, &value)) {
          return Expected(path, node, name, where, "a whole number");
        }
        return reflection.SetInt32(message, &field, value);
      }
      case FieldDescriptor::CPPTYPE_INT64: {
        int64_t value = 0;
        if (!ReadNumber(node, &value)) {
          return Expected(path, node, name, where, "a whole number");
        }
        return reflection.SetInt64(message, &field, value);
      }
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        double value = 0;
        if (!plain || !IsJsonNumber(node.text) || !absl::SimpleAtod(node.text, &value)) {
          return Expected(path, node, name, where, "a number, such as 0.2");
        }
        return reflection.SetDouble(message, &field, value);
      }
      case FieldDescriptor::CPPTYPE_ENUM:
        return ReadEnum(node, message, field, name, path, where);
      default:  // plan.proto has no other types; plan_loader_test holds it to that
        return Expected(path, node, name, where, "a type that the loader knows");
    }
  }

  void ReadEnum(const YamlNode& node, Message* message, const FieldDescriptor& field,
                std::string_view name, const std::string& path, const Where& where) {
    const EnumDescriptor& type = *field.enum_type();
    std::vector<std::string> words;
    for (int i = 0; i < type.value_count(); ++i) {
      const std::string word = EnumWord(*type.value(i));
      if (word.empty()) continue;
      if (node.kind == Kind::kScalar && node.text == word) {
        message->GetReflection()->SetEnum(message, &field, type.value(i));
        return;
      }
      words.push_back(word);
    }
    Expected(path, node, name, where, absl::StrCat("one of ", absl::StrJoin(words, ", ")));
  }

  const std::string_view file_;
  YamlReading& reading_;
};

}  // namespace

std::string EnumWord(const EnumValueDescriptor& value) {
  if (value.number() == 0) return "";
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  prefix += '_';
  std::string word = value.name();
  if (word.rfind(prefix, 0) == 0) word.erase(0, prefix.size());
  return absl::AsciiStrToLower(word);
}

void ReadYamlMessage(const YamlNode& root, std::string_view file, const std::string& path,
                     const std::string& what, Message* message, YamlReading* reading) {
  reading->positions.emplace(path, root.position);
  MessageReader(file, reading).Read(root, message, path, what);
}

std::string UnknownField(std::string_view name, const Descriptor& type, std::string_view where) {
  std::vector<std::string> known;
  for (int i = 0; i < type.field_count(); ++i) {
    if (!type.field(i)->options().GetExtension(v1::output_only)) {
      known.push_back(type.field(i)->name());
    }
  }
  std::string help = DidYouMean(name, known);
  if (help.empty()) help = absl::StrCat("; known: ", absl::StrJoin(known, ", "));
  return absl::StrCat("unknown field ", Quoted(name), " in ", std::string(where), help);
}

}  // namespace smokemesh::shared
