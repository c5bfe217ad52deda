#ifndef SMOKEMESH_AGENT_AGENT_FLAGS_H_
#define SMOKEMESH_AGENT_AGENT_FLAGS_H_

#include <map>
#include <optional>
#include <string>

#include "shared/clock.h"
#include "shared/command_line/program.h"
#include "shared/credentials/client_security.h"

namespace smokemesh::agent {

// What the command line of smokemesh-agent says.
struct AgentFlags {
  std::string coordinator;  // HOST:PORT
  std::string service;
  std::string id;  // empty: the name in the certificate, or else AgentIdentity finds one
  std::map<std::string, std::string> labels;
  std::string deployment;
  std::string state;  // folder; empty: results are in memory only
  int max_parallel = 16;
  std::string log_level = "info";
  shared::ClientSecurity security;
  shared::Duration drain_timeout = std::chrono::seconds(10);
  std::string env_file;  // empty: none
  std::string policy;    // file; empty: what holds without one
};

// A command line that was read: flags to run with, or something to print before leaving.
struct ParsedAgentFlags {
  std::optional<int> exit_code;  // set: print and leave. 0 for --help and the like, else 2
  std::string text;              // for standard output when `exit_code` is 0, else standard error
  AgentFlags flags;              // when `exit_code` is not set; `env_file` whenever it is not 0
};

// All options of `smokemesh-agent`.
shared::Program AgentProgram();

// Reads the command line, SMOKEMESH_COORDINATOR and SMOKEMESH_TLS_….
ParsedAgentFlags ParseAgentFlags(int argc, const char* const* argv);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_AGENT_FLAGS_H_
