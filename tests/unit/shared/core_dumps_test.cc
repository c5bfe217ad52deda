#include "shared/core_dumps.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace smokemesh::shared {
namespace {

TEST(CoreDumpsTest, ACrashAfterwardsLeavesNoCore) {
  const pid_t child = fork();
  if (child == 0) {
    rlimit core{};
    getrlimit(RLIMIT_CORE, &core);
    core.rlim_cur = core.rlim_max;
    setrlimit(RLIMIT_CORE, &core);
    ForbidCoreDumps();
    getrlimit(RLIMIT_CORE, &core);
    if (core.rlim_cur != 0 || core.rlim_max != 0) _exit(1);
    unsigned int kinds = 1;  // of memory that go into a core
    std::ifstream("/proc/self/coredump_filter") >> std::hex >> kinds;
    if (kinds != 0) _exit(3);
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    _exit(2);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(WTERMSIG(status), SIGSEGV);
  EXPECT_FALSE(WCOREDUMP(status));
}

}  // namespace
}  // namespace smokemesh::shared
