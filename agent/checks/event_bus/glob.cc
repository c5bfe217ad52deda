#include "agent/checks/event_bus/glob.h"

namespace smokemesh::agent {

std::string EscapeGlob(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("*?[]^-\\").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace smokemesh::agent
