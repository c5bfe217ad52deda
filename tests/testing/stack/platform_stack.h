#ifndef SMOKEMESH_TESTS_TESTING_STACK_PLATFORM_STACK_H_
#define SMOKEMESH_TESTS_TESTING_STACK_PLATFORM_STACK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testing/local_postgres.h"
#include "tests/testing/local_redis.h"
#include "tests/testing/local_vector.h"
#include "tests/testing/stack/service_process.h"
#include "tests/testing/tcp_proxy.h"

namespace smokemesh::testing {

struct StackOptions {
  // Where `aura-platform` lies. Empty: beside the program that runs.
  std::string bin_dir;
  // Retry n of the worker waits 2^n times this.
  double retry_base_seconds = 0.05;
  // Requests per window and client at the gateway.
  int rate_limit = 120;
  // The same for clients without a token, which share an address here; 0: the same number.
  int anonymous_rate_limit = 0;
  // 0: a minute. A short one lets a check wait until it is let in again: SMOKE_RATE_LIMIT_WAIT.
  double rate_window_seconds = 0;
  // Whether there is a pgvector database: tests that look at the services alone need none.
  bool vector = true;
  // Where PostgreSQL has no pgvector: a server with vector.sql in it, to use instead of one of the
  // stack's own. It must outlive the stack.
  LocalVector* shared_vectors = nullptr;
};

// The reference platform on throw-away servers: PostgreSQL with the schema, Redis, and the services
// gateway, identity, engagement, worker, ingestion and normalize, each a process of its own on a
// free loopback port. Where the installed PostgreSQL has no pgvector, the table that needs it lies
// on a second server (see LocalVector). Everything is stopped and removed at the end of the
// object's life, or when the thread that started it dies. Used by one thread.
class PlatformStack {
 public:
  // Returns when every service listens and every /health answers 200.
  static absl::StatusOr<std::unique_ptr<PlatformStack>> Start(const StackOptions& options = {});
  ~PlatformStack();
  PlatformStack(const PlatformStack&) = delete;
  PlatformStack& operator=(const PlatformStack&) = delete;

  static constexpr char kDatabase[] = "aura";
  static constexpr char kVersion[] = "1.0.0";

  // What agents need to reach the platform: SMOKE_TEST_DATABASE_URL, SMOKE_TEST_VECTOR_DATABASE_URL
  // (without pgvector: not set), SMOKE_TEST_REDIS_URL, GATEWAY_URL, IDENTITY_URL, ENGAGEMENT_URL,
  // WORKER_URL, EXPECTED_VERSION, SMOKE_RETRY_BASE_SECONDS and what follows from it,
  // SMOKE_RETRY_GAP_{1,2,3}_{MIN,MAX} (bounds of the wait before retry n, as `100ms`),
  // SMOKE_RATE_LIMIT_WAIT
  // (`true` only with a short window), and three tokens that must be refused: SMOKE_EXPIRED_TOKEN
  // (properly signed), SMOKE_FORGED_TOKEN (signed with another secret), SMOKE_UNSIGNED_TOKEN (alg
  // none). Some faults change it: read it after Apply.
  std::map<std::string, std::string> Environment() const;

  // redis://default:…@127.0.0.1:PORT/`database`
  std::string RedisUrl(int database) const;

  // Texts that must never show up in any output: passwords, signing secret.
  std::vector<std::string> Secrets() const;

  // Breaks the platform in the way that `faults.h` lists. NOT_FOUND for an unknown name.
  absl::Status Apply(std::string_view fault);

  LocalPostgres& postgres() { return *postgres_; }
  LocalRedis& redis() { return *redis_; }
  // gateway, identity, engagement, worker, ingestion or normalize. Aborts for another name.
  ServiceProcess& service(std::string_view name);

  const StackOptions& options() const { return options_; }

  // Restarts a service with a fault of its own (`aura-platform --list-faults`); an empty one: as it
  // is, to make it see what was set.
  absl::Status RestartWithSwitch(std::string_view service_name, std::string_view switch_name);

  // Runs one or more statements as superuser in the platform's database. Returns the first column
  // of the last result's first row.
  absl::StatusOr<std::string> Sql(const std::string& statements);

  // The same in the database that holds the vectors.
  absl::StatusOr<std::string> VectorSql(const std::string& statements);

  // Puts `delay` between everybody and PostgreSQL, in both directions: the services are restarted
  // with the address of a proxy, and Environment() has it, too.
  absl::Status DelayDatabase(shared::Duration delay);

  // Makes PostgreSQL say, to those who ask through Environment(), that it is of a major version.
  absl::Status PretendDatabaseVersion(int major);

  // Restarts the services that use PostgreSQL: their sessions begin anew.
  absl::Status RestartServices();

  // Opens connections as the checks' role until PostgreSQL refuses, and keeps them.
  absl::Status ExhaustConnections();

  // Opens connections as the checks' role until `total` are open, everybody's counted.
  absl::Status HoldConnections(int total);

  // Runs a statement as superuser in a transaction that stays open.
  absl::Status HoldTransaction(const std::string& statement);

  // Leaves so many bytes of Redis's memory, the rest is in use by the platform's own cache.
  absl::Status FillRedis(int64_t left);

  // Makes the servers answer again, whatever was done to them, so that Leftovers can look: starts
  // or resumes them, and lets go of what Hold… and Exhaust… hold.
  absl::Status WakeServers();

  // What is there and was not right after the start: schemas, tables, rows (of users, engagements
  // and what hangs on them) and Redis keys, one a line: `schema smoke_ab12`, `3 rows in
  // atlas.users`, `redis key events:…`. Empty when everything was cleaned up. Needs the servers:
  // see WakeServers.
  absl::StatusOr<std::vector<std::string>> Leftovers();

  // Writes each process's output to `directory`/NAME.log.
  absl::Status KeepLogs(const std::string& directory) const;

 private:
  explicit PlatformStack(const StackOptions& options);

  absl::Status StartDatabase();
  absl::Status StartServices();
  absl::Status StartVectors();
  absl::Status WaitUntilHealthy(std::string_view name);
  std::string DatabaseUrl(const std::string& role) const;

  struct HeldConnections;

  const StackOptions options_;
  const std::string password_;  // of both roles
  const std::string redis_password_;
  const std::string jwt_secret_;
  std::unique_ptr<LocalPostgres> postgres_;
  std::unique_ptr<LocalRedis> redis_;
  // Only where PostgreSQL has no pgvector: the server that has the vectors, and the stack's own.
  LocalVector* vectors_ = nullptr;
  std::unique_ptr<LocalVector> own_vectors_;
  std::unique_ptr<TcpProxy> database_proxy_;  // only while the database is delayed
  std::map<std::string, std::unique_ptr<ServiceProcess>, std::less<>> services_;
  std::unique_ptr<HeldConnections> held_connections_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_STACK_PLATFORM_STACK_H_
