#ifndef SMOKEMESH_COORDINATOR_STORE_RUN_CODEC_H_
#define SMOKEMESH_COORDINATOR_STORE_RUN_CODEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/store/run_store.h"
#include "shared/clock.h"
#include "smokemesh/v1/run_service.pb.h"

// What stores have in common: how runs are written down, and the rules of RunStore.
namespace smokemesh::coordinator {

// Nanoseconds since 1970.
int64_t ToStored(shared::WallTime time);
shared::WallTime WallTimeFromStored(int64_t nanoseconds);

// A manifest as the bytes of a Run with one CheckRecord, of one Task, for each pair.
std::string EncodeManifest(const std::vector<ManifestPair>& manifest);
// False when the bytes are none.
bool DecodeManifest(std::string_view bytes, std::vector<ManifestPair>* manifest);

// The columns of a run that are read together.
struct RunColumns {
  std::string run_id;
  int64_t create_time = 0;
  std::string request;
  std::optional<std::string> manifest;
  std::string cancel_reason;
  std::optional<std::string> final_run;
};
// DATA_LOSS when they cannot be read.
absl::StatusOr<StoredRun> DecodeRun(RunColumns columns);

// A finished run as GetOutlines gives it.
v1::Run OutlineOf(const v1::Run& run);

v1::Run::State StateOf(bool has_manifest, bool has_final_run);

// What PutRun answers for a run that the store has with this request id and final run (empty: it
// has none): OK, or the refusal. `done`: the same final run is there already.
struct PutAnswer {
  absl::Status refused;
  bool done = false;
};
PutAnswer CheckPut(const StoredRun& run, const std::string& stored_request_id,
                   const std::optional<std::string>& stored_final_run);

// ---- Errors ----------------------------------------------------------------------------------

absl::Status UnreadableRun(std::string_view run_id);
absl::Status NoSuchRun(std::string_view run_id);
absl::Status NoSuchRequest(std::string_view request_id);
absl::Status RequestWasUsed(std::string_view request_id, std::string_view run_id);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_RUN_CODEC_H_
