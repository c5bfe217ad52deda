#include "shared/version.h"

namespace smokemesh::shared {

std::string_view BuildVersion() { return SMOKEMESH_VERSION; }

}  // namespace smokemesh::shared
