#include "coordinator/plan/agent_rules.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "coordinator/plan/field_rules.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxName = 128;

}  // namespace

void CheckOn(const v1::Selector& on, const std::string& path, const std::string& where,
             ProblemList* problems) {
  if (on.service().empty() && on.labels().empty()) {
    problems->Add(path, absl::StrCat("\"on\" of ", where,
                                     " selects nothing: write a "
                                     "service, labels, or service: \"*\" for every agent"));
  }
  if (!on.service().empty() && on.service() != "*" && !IsName(on.service(), kMaxName)) {
    problems->Add(path + ".service",
                  absl::StrCat("service \"", shared::Shorten(on.service(), 64), "\" of ", where,
                               " must be letters, digits, \"-\", \"_\" and \".\", or *"));
  }
  for (const auto& [name, value] : on.labels()) {
    if (IsName(name, kMaxName) && !value.empty()) continue;
    problems->Add(absl::StrCat(path, ".labels.", name),
                  absl::StrCat("label \"", shared::Shorten(name, 64), "\" of ", where,
                               " needs a name of letters, digits, \"-\", \"_\", \".\", and a "
                               "value"));
  }
}

void CheckAgentsOf(const v1::Check& check, const std::string& path, const std::string& where,
                   ProblemList* problems) {
  if (check.has_on()) {
    if (check.has_flow()) {
      problems->Add(path + ".on",
                    absl::StrCat(where,
                                 " is a flow, whose roles say which agents take them: move "
                                 "\"on\" to its roles"));
    } else if (check.has_edges()) {
      problems->Add(path + ".on",
                    absl::StrCat(where,
                                 " probes each edge from beside the service that it is "
                                 "\"from\": remove \"on\""));
    } else {
      CheckOn(check.on(), path + ".on", where, problems);
    }
  }
  if (check.quorum().empty() || check.quorum() == "all") return;
  if (check.has_flow()) {
    problems->Add(path + ".quorum",
                  absl::StrCat(where,
                               " is a flow, which needs all of its agents: remove "
                               "\"quorum\""));
    return;
  }
  if (check.quorum() == "any") return;
  int number = 0;
  if (!absl::SimpleAtoi(check.quorum(), &number) || number < 1 ||
      check.quorum() != std::to_string(number)) {
    problems->Add(path + ".quorum",
                  absl::StrCat("quorum \"", shared::Shorten(check.quorum(), 32), "\" of ", where,
                               " must be all, any, or a number from 1"));
  } else if (number > 1 && !check.has_on() && !check.has_edges()) {
    problems->Add(path + ".quorum", absl::StrCat(where,
                                                 " runs on one agent and can never have a "
                                                 "quorum of ",
                                                 number, ": select more with \"on\""));
  }
}

}  // namespace smokemesh::coordinator
