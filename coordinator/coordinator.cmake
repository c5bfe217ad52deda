# The composition root. A target of this folder, not of a sub-folder: it may link them all.
smokemesh_library(
  smokemesh_coordinator
  SRCS coordinator.cc engine_host.cc engine_host_calls.cc listen_address.cc record_reader.cc
       run_admission.cc run_history.cc server_port.cc store_problems.cc
  DEPS smokemesh_run smokemesh_store smokemesh_coordinator_session smokemesh_run_service
       smokemesh_event_loop smokemesh_grpc
  PRIVATE_DEPS smokemesh_plan smokemesh_verdict smokemesh_shared absl::time)
