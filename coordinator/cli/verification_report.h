#ifndef SMOKEMESH_COORDINATOR_CLI_VERIFICATION_REPORT_H_
#define SMOKEMESH_COORDINATOR_CLI_VERIFICATION_REPORT_H_

#include <string>

#include "coordinator/run/verification.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// What `smokemesh verify` prints about a finished run: what was looked at, the digests, each
// problem and what it comes to. Pure, escaped.
std::string VerificationText(const v1::Run& run, const Verification& verification);

// The same as one JSON document, as docs/cli.md describes it.
std::string VerificationJson(const v1::Run& run, const Verification& verification);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_CLI_VERIFICATION_REPORT_H_
