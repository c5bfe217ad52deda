#include "coordinator/cli/deployment.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "coordinator/plan/field_rules.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr char kEveryOther[] = "*";
constexpr size_t kLongestService = 128;
constexpr size_t kLongestVersion = 256;
constexpr size_t kMaxQuote = 64;

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", shared::Shorten(shared::EscapeControl(text), kMaxQuote), "\"");
}

bool IsVersion(const std::string& version) {
  return !version.empty() && version.size() <= kLongestVersion &&
         std::all_of(version.begin(), version.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20 && byte != 0x7f;
         });
}

// Services beside which checks of a plan run.
struct Services {
  std::set<std::string> named;
  bool any = false;  // a check may run beside a service that the plan does not name

  void Add(bool has_selector, const v1::Selector& on) {
    if (!has_selector || on.service().empty() || on.service() == kEveryOther) {
      any = true;
    } else {
      named.insert(on.service());
    }
  }
};

Services ServicesOf(const v1::Plan& plan) {
  Services services;
  for (const v1::Check& check : plan.checks()) {
    if (check.has_flow()) {
      for (const v1::FlowRole& role : check.flow().roles()) services.Add(role.has_on(), role.on());
    } else if (check.has_edges()) {
      for (const v1::Edge& edge : check.edges().edges()) services.named.insert(edge.from());
    } else {
      services.Add(check.has_on(), check.on());
    }
  }
  return services;
}

}  // namespace

absl::StatusOr<Deployment> ReadDeployment(const std::vector<std::string>& values) {
  Deployment deployment;
  for (const std::string& value : values) {
    std::string service = kEveryOther;
    std::string version = value;
    const size_t equals = value.find('=');
    if (equals != std::string::npos) {
      const std::string before = value.substr(0, equals);
      if (before == kEveryOther || IsName(before, kLongestService)) {
        service = before;
        version = value.substr(equals + 1);
      }
    }
    if (!IsVersion(version)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--deployment ", Quoted(value),
          " names no version: write VERSION or SERVICE=VERSION, a version having 1 to ",
          kLongestVersion, " printable characters without spaces"));
    }
    if (!deployment.emplace(service, version).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--deployment ", Quoted(value), " is the second version of ",
          service == kEveryOther ? "every other service" : absl::StrCat("service ", service)));
    }
  }
  return deployment;
}

absl::Status CheckDeployment(const Deployment& deployment, const v1::Plan& plan) {
  const Services services = ServicesOf(plan);
  if (services.any) return absl::OkStatus();
  for (const auto& [service, version] : deployment) {
    if (service == kEveryOther || services.named.count(service) > 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--deployment names service ", Quoted(service),
                     ", beside which no check of plan \"", plan.name(), "\" runs",
                     shared::DidYouMean(service, {services.named.begin(), services.named.end()})));
  }
  return absl::OkStatus();
}

}  // namespace smokemesh::coordinator
