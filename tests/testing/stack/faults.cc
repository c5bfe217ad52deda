#include "tests/testing/stack/faults.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "shared/text.h"
#include "tests/testing/stack/fault_actions.h"

namespace smokemesh::testing {

const std::vector<Fault>& Faults() {
  static const auto* all = [] {
    auto* faults = new std::vector<Fault>();
    for (const auto& family : {DatabaseFaults(), VectorFaults(), EventFaults(), ServiceFaults()}) {
      faults->insert(faults->end(), family.begin(), family.end());
    }
    return faults;
  }();
  return *all;
}

const Fault* FindFault(std::string_view name) {
  for (const Fault& fault : Faults()) {
    if (fault.name == name) return &fault;
  }
  return nullptr;
}

std::string ListFaults() {
  size_t name_width = 0;
  size_t place_width = 0;
  for (const Fault& fault : Faults()) {
    name_width = std::max(name_width, fault.name.size());
    place_width = std::max(place_width, fault.place.size());
  }
  std::string text;
  for (const Fault& fault : Faults()) {
    absl::StrAppend(&text, fault.name, std::string(name_width - fault.name.size() + 2, ' '),
                    fault.place, std::string(place_width - fault.place.size() + 2, ' '),
                    fault.description, "\n");
  }
  return text;
}

std::string UnknownFault(std::string_view name) {
  std::vector<std::string> names;
  for (const Fault& fault : Faults()) names.push_back(fault.name);
  return absl::StrCat("unknown fault \"", std::string(name), "\"", shared::DidYouMean(name, names));
}

}  // namespace smokemesh::testing
