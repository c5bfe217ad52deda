# The agent as a whole: the composition root, its command line and the binary.
smokemesh_library(
  smokemesh_agent_core
  SRCS agent.cc
  DEPS smokemesh_shared smokemesh_agent_policy gRPC::grpc++
  PRIVATE_DEPS smokemesh_agent_session smokemesh_agent_spool smokemesh_executor
               smokemesh_builtin_checks)
smokemesh_library(
  smokemesh_agent_flags
  SRCS agent_flags.cc
  DEPS smokemesh_credentials smokemesh_program smokemesh_shared)
smokemesh_library(
  smokemesh_agent_connection
  SRCS coordinator_connection.cc
  DEPS smokemesh_agent_session smokemesh_grpc_credentials)
smokemesh_library(smokemesh_agent_identity SRCS agent_identity.cc PRIVATE_DEPS smokemesh_shared)
smokemesh_binary(
  smokemesh-agent
  SRCS main.cc
  DEPS smokemesh_agent_connection smokemesh_agent_identity smokemesh_agent_core smokemesh_agent_flags smokemesh_agent_session
       smokemesh_grpc_support absl::synchronization)
