#ifndef SMOKEMESH_TESTS_TESTING_STACK_FAULT_ACTIONS_H_
#define SMOKEMESH_TESTS_TESTING_STACK_FAULT_ACTIONS_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "tests/testing/stack/faults.h"
#include "tests/testing/stack/platform_stack.h"

// What faults are made of.
namespace smokemesh::testing {

using Injection = std::function<absl::Status(PlatformStack&)>;
using RedisCommand = std::vector<std::string>;

// Statements as superuser, in the platform's database.
Injection Sql(std::string statements);

// The same, then the services are restarted: pooled connections keep what their session began with.
Injection SqlAndRestart(std::string statements);

// The same in the database that holds the vectors.
Injection VectorSql(std::string statements);

// A server setting, for sessions that exist, too.
Injection Setting(const std::string& name, const std::string& value);

Injection Redis(std::vector<RedisCommand> commands);

// A process of the platform that was built or configured wrongly.
Injection Switch(const std::string& service, const std::string& name);
Injection Switches(std::vector<std::pair<std::string, std::string>> switches);

// A process with another value of a variable.
Injection Variable(const std::string& service, const std::string& name, const std::string& value);

Injection Stopped(const std::string& service);
Injection Frozen(const std::string& service);

// One after the other.
Injection All(std::vector<Injection> injections);

// The families, in the order in which they are listed.
std::vector<Fault> DatabaseFaults();
std::vector<Fault> VectorFaults();
std::vector<Fault> EventFaults();
std::vector<Fault> ServiceFaults();

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_STACK_FAULT_ACTIONS_H_
