#ifndef SMOKEMESH_TESTS_E2E_VERDICT_FIXTURE_H_
#define SMOKEMESH_TESTS_E2E_VERDICT_FIXTURE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/mesh_fixture.h"
#include "tests/e2e/run_document.h"
#include "tests/testing/gate/gate_server.h"

namespace smokemesh::testing {

// How a run must end: exit code and decision.
struct Ending {
  int exit_code;
  std::string decision;
};
inline const Ending kPromote = {0, "PROMOTE"};
inline const Ending kRollback = {1, "ROLLBACK"};
inline const Ending kInconclusive = {4, "INCONCLUSIVE"};
inline const Ending kHold = {5, "HOLD"};

// Runs whose verdict is known before, and must be the same in everything that tells of it.
class VerdictTest : public MeshTest {
 protected:
  // A plan on the test's server. `checks`: lines below `checks:`; `head`: lines before it.
  std::string Plan(const std::string& checks, const std::string& head = "") const;
  // A line below `checks:` for a check with one request: `- {name: NAME, tags: [TAGS], MORE, http:
  // …}`. MORE ends with a comma.
  static std::string Check(const std::string& name, const std::string& tags,
                           const std::string& path, const std::string& more = "");

  // A plan of ten checks: `broken`, which fails, with these tags, and `fine1` to `fine9`.
  std::string TenChecks(const std::string& tags_of_broken = "smoke");

  // `smokemesh run PLAN FLAGS --output json --report …` to its end. It must end like this in every
  // output, and its outcomes must add up.
  RunDocument ExpectRun(const std::string& plan, const Ending& ending,
                        std::vector<std::string> flags = {},
                        std::map<std::string, std::string> environment = {});
  // The same of a run that was begun with these flags, and is waited for.
  std::unique_ptr<Process> BeginRun(const std::string& plan, std::vector<std::string> flags = {},
                                    std::map<std::string, std::string> environment = {});
  RunDocument ExpectEnd(Process* run, const Ending& ending);

  // `smokemesh verdict RUN` by the mesh's coordinator must say so.
  RunDocument ExpectVerdict(const std::string& run, const Ending& ending);

  // `smokemesh ARGUMENTS --store STORE`, of a command that reads records.
  Finished Ask(std::vector<std::string> arguments);

  // `smokemesh ARGUMENTS` must end with 2 before anything was asked, and say this about it.
  void ExpectRefused(const std::vector<std::string>& arguments,
                     const std::vector<std::string>& words);

  std::string reports() const { return (dir().path() / "reports").string(); }

  GateServer server_;

 private:
  // Of each report file. Green words must not be in those for people.
  void ExpectReports(const Ending& ending) const;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_E2E_VERDICT_FIXTURE_H_
