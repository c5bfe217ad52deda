#ifndef SMOKEMESH_AGENT_CHECKS_EVIDENCE_H_
#define SMOKEMESH_AGENT_CHECKS_EVIDENCE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "shared/redactor.h"
#include "smokemesh/v1/result.pb.h"

namespace smokemesh::agent {

// `text` as it may leave the agent: secrets hidden, on one line, at most `max_bytes` and a note of
// what was cut.
std::string Presentable(std::string_view text, size_t max_bytes, const shared::Redactor& redactor);

// Makes every text in `result` presentable, and the whole of it small enough for a message: 20
// failures, 200 steps, 64 KiB. What says why the check did not pass goes last.
void MakePresentable(v1::TaskResult* result, const shared::Redactor& redactor);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_EVIDENCE_H_
