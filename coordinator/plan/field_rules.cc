#include "coordinator/plan/field_rules.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/duration.h"
#include "shared/template/template.h"
#include "shared/text.h"
#include "smokemesh/v1/plan.pb.h"

namespace smokemesh::coordinator {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int64_t kMaxSeconds = 3600;

bool IsUuidName(std::string_view name) {
  constexpr std::string_view kPrefix = "uuid.";
  if (!name.starts_with(kPrefix) || name.size() == kPrefix.size()) return false;
  name.remove_prefix(kPrefix.size());
  return std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
  });
}

}  // namespace

bool IsName(std::string_view name, size_t max) {
  return !name.empty() && name.size() <= max && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  });
}

void CheckName(const std::string& name, size_t max, const std::string& path,
               const std::string& where, ProblemList* problems) {
  if (name.empty()) {
    problems->Add(path, absl::StrCat(where, " has no name: give it one"));
  } else if (!IsName(name, max)) {
    problems->Add(path, absl::StrCat("the name \"", shared::Shorten(name, 64), "\" must be 1 to ",
                                     max, " letters, digits, \"-\", \"_\" and \".\""));
  }
}

bool CheckDuration(const google::protobuf::Duration& duration, bool zero_is_fine,
                   const std::string& path, const std::string& what, ProblemList* problems) {
  const bool well_formed =
      duration.seconds() >= 0 && duration.nanos() >= 0 && duration.nanos() < 1'000'000'000;
  const bool is_zero = duration.seconds() == 0 && duration.nanos() == 0;
  if (!well_formed || (is_zero && !zero_is_fine)) {
    problems->Add(path, absl::StrCat(what, " must be longer than 0"));
    return false;
  }
  if (duration.seconds() > kMaxSeconds ||
      (duration.seconds() == kMaxSeconds && duration.nanos() > 0)) {
    problems->Add(path, absl::StrCat(what, " must be at most 1h"));
    return false;
  }
  return true;
}

shared::Duration BoundedDuration(const google::protobuf::Duration& duration) {
  if (duration.seconds() < 0 || duration.nanos() < 0) return shared::Duration::zero();
  if (duration.seconds() >= kMaxSeconds) return std::chrono::seconds(kMaxSeconds);
  return shared::FromProto(duration);
}

std::vector<std::string> Scope::AllKnown() const {
  std::vector<std::string> all = outer == nullptr ? std::vector<std::string>() : outer->AllKnown();
  all.insert(all.end(), known.begin(), known.end());
  return all;
}

const std::string* Scope::WhyNot(const std::string& name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->outer) {
    const auto found = scope->refused.find(name);
    if (found != scope->refused.end()) return &found->second;
  }
  if (Knows(name)) return nullptr;
  for (const Scope* scope = this; scope != nullptr; scope = scope->outer) {
    const auto found = scope->later.find(name);
    if (found != scope->later.end()) return &found->second;
  }
  return nullptr;
}

Scope BuiltInScope() {
  Scope scope;
  scope.known = {"run_id", "check", "agent", "uuid", "schema", "correlation_id"};
  scope.later = {{"iteration", "only set in a step with \"repeat\""}};
  return scope;
}

bool IsBuiltIn(std::string_view name) {
  static const Scope& built_in = *new Scope(BuiltInScope());
  const std::string text(name);
  return built_in.known.count(text) > 0 || built_in.later.count(text) > 0 ||
         name.starts_with("uuid.");
}

void CheckTemplate(const std::string& text, const Scope& scope, const std::string& path,
                   const std::string& where, ProblemList* problems) {
  const auto references = shared::References(text);
  if (!references.ok()) {
    problems->Add(path, absl::StrCat(where, ": ", references.status().message()));
    return;
  }
  std::set<std::string> reported;
  for (const shared::Reference& reference : *references) {
    if (reference.kind != shared::Reference::Kind::kVariable) continue;
    const std::string& name = reference.name;
    const std::string* why_not = scope.WhyNot(name);
    const bool is_fine = why_not == nullptr && (scope.Knows(name) || IsUuidName(name));
    if (is_fine || !reported.insert(name).second) continue;
    if (why_not != nullptr) {
      problems->Add(path, absl::StrCat(where, " uses {{", name, "}}, which is ", *why_not));
      continue;
    }
    problems->Add(path, absl::StrCat(where, " uses {{", name, "}}, which is not set",
                                     problems->DidYouMean(name, scope.AllKnown()),
                                     ": add it under variables, or capture it in an earlier step"));
  }
}

void VisitTemplates(
    const Message& message, const std::string& path,
    const std::function<void(const std::string& text, const std::string& path)>& visit) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string field_path =
        path.empty() ? field->name() : absl::StrCat(path, ".", field->name());
    const bool expands = field->options().GetExtension(v1::expands);
    if (field->is_map()) {
      const FieldDescriptor& key = *field->message_type()->map_key();
      const FieldDescriptor& value = *field->message_type()->map_value();
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        const Message& entry = reflection.GetRepeatedMessage(message, field, i);
        const std::string entry_path =
            absl::StrCat(field_path, ".", entry.GetReflection()->GetString(entry, &key));
        if (value.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
          VisitTemplates(entry.GetReflection()->GetMessage(entry, &value), entry_path, visit);
        } else if (expands) {
          visit(entry.GetReflection()->GetString(entry, &value), entry_path);
        }
      }
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        const std::string item_path = absl::StrCat(field_path, "[", i, "]");
        if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
          VisitTemplates(reflection.GetRepeatedMessage(message, field, i), item_path, visit);
        } else if (expands) {
          visit(reflection.GetRepeatedString(message, field, i), item_path);
        }
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      VisitTemplates(reflection.GetMessage(message, field), field_path, visit);
    } else if (expands) {
      visit(reflection.GetString(message, field), field_path);
    }
  }
}

}  // namespace smokemesh::coordinator
