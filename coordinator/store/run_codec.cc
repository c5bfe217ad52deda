#include "coordinator/store/run_codec.h"

#include <google/protobuf/util/message_differencer.h>

#include <chrono>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxShown = 64;

std::string Quoted(std::string_view text) {
  return absl::StrCat("\"", shared::EscapeControl(shared::Shorten(text, kMaxShown)), "\"");
}

}  // namespace

int64_t ToStored(shared::WallTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

shared::WallTime WallTimeFromStored(int64_t nanoseconds) {
  return shared::WallTime(std::chrono::duration_cast<shared::WallTime::duration>(
      std::chrono::nanoseconds(nanoseconds)));
}

std::string EncodeManifest(const std::vector<ManifestPair>& manifest) {
  v1::Run run;
  for (const ManifestPair& pair : manifest) {
    v1::CheckRecord* check = run.add_checks();
    check->set_name(pair.check);
    v1::Task* task = check->add_tasks();
    task->set_agent_id(pair.agent_id);
    task->set_service(pair.service);
    task->set_deployment(pair.deployment);
    task->mutable_roles()->Add(pair.roles.begin(), pair.roles.end());
  }
  return run.SerializeAsString();
}

bool DecodeManifest(std::string_view bytes, std::vector<ManifestPair>* manifest) {
  v1::Run run;
  if (!run.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  for (const v1::CheckRecord& check : run.checks()) {
    if (check.tasks_size() != 1) return false;
    const v1::Task& task = check.tasks(0);
    manifest->push_back({check.name(),
                         task.agent_id(),
                         task.service(),
                         task.deployment(),
                         {task.roles().begin(), task.roles().end()}});
  }
  return true;
}

absl::StatusOr<StoredRun> DecodeRun(RunColumns columns) {
  StoredRun run;
  run.run_id = std::move(columns.run_id);
  run.create_time = WallTimeFromStored(columns.create_time);
  if (!run.request.ParseFromString(columns.request)) return UnreadableRun(run.run_id);
  run.has_manifest = columns.manifest.has_value();
  if (run.has_manifest && !DecodeManifest(*columns.manifest, &run.manifest)) {
    return UnreadableRun(run.run_id);
  }
  run.cancel_reason = std::move(columns.cancel_reason);
  if (columns.final_run.has_value()) {
    run.final_run.emplace();
    if (!run.final_run->ParseFromString(*columns.final_run)) return UnreadableRun(run.run_id);
  }
  return run;
}

v1::Run OutlineOf(const v1::Run& run) {
  v1::Run outline;
  outline.set_run_id(run.run_id());
  *outline.mutable_create_time() = run.create_time();
  outline.set_state(run.state());
  if (run.options().clean_runs_size() > 0) {
    *outline.mutable_options()->mutable_clean_runs() = run.options().clean_runs();
  }
  outline.mutable_verdict()->set_decision(run.verdict().decision());
  outline.mutable_verdict()->set_final(run.verdict().final());
  for (const v1::CheckRecord& check : run.checks()) {
    v1::CheckRecord& less = *outline.add_checks();
    less.set_name(check.name());
    less.set_outcome(check.outcome());
    less.set_blocked_by(check.blocked_by());
    less.set_deselected(check.deselected());
    less.set_shadow(check.shadow());
    for (const v1::Task& task : check.tasks()) {
      v1::Task& less_of_it = *less.add_tasks();
      less_of_it.set_outcome(task.outcome());
      if (task.has_result()) {
        *less_of_it.mutable_result()->mutable_duration() = task.result().duration();
      }
    }
  }
  return outline;
}

v1::Run::State StateOf(bool has_manifest, bool has_final_run) {
  return has_final_run  ? v1::Run::STATE_FINISHED
         : has_manifest ? v1::Run::STATE_RUNNING
                        : v1::Run::STATE_PENDING;
}

PutAnswer CheckPut(const StoredRun& run, const std::string& stored_request_id,
                   const std::optional<std::string>& stored_final_run) {
  if (stored_request_id != run.request.request_id()) {
    return {
        absl::AlreadyExistsError(absl::StrCat("run ", run.run_id, " belongs to another request"))};
  }
  if (!stored_final_run.has_value()) return {};
  // Not by their bytes: map fields have no order in them.
  v1::Run stored;
  if (!run.final_run.has_value() || !stored.ParseFromString(*stored_final_run) ||
      !google::protobuf::util::MessageDifferencer::Equals(stored, *run.final_run)) {
    return {absl::FailedPreconditionError(
        absl::StrCat("run ", run.run_id, " is finished and cannot be changed"))};
  }
  return {absl::OkStatus(), true};
}

absl::Status UnreadableRun(std::string_view run_id) {
  return absl::DataLossError(
      absl::StrCat("the store's record of run ", std::string(run_id), " cannot be read"));
}

absl::Status NoSuchRun(std::string_view run_id) {
  return absl::NotFoundError(absl::StrCat("there is no run ", Quoted(run_id)));
}

absl::Status NoSuchRequest(std::string_view request_id) {
  return absl::NotFoundError(absl::StrCat("there is no run with request id ", Quoted(request_id)));
}

absl::Status RequestWasUsed(std::string_view request_id, std::string_view run_id) {
  return absl::AlreadyExistsError(
      absl::StrCat("request id ", Quoted(request_id), " was used for run ", std::string(run_id)));
}

}  // namespace smokemesh::coordinator
