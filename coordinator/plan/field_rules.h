#ifndef SMOKEMESH_COORDINATOR_PLAN_FIELD_RULES_H_
#define SMOKEMESH_COORDINATOR_PLAN_FIELD_RULES_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/plan/problem_list.h"
#include "shared/clock.h"

namespace smokemesh::coordinator {

// Rules that many fields share. `where` names the part of the plan: `check "login"`.

// Whether `name` has 1 to `max` letters, digits, `-`, `_` and `.`.
bool IsName(std::string_view name, size_t max);

// Reports a name that is missing or not well formed.
void CheckName(const std::string& name, size_t max, const std::string& path,
               const std::string& where, ProblemList* problems);

// Reports a duration that is not above 0 (or not 0 either, with `zero_is_fine`) or above an hour.
// Returns whether nothing is wrong.
bool CheckDuration(const google::protobuf::Duration& duration, bool zero_is_fine,
                   const std::string& path, const std::string& what, ProblemList* problems);

// The duration, or the nearest one from 0 to an hour: what a stranger sent may not fit a Duration.
shared::Duration BoundedDuration(const google::protobuf::Duration& duration);

// Names of variables that a text may use.
struct Scope {
  const Scope* outer = nullptr;  // names from around this one; not owned
  std::set<std::string> known;
  // Names that only exist later or elsewhere, and what to say about them: `captured only by step
  // 3`.
  std::map<std::string, std::string> later;
  // Names that may not be used here although they are known further out, and why.
  std::map<std::string, std::string> refused;

  bool Knows(const std::string& name) const {
    return known.count(name) > 0 || (outer != nullptr && outer->Knows(name));
  }
  std::vector<std::string> AllKnown() const;
  // What `refused` or, for a name that is not known, `later` says about it, here or further out;
  // null when the name may be used, or when nothing is said.
  const std::string* WhyNot(const std::string& name) const;
};

// Names that every check has. `iteration` is only known to steps that are repeated.
Scope BuiltInScope();

// Whether a plan may not use `name` for a variable of its own.
bool IsBuiltIn(std::string_view name);

// Reports a template that is not well formed and names that are not in `scope`.
void CheckTemplate(const std::string& text, const Scope& scope, const std::string& path,
                   const std::string& where, ProblemList* problems);

// Calls `visit(text, path)` for every text in `message` that is a template, on every level.
void VisitTemplates(
    const google::protobuf::Message& message, const std::string& path,
    const std::function<void(const std::string& text, const std::string& path)>& visit);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_FIELD_RULES_H_
