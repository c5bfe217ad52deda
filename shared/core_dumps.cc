#include "shared/core_dumps.h"

#include <sys/resource.h>

#include <fstream>

namespace smokemesh::shared {

void ForbidCoreDumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  std::ofstream("/proc/self/coredump_filter") << "0";
}

}  // namespace smokemesh::shared
