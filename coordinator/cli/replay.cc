#include "coordinator/cli/replay.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "coordinator/cli/table.h"
#include "coordinator/report/json_parts.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/run/digest.h"
#include "coordinator/verdict/clean_up_verdict.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

bool Has(const google::protobuf::RepeatedPtrField<std::string>& reasons,
         const std::string& reason) {
  return std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
}

std::string CreatedAt(const v1::Run& run) {
  return shared::FormatWallTime(shared::FromProto(run.create_time()));
}

Json VerdictOf(const v1::Run& run) {
  Json json = VerdictJson(run.verdict());
  json["policy_sha256"] = TextOrNull(run.policy_digest());
  return json;
}

}  // namespace

absl::Status CheckReplayable(const v1::Run& run) {
  if (IsCleanUp(run)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "run ", SafeText(run.run_id()), " only cleans up after others: there is nothing to judge"));
  }
  if (run.state() != v1::Run::STATE_FINISHED) {
    return absl::FailedPreconditionError(
        absl::StrCat("run ", SafeText(run.run_id()),
                     " is still open: it can be judged again when it has ended"));
  }
  return absl::OkStatus();
}

Replayed Replay(const v1::Run& recorded, const v1::Policy& policy) {
  Replayed replayed{recorded, recorded};
  v1::Run& now = replayed.now;
  *now.mutable_verdict() = Judge(EvidenceOf(now), policy);
  now.set_policy_digest(PolicyDigest(policy));
  now.clear_bake();  // what the rounds came to together is not judged here
  return replayed;
}

bool IsOtherwise(const Replayed& replayed) {
  return replayed.then.verdict().decision() != replayed.now.verdict().decision();
}

std::string FirstDifference(const Replayed& replayed) {
  const auto& then = replayed.then.verdict().reasons();
  const auto& now = replayed.now.verdict().reasons();
  for (const std::string& reason : now) {
    if (!Has(then, reason)) return SafeText(reason);
  }
  for (const std::string& reason : then) {
    if (!Has(now, reason)) return "no longer: " + SafeText(reason);
  }
  return "";
}

std::string ReplayText(const Replayed& replayed, const std::string& policy_file,
                       const TextOptions& options) {
  const v1::Run& then = replayed.then;
  return absl::StrCat("Replay of run ", SafeText(then.run_id()), " of ", SafeText(then.plan_name()),
                      ", ", CreatedAt(then), ", by the policy in ", SafeText(policy_file),
                      "\nThen: ", VerdictLine(then.verdict()),
                      "\nNow:  ", VerdictLine(replayed.now.verdict()), "\n\n",
                      TextReport(replayed.now, options));
}

std::string ReplayTable(const std::vector<Replayed>& replayed) {
  std::vector<std::vector<std::string>> rows = {{"RUN", "CREATED", "THEN", "NOW", "WHAT DIFFERS"}};
  int otherwise = 0;
  for (const Replayed& one : replayed) {
    if (IsOtherwise(one)) ++otherwise;
    rows.push_back({SafeText(one.then.run_id()), CreatedAt(one.then),
                    std::string(Name(one.then.verdict().decision())),
                    std::string(Name(one.now.verdict().decision())), FirstDifference(one)});
  }
  return absl::StrCat(Table(rows), otherwise, " of ",
                      Counted(static_cast<int>(replayed.size()), "run"),
                      " would have been judged otherwise\n");
}

std::string ReplayJson(const std::vector<Replayed>& replayed, const std::string& policy_file) {
  Json runs = Json::array();
  int otherwise = 0;
  for (const Replayed& one : replayed) {
    if (IsOtherwise(one)) ++otherwise;
    runs.push_back({{"run_id", Text(one.then.run_id())},
                    {"plan_name", Text(one.then.plan_name())},
                    {"create_time", TimeOrNull(one.then.has_create_time(), one.then.create_time())},
                    {"then", VerdictOf(one.then)},
                    {"now", VerdictOf(one.now)},
                    {"otherwise", IsOtherwise(one)},
                    {"first_difference", TextOrNull(FirstDifference(one))}});
  }
  const Json document = {{"format", "smokemesh.replay.v1"},
                         {"policy_file", Text(policy_file)},
                         {"runs", runs},
                         {"otherwise", otherwise}};
  return document.dump(2) + "\n";
}

}  // namespace smokemesh::coordinator
