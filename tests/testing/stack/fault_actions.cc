#include "tests/testing/stack/fault_actions.h"

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::testing {

Injection Sql(std::string statements) {
  return [statements = std::move(statements)](PlatformStack& stack) {
    return stack.Sql(statements).status();
  };
}

Injection SqlAndRestart(std::string statements) {
  return [statements = std::move(statements)](PlatformStack& stack) -> absl::Status {
    RETURN_IF_ERROR(stack.Sql(statements).status());
    return stack.RestartServices();
  };
}

Injection VectorSql(std::string statements) {
  return [statements = std::move(statements)](PlatformStack& stack) {
    return stack.VectorSql(statements).status();
  };
}

Injection Setting(const std::string& name, const std::string& value) {
  return [name, value](PlatformStack& stack) -> absl::Status {
    RETURN_IF_ERROR(
        stack.postgres().Exec(absl::StrCat("ALTER SYSTEM SET ", name, " = ", value)).status());
    return stack.postgres().Exec("SELECT pg_reload_conf(), pg_sleep(0.2)").status();
  };
}

Injection Redis(std::vector<RedisCommand> commands) {
  return [commands = std::move(commands)](PlatformStack& stack) -> absl::Status {
    for (const RedisCommand& command : commands) {
      RETURN_IF_ERROR(stack.redis().Command(command).status());
    }
    return absl::OkStatus();
  };
}

Injection Switch(const std::string& service, const std::string& name) {
  return [service, name](PlatformStack& stack) { return stack.RestartWithSwitch(service, name); };
}

Injection Switches(std::vector<std::pair<std::string, std::string>> switches) {
  return [switches = std::move(switches)](PlatformStack& stack) -> absl::Status {
    for (const auto& [service, name] : switches) {
      RETURN_IF_ERROR(stack.RestartWithSwitch(service, name));
    }
    return absl::OkStatus();
  };
}

Injection Variable(const std::string& service, const std::string& name, const std::string& value) {
  return [=](PlatformStack& stack) {
    stack.service(service).Set(name, value);
    return stack.RestartWithSwitch(service, "");
  };
}

Injection Stopped(const std::string& service) {
  return [service](PlatformStack& stack) {
    stack.service(service).Stop();
    return absl::OkStatus();
  };
}

Injection Frozen(const std::string& service) {
  return [service](PlatformStack& stack) {
    stack.service(service).Pause();
    return absl::OkStatus();
  };
}

Injection All(std::vector<Injection> injections) {
  return [injections = std::move(injections)](PlatformStack& stack) -> absl::Status {
    for (const Injection& inject : injections) RETURN_IF_ERROR(inject(stack));
    return absl::OkStatus();
  };
}

}  // namespace smokemesh::testing
