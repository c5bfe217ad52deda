#ifndef SMOKEMESH_SHARED_VERSION_H_
#define SMOKEMESH_SHARED_VERSION_H_

#include <string_view>

namespace smokemesh::shared {

// Version of this build, as in `project()` of CMakeLists.txt: `0.1.0`.
std::string_view BuildVersion();

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_VERSION_H_
