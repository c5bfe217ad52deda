#include "coordinator/plan/step_place.h"

#include "absl/strings/str_cat.h"

namespace smokemesh::coordinator {

std::string StepPlace::PathOf(std::string_view field) const {
  return field.empty() ? path : absl::StrCat(path, ".", std::string(field));
}

void StepPlace::Report(std::string_view field, std::string_view message) const {
  problems->Add(PathOf(field), absl::StrCat(where, " ", std::string(message)));
}

}  // namespace smokemesh::coordinator
