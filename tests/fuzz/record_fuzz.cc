// Whatever lies in a store as the record of a run: it can be verified and shown in every format,
// and no report lets what it shows be markup or commands.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "coordinator/report/reporter.h"
#include "coordinator/run/verification.h"
#include "smokemesh/v1/result.pb.h"

namespace {

using namespace smokemesh::coordinator;  // NOLINT(google-build-using-namespace): own file
namespace v1 = smokemesh::v1;

// No escape sequence and no other control character gets into a terminal.
void MustBePlain(const std::string& text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  v1::RunRecord record;
  if (!record.ParseFromArray(data, static_cast<int>(size))) return 0;
  (void)VerifyRecord(record);
  const v1::Run& run = record.run();
  MustBePlain(TextReport(run, {}));
  MustBePlain(TapReport(run));
  MustBePlain(MarkdownReport(run, 4096));
  MustBePlain(JunitReport(run));
  MustBePlain(GithubReport(run, "token"));
  (void)JsonReport(run);
  (void)HtmlReport(run);
  (void)GithubOutputs(run, "delimiter");
  return 0;
}
