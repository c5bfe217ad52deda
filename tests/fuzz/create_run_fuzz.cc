// Whatever a client sends as CreateRunRequest: it is refused with a sentence, or is a run whose
// manifest and digest can be made; and what was admitted once is admitted again, unchanged.
#include <cstdint>
#include <cstdlib>

#include "coordinator/run_admission.h"
#include "smokemesh/v1/run_service.pb.h"

namespace v1 = smokemesh::v1;
using smokemesh::coordinator::AdmitRun;
using smokemesh::coordinator::AskForSameRun;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  v1::CreateRunRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  const absl::Status admitted = AdmitRun(&request);
  if (!admitted.ok()) {
    if (!absl::IsInvalidArgument(admitted) || admitted.message().empty()) std::abort();
    return 0;
  }
  v1::CreateRunRequest again = request;
  if (!AdmitRun(&again).ok() || !AskForSameRun(request, again)) std::abort();
  return 0;
}
