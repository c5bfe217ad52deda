"""Files of each target. Written by CMake into build/sources.bzl; copy it here when it changes."""

LIBRARIES = {
    "smokemesh_event_loop": {
        "folder": "shared/event_loop",
        "srcs": [
            "shared/event_loop/event_loop.cc",
        ],
        "deps": [
            ":smokemesh_shared",
        ],
    },
    "smokemesh_expectation": {
        "folder": "shared/expectation",
        "srcs": [
            "shared/expectation/evaluate.cc",
            "shared/expectation/json_pointer.cc",
            "shared/expectation/literal.cc",
            "shared/expectation/parse.cc",
            "shared/expectation/quantile.cc",
            "shared/expectation/queries.cc",
            "shared/expectation/regex.cc",
            "shared/expectation/value.cc",
        ],
        "deps": [
            ":smokemesh_shared",
            "@smokemesh_deps//:json",
            "@smokemesh_deps//:re2",
        ],
    },
    "smokemesh_grpc_support": {
        "folder": "shared/grpc_support",
        "srcs": [
            "shared/grpc_support/grpc_status.cc",
        ],
        "deps": [
            ":smokemesh_shared",
            "@smokemesh_deps//:grpc",
        ],
    },
    "smokemesh_kinds": {
        "folder": "shared/kinds",
        "srcs": [
            "shared/kinds/kinds.cc",
        ],
        "deps": [
            ":smokemesh_proto",
        ],
    },
    "smokemesh_shared": {
        "folder": "shared",
        "srcs": [
            "shared/backoff.cc",
            "shared/cancellation.cc",
            "shared/duration.cc",
            "shared/logging.cc",
            "shared/redactor.cc",
            "shared/shutdown.cc",
            "shared/text.cc",
            "shared/uuid.cc",
            "shared/version.cc",
        ],
        "deps": [
            "@smokemesh_deps//:absl",
            "@smokemesh_deps//:protobuf",
            "@smokemesh_deps//:spdlog",
            "@smokemesh_deps//:ssl",
            "@smokemesh_deps//:threads",
        ],
    },
    "smokemesh_template": {
        "folder": "shared/template",
        "srcs": [
            "shared/template/template.cc",
        ],
        "deps": [
            ":smokemesh_shared",
        ],
    },
    "smokemesh_agent_core": {
        "folder": "agent",
        "srcs": [
            "agent/agent.cc",
        ],
        "deps": [
            ":smokemesh_agent_session",
            ":smokemesh_builtin_checks",
            ":smokemesh_executor",
            ":smokemesh_shared",
            "@smokemesh_deps//:grpc",
        ],
    },
    "smokemesh_agent_flags": {
        "folder": "agent",
        "srcs": [
            "agent/agent_flags.cc",
        ],
        "deps": [
            ":smokemesh_shared",
            "@smokemesh_deps//:cli11",
        ],
    },
    "smokemesh_agent_identity": {
        "folder": "agent",
        "srcs": [
            "agent/agent_identity.cc",
        ],
        "deps": [
            ":smokemesh_shared",
        ],
    },
    "smokemesh_agent_session": {
        "folder": "agent/session",
        "srcs": [
            "agent/session/connect_stream.cc",
            "agent/session/coordinator_channel.cc",
            "agent/session/coordinator_session.cc",
        ],
        "deps": [
            ":smokemesh_agent_session_core",
            ":smokemesh_event_loop",
            ":smokemesh_executor",
            ":smokemesh_grpc",
            ":smokemesh_grpc_support",
        ],
    },
    "smokemesh_agent_session_core": {
        "folder": "agent/session",
        "srcs": [
            "agent/session/outbox.cc",
            "agent/session/result_buffer.cc",
            "agent/session/session_core.cc",
        ],
        "deps": [
            ":smokemesh_executor",
            ":smokemesh_proto",
            ":smokemesh_shared",
        ],
    },
    "smokemesh_builtin_checks": {
        "folder": "agent/checks",
        "srcs": [
            "agent/checks/builtin_checks.cc",
        ],
        "deps": [
            ":smokemesh_check_event_bus",
            ":smokemesh_check_http",
            ":smokemesh_check_postgres",
            ":smokemesh_check_redis",
            ":smokemesh_checks",
        ],
    },
    "smokemesh_check_event_bus": {
        "folder": "agent/checks/event_bus",
        "srcs": [
            "agent/checks/event_bus/bus_event.cc",
            "agent/checks/event_bus/event_bus_step_runner.cc",
            "agent/checks/event_bus/event_format.cc",
            "agent/checks/event_bus/event_observation.cc",
            "agent/checks/event_bus/event_store.cc",
            "agent/checks/event_bus/event_traffic.cc",
            "agent/checks/event_bus/glob.cc",
            "agent/checks/event_bus/python_json.cc",
        ],
        "deps": [
            ":smokemesh_expectation",
            ":smokemesh_proto",
            ":smokemesh_redis_client",
            ":smokemesh_shared",
            "@smokemesh_deps//:json",
        ],
    },
    "smokemesh_check_http": {
        "folder": "agent/checks/http",
        "srcs": [
            "agent/checks/http/address_rules.cc",
            "agent/checks/http/curl_client.cc",
            "agent/checks/http/curl_transfer.cc",
            "agent/checks/http/curl_url.cc",
            "agent/checks/http/http_observation.cc",
            "agent/checks/http/http_step_runner.cc",
            "agent/checks/http/peer_certificate.cc",
        ],
        "deps": [
            ":smokemesh_expectation",
            ":smokemesh_proto",
            ":smokemesh_shared",
            "@smokemesh_deps//:curl",
            "@smokemesh_deps//:ssl",
        ],
    },
    "smokemesh_check_postgres": {
        "folder": "agent/checks/postgres",
        "srcs": [
            "agent/checks/postgres/pqxx_connect.cc",
            "agent/checks/postgres/postgres_observation.cc",
            "agent/checks/postgres/postgres_step_runner.cc",
            "agent/checks/postgres/pqxx_connection.cc",
            "agent/checks/postgres/scratch_schemas.cc",
            "agent/checks/postgres/server_message.cc",
            "agent/checks/postgres/statement_watchdog.cc",
        ],
        "deps": [
            ":smokemesh_expectation",
            ":smokemesh_net",
            ":smokemesh_proto",
            ":smokemesh_shared",
            "@smokemesh_deps//:pqxx",
        ],
    },
    "smokemesh_check_redis": {
        "folder": "agent/checks/redis",
        "srcs": [
            "agent/checks/redis/redis_commands.cc",
            "agent/checks/redis/redis_observation.cc",
            "agent/checks/redis/redis_step_runner.cc",
        ],
        "deps": [
            ":smokemesh_expectation",
            ":smokemesh_proto",
            ":smokemesh_redis_client",
            ":smokemesh_shared",
            "@smokemesh_deps//:json",
        ],
    },
    "smokemesh_checks": {
        "folder": "agent/checks",
        "srcs": [
            "agent/checks/evidence.cc",
            "agent/checks/expansion.cc",
            "agent/checks/parallel_steps.cc",
            "agent/checks/removal.cc",
            "agent/checks/repetition.cc",
            "agent/checks/step_check.cc",
            "agent/checks/step_execution.cc",
            "agent/checks/step_list.cc",
            "agent/checks/step_preparation.cc",
            "agent/checks/step_report.cc",
            "agent/checks/step_runners.cc",
            "agent/checks/variables.cc",
            "agent/checks/waiting.cc",
        ],
        "deps": [
            ":smokemesh_expectation",
            ":smokemesh_kinds",
            ":smokemesh_proto",
            ":smokemesh_shared",
            ":smokemesh_template",
            "@smokemesh_deps//:json",
        ],
    },
    "smokemesh_executor": {
        "folder": "agent/executor",
        "srcs": [
            "agent/executor/executor.cc",
            "agent/executor/result_limits.cc",
        ],
        "deps": [
            ":smokemesh_proto",
            ":smokemesh_shared",
        ],
    },
    "smokemesh_net": {
        "folder": "agent/checks/net",
        "srcs": [
            "agent/checks/net/resolver.cc",
            "agent/checks/net/tcp_connect.cc",
            "agent/checks/net/waiter.cc",
        ],
        "deps": [
            ":smokemesh_proto",
            ":smokemesh_shared",
        ],
    },
    "smokemesh_redis_client": {
        "folder": "agent/checks/redis_client",
        "srcs": [
            "agent/checks/redis_client/element.cc",
            "agent/checks/redis_client/published_message.cc",
            "agent/checks/redis_client/redis_command.cc",
            "agent/checks/redis_client/redis_error.cc",
            "agent/checks/redis_client/redis_session.cc",
            "agent/checks/redis_client/redis_sessions.cc",
            "agent/checks/redis_client/redis_transport.cc",
            "agent/checks/redis_client/redis_url.cc",
            "agent/checks/redis_client/resp_hiredis.cc",
        ],
        "deps": [
            ":smokemesh_expectation",
            ":smokemesh_net",
            ":smokemesh_proto",
            ":smokemesh_shared",
            "@smokemesh_deps//:hiredis",
            "@smokemesh_deps//:ssl",
        ],
    },
    "smokemesh_cli": {
        "folder": "coordinator/cli",
        "srcs": [
            "coordinator/cli/clean_command.cc",
            "coordinator/cli/cli.cc",
            "coordinator/cli/lint_command.cc",
            "coordinator/cli/one_shot.cc",
            "coordinator/cli/query.cc",
            "coordinator/cli/query_commands.cc",
            "coordinator/cli/request_runner.cc",
            "coordinator/cli/run_command.cc",
            "coordinator/cli/serve_command.cc",
        ],
        "deps": [
            ":smokemesh_agent_core",
            ":smokemesh_coordinator",
            ":smokemesh_run_client",
            ":smokemesh_verdict",
        ],
    },
    "smokemesh_command_line": {
        "folder": "coordinator/cli",
        "srcs": [
            "coordinator/cli/address.cc",
            "coordinator/cli/command_line.cc",
            "coordinator/cli/exit_code.cc",
            "coordinator/cli/leftovers.cc",
            "coordinator/cli/plan_file.cc",
            "coordinator/cli/progress.cc",
            "coordinator/cli/progress_lines.cc",
            "coordinator/cli/report_files.cc",
            "coordinator/cli/terminal.cc",
            "coordinator/cli/unfinished_runs.cc",
        ],
        "deps": [
            ":smokemesh_plan",
            ":smokemesh_proto",
            ":smokemesh_report",
            ":smokemesh_shared",
            ":smokemesh_verdict",
            "@smokemesh_deps//:cli11",
        ],
    },
    "smokemesh_coordinator": {
        "folder": "coordinator",
        "srcs": [
            "coordinator/coordinator.cc",
            "coordinator/engine_host.cc",
            "coordinator/engine_host_calls.cc",
            "coordinator/listen_address.cc",
            "coordinator/run_admission.cc",
            "coordinator/store_problems.cc",
        ],
        "deps": [
            ":smokemesh_coordinator_session",
            ":smokemesh_event_loop",
            ":smokemesh_grpc",
            ":smokemesh_plan",
            ":smokemesh_run",
            ":smokemesh_run_service",
            ":smokemesh_shared",
            ":smokemesh_store",
            "@smokemesh_deps//:absl",
        ],
    },
    "smokemesh_coordinator_session": {
        "folder": "coordinator/session",
        "srcs": [
            "coordinator/session/agent_session.cc",
            "coordinator/session/message_limits.cc",
        ],
        "deps": [
            ":smokemesh_grpc",
            ":smokemesh_grpc_support",
            ":smokemesh_shared",
        ],
    },
    "smokemesh_plan": {
        "folder": "coordinator/plan",
        "srcs": [
            "coordinator/plan/event_bus_rules.cc",
            "coordinator/plan/expectation_rules.cc",
            "coordinator/plan/field_rules.cc",
            "coordinator/plan/json_text.cc",
            "coordinator/plan/literal_secrets.cc",
            "coordinator/plan/needs_rules.cc",
            "coordinator/plan/parallel_rules.cc",
            "coordinator/plan/plan_comments.cc",
            "coordinator/plan/plan_defaults.cc",
            "coordinator/plan/plan_loader.cc",
            "coordinator/plan/plan_schema.cc",
            "coordinator/plan/plan_steps.cc",
            "coordinator/plan/plan_validator.cc",
            "coordinator/plan/policy_file.cc",
            "coordinator/plan/policy_rules.cc",
            "coordinator/plan/problem_list.cc",
            "coordinator/plan/receive_rules.cc",
            "coordinator/plan/repetition_rules.cc",
            "coordinator/plan/rule_limits.cc",
            "coordinator/plan/selection.cc",
            "coordinator/plan/selector_rules.cc",
            "coordinator/plan/sql_text.cc",
            "coordinator/plan/step_place.cc",
            "coordinator/plan/step_rules.cc",
            "coordinator/plan/strict_yaml.cc",
            "coordinator/plan/time_rules.cc",
            "coordinator/plan/variable_rules.cc",
            "coordinator/plan/yaml_message.cc",
        ],
        "deps": [
            ":smokemesh_expectation",
            ":smokemesh_kinds",
            ":smokemesh_proto",
            ":smokemesh_shared",
            ":smokemesh_template",
            "@smokemesh_deps//:absl",
            "@smokemesh_deps//:json",
            "@smokemesh_deps//:yaml_cpp",
        ],
    },
    "smokemesh_report": {
        "folder": "coordinator/report",
        "srcs": [
            "coordinator/report/clean_up_text.cc",
            "coordinator/report/run_view.cc",
            "coordinator/report/markup.cc",
            "coordinator/report/text_layout.cc",
            "coordinator/report/text_report.cc",
            "coordinator/report/json_report.cc",
            "coordinator/report/junit_report.cc",
            "coordinator/report/github_report.cc",
            "coordinator/report/html_page.cc",
            "coordinator/report/html_timeline.cc",
            "coordinator/report/html_report.cc",
            "coordinator/report/markdown_report.cc",
            "coordinator/report/tap_report.cc",
        ],
        "deps": [
            ":smokemesh_proto",
            ":smokemesh_shared",
            ":smokemesh_verdict",
            "@smokemesh_deps//:json",
        ],
    },
    "smokemesh_run": {
        "folder": "coordinator/run",
        "srcs": [
            "coordinator/run/engine.cc",
            "coordinator/run/engine_agents.cc",
            "coordinator/run/engine_results.cc",
            "coordinator/run/engine_runs.cc",
            "coordinator/run/run_state.cc",
            "coordinator/run/run_outcomes.cc",
            "coordinator/run/snapshot.cc",
            "coordinator/run/assignment.cc",
            "coordinator/run/ack_window.cc",
            "coordinator/run/clean_up.cc",
            "coordinator/run/timers.cc",
            "coordinator/run/verification.cc",
        ],
        "deps": [
            ":smokemesh_plan",
            ":smokemesh_proto",
            ":smokemesh_scheduler",
            ":smokemesh_shared",
            ":smokemesh_verdict",
            "@smokemesh_deps//:absl",
        ],
    },
    "smokemesh_run_client": {
        "folder": "coordinator/cli",
        "srcs": [
            "coordinator/cli/run_client.cc",
        ],
        "deps": [
            ":smokemesh_command_line",
            ":smokemesh_grpc",
            ":smokemesh_grpc_support",
            ":smokemesh_shared",
        ],
    },
    "smokemesh_run_service": {
        "folder": "coordinator/service",
        "srcs": [
            "coordinator/service/run_service.cc",
            "coordinator/service/watch_queue.cc",
            "coordinator/service/watch_stream.cc",
        ],
        "deps": [
            ":smokemesh_grpc",
            ":smokemesh_grpc_support",
            ":smokemesh_shared",
        ],
    },
    "smokemesh_scheduler": {
        "folder": "coordinator/scheduler",
        "srcs": [
            "coordinator/scheduler/agent_registry.cc",
            "coordinator/scheduler/manifest.cc",
            "coordinator/scheduler/scheduler.cc",
        ],
        "deps": [
            ":smokemesh_plan",
            ":smokemesh_proto",
            ":smokemesh_shared",
            "@smokemesh_deps//:absl",
        ],
    },
    "smokemesh_store": {
        "folder": "coordinator/store",
        "srcs": [
            "coordinator/store/sqlite_connection.cc",
            "coordinator/store/sqlite_run_store.cc",
            "coordinator/store/sqlite_schema.cc",
            "coordinator/store/store_lock.cc",
        ],
        "deps": [
            ":smokemesh_proto",
            ":smokemesh_shared",
            "@smokemesh_deps//:sqlite",
        ],
    },
    "smokemesh_verdict": {
        "folder": "coordinator/verdict",
        "srcs": [
            "coordinator/verdict/verdict.cc",
            "coordinator/verdict/bake_verdict.cc",
            "coordinator/verdict/clean_up_verdict.cc",
            "coordinator/verdict/comparison.cc",
            "coordinator/verdict/quorum.cc",
            "coordinator/verdict/rule.cc",
            "coordinator/verdict/evidence.cc",
            "coordinator/verdict/standing.cc",
        ],
        "deps": [
            ":smokemesh_plan",
            ":smokemesh_proto",
            ":smokemesh_shared",
            "@smokemesh_deps//:absl",
        ],
    },
}

BINARIES = {
    "smokemesh-agent": {
        "folder": "agent",
        "srcs": [
            "agent/main.cc",
        ],
        "deps": [
            ":smokemesh_agent_core",
            ":smokemesh_agent_flags",
            ":smokemesh_agent_identity",
            ":smokemesh_agent_session",
            "@smokemesh_deps//:absl",
        ],
    },
    "smokemesh": {
        "folder": "coordinator/cli",
        "srcs": [
            "coordinator/main.cc",
        ],
        "deps": [
            ":smokemesh_cli",
            "@smokemesh_deps//:absl",
        ],
    },
}

TESTS = {
    "unit_shared_template_test": {
        "folder": "tests/unit/shared/template",
        "srcs": [
            "tests/unit/shared/template/template_test.cc",
        ],
        "deps": [
            ":smokemesh_template",
            "@smokemesh_deps//:gtest",
        ],
    },
}

PROTOS = [
    "smokemesh/v1/plan.proto",
    "smokemesh/v1/result.proto",
    "smokemesh/v1/agent_session.proto",
    "smokemesh/v1/run_service.proto",
]
