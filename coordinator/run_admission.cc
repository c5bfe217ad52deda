#include "coordinator/run_admission.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "coordinator/plan/plan_validator.h"
#include "coordinator/plan/selection.h"
#include "shared/duration.h"
#include "shared/status_macros.h"
#include "shared/text.h"
#include "shared/uuid.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxId = 128;
constexpr size_t kMaxOption = 1024;
constexpr auto kDefaultAgentWait = std::chrono::seconds(10);
constexpr auto kMaxAgentWait = std::chrono::hours(1);
constexpr size_t kMaxTagsShown = 20;
constexpr int kMaxCleanRuns = 100;
constexpr int kMaxCleanAgents = 1000;
constexpr int kMaxRounds = 100000;
constexpr int kMaxMaxParallel = 100000;
constexpr int kMaxDeployments = 1000;
constexpr size_t kMaxVersion = 256;

absl::Status CheckId(const char* what, const std::string& id, size_t limit = kMaxId) {
  const bool printable = std::all_of(id.begin(), id.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f;
  });
  if (id.empty() || id.size() > limit || !printable) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " is \"", shared::EscapeControl(shared::Shorten(id, 64)),
                     "\": expected 1 to ", limit, " printable characters without spaces"));
  }
  return absl::OkStatus();
}

absl::Status CheckCleanRuns(const v1::RunOptions& options) {
  if (options.clean_runs_size() > kMaxCleanRuns) {
    return absl::InvalidArgumentError(absl::StrCat("options.clean_runs has ",
                                                   options.clean_runs_size(), " runs: at most ",
                                                   kMaxCleanRuns, " are cleaned up after at once"));
  }
  std::set<std::string> run_ids;
  for (const v1::CleanRun& run : options.clean_runs()) {
    RETURN_IF_ERROR(CheckId("the run to clean up after", run.run_id()));
    if (!run_ids.insert(run.run_id()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("run ", run.run_id(), " is to be cleaned up after twice: name it once"));
    }
    if (run.agent_ids_size() > kMaxCleanAgents) {
      return absl::InvalidArgumentError(absl::StrCat("options.clean_runs of run ", run.run_id(),
                                                     ": at most ", kMaxCleanAgents, " agents"));
    }
    for (const std::string& agent_id : run.agent_ids()) {
      RETURN_IF_ERROR(CheckId("the agent to clean up after", agent_id));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRound(const v1::RunOptions& options) {
  if (!options.has_round()) return absl::OkStatus();
  const v1::Round& round = options.round();
  RETURN_IF_ERROR(CheckId("options.round.bake_id", round.bake_id()));
  if (options.clean_runs_size() > 0) {
    return absl::InvalidArgumentError("a run that cleans up after others is no round of a bake");
  }
  if (round.number() < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("options.round.number is ", round.number(), ": expected 1 or more"));
  }
  if (round.planned() < 0 || round.planned() > kMaxRounds) {
    return absl::InvalidArgumentError(absl::StrCat("options.round.planned is ", round.planned(),
                                                   ": expected 0 (not known) to ", kMaxRounds));
  }
  if (round.number() > (round.planned() == 0 ? kMaxRounds : round.planned())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "options.round.number is ", round.number(), ": expected at most ",
        round.planned() == 0 ? kMaxRounds : round.planned(), ", the number of rounds planned"));
  }
  return absl::OkStatus();
}

absl::Status CheckDeployment(const v1::RunOptions& options) {
  if (options.deployment_size() > kMaxDeployments) {
    return absl::InvalidArgumentError(absl::StrCat("options.deployment names ",
                                                   options.deployment_size(), " services: at most ",
                                                   kMaxDeployments));
  }
  for (const auto& [service, version] : options.deployment()) {
    RETURN_IF_ERROR(CheckId("the service of a deployment", service));
    RETURN_IF_ERROR(CheckId("the version of a deployment", version, kMaxVersion));
  }
  return absl::OkStatus();
}

absl::StatusOr<Selection> ParseSelection(const char* flag, const std::string& expression) {
  absl::StatusOr<Selection> selection = Selection::Parse(expression);
  if (selection.ok()) return selection;
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": ", std::string(selection.status().message())));
}

absl::Status NothingSelected(const v1::CreateRunRequest& request) {
  std::set<std::string> tags;
  for (const v1::Check& check : request.plan().checks()) {
    tags.insert(check.tags().begin(), check.tags().end());
  }
  std::string known;
  if (!request.options().select().empty()) {
    const size_t shown = std::min(tags.size(), kMaxTagsShown);
    known = absl::StrCat(
        "; its tags are ",
        absl::StrJoin(tags.begin(), std::next(tags.begin(), static_cast<long>(shown)), ", "),
        tags.size() > shown ? ", …" : "");
  }
  std::string asked;
  if (!request.options().select().empty()) {
    asked += absl::StrCat(" -m \"", request.options().select(), "\"");
  }
  if (!request.options().match().empty()) {
    asked += absl::StrCat(" -k \"", request.options().match(), "\"");
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "no check is selected:", asked, " leaves none of the ", request.plan().checks_size(),
      " checks of plan \"", request.plan().name(), "\"", known));
}

absl::Status CheckSelection(const v1::CreateRunRequest& request) {
  ASSIGN_OR_RETURN(const Selection by_tags, ParseSelection("-m", request.options().select()));
  ASSIGN_OR_RETURN(const Selection by_name, ParseSelection("-k", request.options().match()));
  const bool cleans_up = request.options().clean_runs_size() > 0;
  int shadow = 0;
  int skipped = 0;
  for (const v1::Check& check : request.plan().checks()) {
    const std::vector<std::string> tags(check.tags().begin(), check.tags().end());
    if (!by_tags.MatchesTags(tags) || !by_name.MatchesName(check.name())) continue;
    const bool judged = check.skip().empty() && !check.shadow();
    if (judged || cleans_up) return absl::OkStatus();
    (check.skip().empty() ? shadow : skipped) += 1;
  }
  if (shadow + skipped == 0) return NothingSelected(request);
  return absl::InvalidArgumentError(
      absl::StrCat("nothing would be judged: of the ", shadow + skipped,
                   shadow + skipped == 1 ? " check" : " checks", " selected ", shadow,
                   shadow == 1 ? " is a shadow check and " : " are shadow checks and ", skipped,
                   skipped == 1 ? " is skipped" : " are skipped",
                   "; select a check that counts, or take `shadow` or `skip` away from one"));
}

}  // namespace

absl::Status AdmitRun(v1::CreateRunRequest* request) {
  RETURN_IF_ERROR(CheckId("request_id", request->request_id()));
  v1::RunOptions* options = request->mutable_options();
  if (options->select().size() > kMaxOption || options->match().size() > kMaxOption) {
    return absl::InvalidArgumentError(
        absl::StrCat("-m and -k: at most ", kMaxOption, " characters are accepted"));
  }
  RETURN_IF_ERROR(CheckCleanRuns(*options));
  RETURN_IF_ERROR(CheckRound(*options));
  RETURN_IF_ERROR(CheckDeployment(*options));
  if (options->max_parallel() < 0 || options->max_parallel() > kMaxMaxParallel) {
    return absl::InvalidArgumentError(absl::StrCat("options.max_parallel is ",
                                                   options->max_parallel(),
                                                   ": expected 0 (no limit) "
                                                   "to ",
                                                   kMaxMaxParallel));
  }
  *options->mutable_requested_by() = shared::Shorten(options->requested_by(), kMaxOption);
  if (!options->has_agent_wait()) {
    *options->mutable_agent_wait() = shared::ToProto(kDefaultAgentWait);
  }
  const shared::Duration wait = shared::FromProto(options->agent_wait());
  if (wait < shared::Duration::zero() || wait > kMaxAgentWait) {
    return absl::InvalidArgumentError("options.agent_wait: expected 0 to 1h");
  }
  const std::vector<Problem> problems = ValidatePlan(request->plan(), {}, "plan");
  if (!problems.empty()) return absl::InvalidArgumentError(FormatProblems(problems));
  ApplyDefaults(request->mutable_plan());
  return CheckSelection(*request);
}

absl::Status AdmitCleanUpAfter(const v1::Plan& plan, const StoredRun& earlier) {
  if (earlier.request.plan().name() != plan.name()) {
    return absl::InvalidArgumentError(
        absl::StrCat("run ", earlier.run_id, " is a run of plan \"", earlier.request.plan().name(),
                     "\", not of \"", plan.name(), "\": clean up after it with its own plan"));
  }
  if (earlier.request.options().clean_runs_size() > 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "run ", earlier.run_id, " only cleaned up after others: it has left nothing behind"));
  }
  if (!earlier.final_run.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("run ", earlier.run_id,
                     " is still going on: wait for its end, or cancel it, and clean up then"));
  }
  return absl::OkStatus();
}

bool AskForSameRun(const v1::CreateRunRequest& a, const v1::CreateRunRequest& b) {
  using google::protobuf::util::MessageDifferencer;
  v1::RunOptions options_a = a.options();
  v1::RunOptions options_b = b.options();
  for (v1::RunOptions* options : {&options_a, &options_b}) {
    options->clear_requested_by();
    // What the coordinator writes into them.
    options->clear_baseline();
    if (options->has_round()) options->mutable_round()->clear_earlier();
  }
  return MessageDifferencer::Equals(options_a, options_b) &&
         MessageDifferencer::Equals(a.plan(), b.plan());
}

std::string NewRunId(shared::WallTime now) {
  return absl::StrCat(absl::FormatTime("%Y%m%d-%H%M%S", absl::FromChrono(now), absl::UTCTimeZone()),
                      "-", shared::RandomUuid().substr(0, 6));
}

}  // namespace smokemesh::coordinator
