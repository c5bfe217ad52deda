#include "coordinator/report/reporter.h"

namespace smokemesh::coordinator {

std::string GithubReport(const v1::Run& run, const std::string& token) {
  return run.run_id() + token;
}

std::string GithubOutputs(const v1::Run& run, const std::string& delimiter) {
  return run.run_id() + delimiter;
}

}  // namespace smokemesh::coordinator
