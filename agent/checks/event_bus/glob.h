#ifndef SMOKEMESH_AGENT_CHECKS_EVENT_BUS_GLOB_H_
#define SMOKEMESH_AGENT_CHECKS_EVENT_BUS_GLOB_H_

#include <string>
#include <string_view>

namespace smokemesh::agent {

// `text` as a pattern of Redis that matches nothing else.
std::string EscapeGlob(std::string_view text);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_EVENT_BUS_GLOB_H_
