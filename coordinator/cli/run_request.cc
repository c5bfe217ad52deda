#include "coordinator/cli/run_request.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "coordinator/cli/plan_file.h"
#include "shared/duration.h"
#include "shared/status_macros.h"
#include "shared/text.h"
#include "shared/uuid.h"

namespace smokemesh::coordinator {
namespace {

// Of the runner that smokemesh takes the place of.
constexpr char kTimeoutVariable[] = "SMOKE_TEST_TIMEOUT";
constexpr double kMostSeconds = 1e9;
constexpr size_t kMaxQuote = 64;

// What `--quick` selects when the plan does not say.
constexpr char kCritical[] = "critical";

// Reads seconds as pytest takes them (`300`, `0.5`), or a duration.
absl::StatusOr<std::optional<shared::Duration>> TimeoutFrom(const Environment& environment) {
  const std::string text = environment(kTimeoutVariable);
  if (text.empty()) return std::nullopt;
  const bool is_number = text.find_first_not_of("0123456789.") == std::string::npos;
  double seconds = 0;
  if (is_number && absl::SimpleAtod(text, &seconds) && seconds <= kMostSeconds) {
    const auto time =
        std::chrono::duration_cast<shared::Duration>(std::chrono::duration<double>(seconds));
    if (time.count() > 0) return time;
  }
  const absl::StatusOr<shared::Duration> duration = shared::ParseDuration(text);
  if (duration.ok() && duration->count() > 0) return *duration;
  return absl::InvalidArgumentError(
      absl::StrCat(kTimeoutVariable, " \"", shared::Shorten(shared::EscapeControl(text), kMaxQuote),
                   "\" is neither a number of seconds such as 300 nor a duration such as 5m"));
}

std::string QuickOf(const v1::Plan& plan) {
  return plan.quick().empty() ? std::string(kCritical) : plan.quick();
}

// The selection with `--quick`: what the plan says is quick, and of it what `-m` says.
std::string SelectionOf(const v1::Plan& plan, const RunArguments& arguments) {
  if (!arguments.quick) return arguments.select;
  const std::string quick = QuickOf(plan);
  if (arguments.select.empty()) return quick;
  const bool is_word = quick.find_first_of(" ()") == std::string::npos;
  return absl::StrCat(is_word ? quick : absl::StrCat("(", quick, ")"), " and (", arguments.select,
                      ")");
}

absl::Status CheckQuick(const v1::Plan& plan, const RunArguments& arguments) {
  if (!arguments.quick || CheckSelection(plan, QuickOf(plan), "").ok()) return absl::OkStatus();
  if (!plan.quick().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--quick selects \"", shared::EscapeControl(plan.quick()), "\", which matches no check of ",
        "plan \"", plan.name(), "\": see its \"quick\""));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--quick runs the critical path, and no check of plan \"", plan.name(),
                   "\" has the tag critical: give it to the checks without which nothing works"));
}

}  // namespace

absl::StatusOr<v1::CreateRunRequest> MakeRunRequest(v1::Plan plan, const RunArguments& arguments,
                                                    const Environment& environment) {
  const std::string select = SelectionOf(plan, arguments);
  RETURN_IF_ERROR(CheckQuick(plan, arguments));
  RETURN_IF_ERROR(CheckSelection(plan, select, arguments.match));
  RETURN_IF_ERROR(CheckDeployment(arguments.deployment, plan));
  std::optional<shared::Duration> timeout = arguments.timeout;
  if (!timeout) {
    ASSIGN_OR_RETURN(timeout, TimeoutFrom(environment));
  }
  if (timeout) *plan.mutable_timeout() = shared::ToProto(*timeout);

  v1::CreateRunRequest request;
  request.set_request_id(arguments.request_id.empty() ? shared::RandomUuid()
                                                      : arguments.request_id);
  *request.mutable_plan() = std::move(plan);
  v1::RunOptions& options = *request.mutable_options();
  options.set_select(select);
  options.set_match(arguments.match);
  if (arguments.agent_wait) *options.mutable_agent_wait() = shared::ToProto(*arguments.agent_wait);
  options.set_max_parallel(arguments.parallel);
  options.set_fail_fast(arguments.fail_fast);
  options.mutable_deployment()->insert(arguments.deployment.begin(), arguments.deployment.end());
  return request;
}

}  // namespace smokemesh::coordinator
