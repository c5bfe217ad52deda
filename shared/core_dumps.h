#ifndef SMOKEMESH_SHARED_CORE_DUMPS_H_
#define SMOKEMESH_SHARED_CORE_DUMPS_H_

namespace smokemesh::shared {

// From here on a crash of this process leaves nothing of its memory: passwords of an agent's
// environment and private keys would stand there. A core file is not written (RLIMIT_CORE); a
// program that takes cores (core(5), core_pattern `|…`), which that limit does not bind, gets one
// without memory (coredump_filter). Children inherit both. Does what it can, and says nothing.
void ForbidCoreDumps();

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CORE_DUMPS_H_
