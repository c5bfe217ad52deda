#ifndef SMOKEMESH_AGENT_AGENT_IDENTITY_H_
#define SMOKEMESH_AGENT_AGENT_IDENTITY_H_

#include <string>

namespace smokemesh::agent {

// The identifier of an agent that was given none: `SERVICE@HOST`, and `SERVICE@HOST#2`, `#3`, … for
// further agents of the same user beside the same service and coordinator on this machine. An agent
// that is started again after a crash gets the one that it had: the number is held by a file lock
// in $XDG_RUNTIME_DIR, or /tmp, which ends with the process. Where no lock can be had, it is
// `SERVICE@HOST`.
class AgentIdentity {
 public:
  AgentIdentity(const std::string& service, const std::string& coordinator);
  // Gives the number back.
  ~AgentIdentity();
  AgentIdentity(const AgentIdentity&) = delete;
  AgentIdentity& operator=(const AgentIdentity&) = delete;

  const std::string& id() const { return id_; }

 private:
  std::string id_;
  int lock_ = -1;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_AGENT_IDENTITY_H_
