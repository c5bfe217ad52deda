#include "tests/testing/stack/platform_stack.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pqxx/pqxx>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/logging.h"
#include "shared/status_macros.h"
#include "shared/uuid.h"
#include "tests/platform/http_client.h"
#include "tests/platform/jwt.h"
#include "tests/testing/stack/faults.h"
#include "tests/testing/stack/schema.h"
#include "tests/testing/stack/unsigned_token.h"

namespace smokemesh::testing {
namespace {

namespace fs = std::filesystem;

constexpr auto kHealthTime = std::chrono::seconds(20);

// Tables whose rows come only from users' and checks' actions.
constexpr const char* kUserTables[] = {
    "users",        "login_audit_log", "engagements",        "engagement_team_members",
    "binder_nodes", "workpapers",      "engagement_activity"};

constexpr char kCacheKey[] = "cache:reports";

constexpr int kChunks = 4;  // as vector.sql makes them

// What is there beyond the platform's own, one a line.
constexpr char kForeignObjects[] =
    "SELECT string_agg(line, E'\\n' ORDER BY line) FROM ("
    " SELECT 'schema ' || nspname AS line FROM pg_namespace WHERE nspname NOT IN"
    " ('atlas', 'public', 'information_schema') AND nspname NOT LIKE 'pg\\_%'"
    " UNION ALL SELECT 'relation ' || oid::regclass FROM pg_class WHERE relkind IN"
    " ('r', 'v', 'm', 'S') AND relnamespace = 'public'::regnamespace"
    " UNION ALL SELECT 'prepared transaction ' || gid FROM pg_prepared_xacts) t";

std::string OwnDirectory() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path().string();
}

// `seconds` as the platform's variables take them.
std::string Seconds(double seconds) { return absl::StrCat(seconds); }

platform::Claims StrangersClaims(std::chrono::seconds age) {
  platform::Claims claims;
  claims.sub = shared::RandomUuid();
  claims.email = "stranger@example.com";
  claims.iat = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() - age);
  claims.exp = claims.iat + 28800;
  return claims;
}

}  // namespace

struct PlatformStack::HeldConnections {
  std::vector<std::unique_ptr<pqxx::connection>> connections;
};

PlatformStack::PlatformStack(const StackOptions& options)
    : options_(options),
      password_("role-" + shared::RandomUuid()),
      redis_password_("redis-" + shared::RandomUuid()),
      jwt_secret_("jwt-" + shared::RandomUuid()) {}

PlatformStack::~PlatformStack() {
  for (auto& [name, process] : services_) process->Stop();
}

absl::StatusOr<std::unique_ptr<PlatformStack>> PlatformStack::Start(const StackOptions& options) {
  std::unique_ptr<PlatformStack> stack(new PlatformStack(options));
  if (options.vector && !LocalPostgres::HasExtension("vector")) {
    // First: it takes longest, and nobody waits for it but us, at the end.
    stack->vectors_ = options.shared_vectors;
    if (stack->vectors_ == nullptr) {
      ASSIGN_OR_RETURN(stack->own_vectors_, LocalVector::Launch(stack->password_));
      stack->vectors_ = stack->own_vectors_.get();
    }
  }
  RedisOptions redis;
  redis.password = stack->redis_password_;
  redis.config = {"appendonly yes"};
  ASSIGN_OR_RETURN(stack->redis_, LocalRedis::Start(redis));
  RETURN_IF_ERROR(stack->StartDatabase());
  RETURN_IF_ERROR(stack->StartServices());
  for (const auto& [name, process] : stack->services_) {
    RETURN_IF_ERROR(stack->WaitUntilHealthy(name));
  }
  if (options.vector) RETURN_IF_ERROR(stack->StartVectors());
  return stack;
}

absl::Status PlatformStack::StartVectors() {
  if (vectors_ != nullptr && own_vectors_ == nullptr) return absl::OkStatus();
  if (own_vectors_ != nullptr) RETURN_IF_ERROR(own_vectors_->WaitUntilReady());
  return VectorSql(kVectorSchema).status();
}

absl::Status PlatformStack::StartDatabase() {
  PostgresOptions postgres;
  postgres.durable = true;  // one of the checks looks at it
  ASSIGN_OR_RETURN(postgres_, LocalPostgres::Start(postgres));
  RETURN_IF_ERROR(postgres_->Exec(absl::StrCat("CREATE DATABASE ", kDatabase)).status());
  RETURN_IF_ERROR(Sql(kPlatformSchema).status());
  return Sql(absl::StrCat("ALTER ROLE aura_app PASSWORD '", password_, "';",
                          "ALTER ROLE aura_smoke PASSWORD '", password_, "'"))
      .status();
}

absl::Status PlatformStack::StartServices() {
  const std::string bin_dir = options_.bin_dir.empty() ? OwnDirectory() : options_.bin_dir;
  const std::string program = bin_dir + "/aura-platform";
  if (!fs::exists(program)) {
    return absl::NotFoundError(program + " is not there; build the target aura-platform");
  }
  std::map<std::string, std::string> environment = {
      {"DATABASE_URL", DatabaseUrl("aura_app")},
      {"REDIS_URL", RedisUrl(0)},
      {"JWT_SECRET", jwt_secret_},
      {"VERSION", kVersion},
      {"BCRYPT_COST", "4"},
      {"RATE_LIMIT", absl::StrCat(options_.rate_limit)},
      {"RATE_LIMIT_ANONYMOUS", absl::StrCat(options_.anonymous_rate_limit)},
      {"RETRY_BASE_SECONDS", Seconds(options_.retry_base_seconds)}};
  if (options_.rate_window_seconds > 0) {
    environment["RATE_WINDOW_SECONDS"] = Seconds(options_.rate_window_seconds);
  }
  const auto add = [&](const std::string& name) -> ServiceProcess& {
    services_[name] = std::make_unique<ServiceProcess>(
        name, std::vector<std::string>{program, "--service", name}, environment);
    return *services_[name];
  };
  const std::vector<std::string> backends = {"identity", "engagement", "worker", "ingestion",
                                             "normalize"};
  for (const std::string& name : backends) RETURN_IF_ERROR(add(name).Launch());
  for (const std::string& name : backends) RETURN_IF_ERROR(service(name).WaitUntilListening());
  ServiceProcess& gateway = add("gateway");
  gateway.Set("IDENTITY_URL", service("identity").url());
  gateway.Set("ENGAGEMENT_URL", service("engagement").url());
  gateway.Set("INGESTION_URL", service("ingestion").url());
  gateway.Set("NORMALIZE_URL", service("normalize").url());
  return gateway.Start();
}

absl::Status PlatformStack::WaitUntilHealthy(std::string_view name) {
  const auto deadline = std::chrono::steady_clock::now() + kHealthTime;
  platform::HttpRequest request;
  request.method = "GET";
  request.target = "/health";
  const ServiceProcess& process = service(name);
  for (;;) {
    const auto answer = platform::SendHttp(process.url(), request, std::chrono::seconds(5));
    if (answer.ok() && answer->status == 200) return absl::OkStatus();
    if (std::chrono::steady_clock::now() > deadline) {
      return absl::UnavailableError(absl::StrCat(
          std::string(name),
          " is not healthy: ", answer.ok() ? answer->body : std::string(answer.status().message()),
          "\n", process.Log()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::string PlatformStack::DatabaseUrl(const std::string& role) const {
  if (database_proxy_ == nullptr) return postgres_->Url(role, password_, kDatabase);
  return absl::StrCat("postgresql://", role, ":", password_, "@127.0.0.1:", database_proxy_->port(),
                      "/", kDatabase);
}

// Names the user: redis-cli takes an empty name for a user of that name.
std::string PlatformStack::RedisUrl(int database) const {
  return redis_->Url("default", redis_password_, database);
}

std::map<std::string, std::string> PlatformStack::Environment() const {
  const auto url = [this](const char* name) { return services_.find(name)->second->url(); };
  std::map<std::string, std::string> environment = {
      {"SMOKE_TEST_DATABASE_URL", DatabaseUrl("aura_smoke")},
      {"SMOKE_TEST_REDIS_URL", RedisUrl(0)},
      {"GATEWAY_URL", url("gateway")},
      {"IDENTITY_URL", url("identity")},
      {"ENGAGEMENT_URL", url("engagement")},
      {"WORKER_URL", url("worker")},
      {"EXPECTED_VERSION", kVersion},
      {"SMOKE_RETRY_BASE_SECONDS", Seconds(options_.retry_base_seconds)},
      {"SMOKE_EXPIRED_TOKEN",
       platform::SignToken(StrangersClaims(std::chrono::hours(9)), jwt_secret_)},
      {"SMOKE_FORGED_TOKEN",
       platform::SignToken(StrangersClaims(std::chrono::seconds(0)), "not-the-secret")},
      {"SMOKE_UNSIGNED_TOKEN",
       UnsignedToken(platform::SignToken(StrangersClaims(std::chrono::seconds(0)), ""))}};
  if (options_.vector) {
    environment["SMOKE_TEST_VECTOR_DATABASE_URL"] =
        vectors_ == nullptr ? DatabaseUrl("aura_smoke") : vectors_->Url("aura_smoke");
  }
  for (int retry = 1; retry <= 3; ++retry) {
    // Half of it and three times of it, and a second for a machine that is busy: no wait at all and
    // waits that do not grow are outside.
    const double seconds = options_.retry_base_seconds * (1 << retry);
    const auto set = [&](const char* name, double value) {
      environment[absl::StrCat("SMOKE_RETRY_GAP_", retry, name)] =
          absl::StrCat(std::llround(value * 1000), "ms");
    };
    set("_MIN", seconds / 2);
    set("_MAX", seconds * 3 + 1);
  }
  if (options_.rate_window_seconds > 0) environment["SMOKE_RATE_LIMIT_WAIT"] = "true";
  return environment;
}

std::vector<std::string> PlatformStack::Secrets() const {
  return {password_, redis_password_, jwt_secret_, LocalPostgres::kSuperuserPassword};
}

absl::Status PlatformStack::Apply(std::string_view name) {
  const Fault* fault = FindFault(name);
  if (fault == nullptr) return absl::NotFoundError(UnknownFault(name));
  const absl::Status status = fault->apply(*this);
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat("fault ", fault->name, ": ", status.message()));
}

ServiceProcess& PlatformStack::service(std::string_view name) {
  auto it = services_.find(name);
  if (it == services_.end()) {
    shared::LogError(absl::StrCat("the platform has no service \"", std::string(name), "\""));
    std::abort();
  }
  return *it->second;
}

absl::Status PlatformStack::RestartWithSwitch(std::string_view service_name,
                                              std::string_view switch_name) {
  ServiceProcess& process = service(service_name);
  if (!switch_name.empty()) process.AddArguments({"--fault", std::string(switch_name)});
  RETURN_IF_ERROR(process.Restart());
  // It listens before it has subscribed: what is published until then is lost on it.
  return service_name == "worker" ? WaitUntilHealthy(service_name) : absl::OkStatus();
}

absl::StatusOr<std::string> PlatformStack::Sql(const std::string& statements) {
  return postgres_->Exec(statements, kDatabase);
}

absl::StatusOr<std::string> PlatformStack::VectorSql(const std::string& statements) {
  if (!options_.vector) return absl::FailedPreconditionError("started without pgvector");
  return vectors_ == nullptr ? Sql(statements) : vectors_->Exec(statements);
}

absl::Status PlatformStack::DelayDatabase(shared::Duration delay) {
  database_proxy_ = std::make_unique<TcpProxy>(postgres_->port());
  for (const char* name : {"identity", "engagement", "worker"}) {
    service(name).Set("DATABASE_URL", DatabaseUrl("aura_app"));
    RETURN_IF_ERROR(service(name).Restart());
  }
  database_proxy_->SetDelay(delay);
  return absl::OkStatus();
}

absl::Status PlatformStack::PretendDatabaseVersion(int major) {
  ASSIGN_OR_RETURN(const std::string number, Sql("SELECT current_setting('server_version_num')"));
  if (number.size() != 6 || major < 10) return absl::InternalError("no version: " + number);
  database_proxy_ =
      std::make_unique<TcpProxy>(postgres_->port(), number, absl::StrCat(major, number.substr(2)));
  return absl::OkStatus();
}

absl::Status PlatformStack::RestartServices() {
  for (const char* name : {"identity", "engagement", "worker"}) {
    RETURN_IF_ERROR(RestartWithSwitch(name, ""));
  }
  return absl::OkStatus();
}

absl::Status PlatformStack::HoldConnections(int total) {
  held_connections_ = std::make_unique<HeldConnections>();
  try {
    for (;;) {
      ASSIGN_OR_RETURN(const std::string open,
                       Sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type ="
                           " 'client backend' AND pid <> pg_backend_pid()"));
      int more = total - std::atoi(open.c_str());
      if (more <= 0) return absl::OkStatus();
      for (; more > 0; --more) {
        held_connections_->connections.push_back(
            std::make_unique<pqxx::connection>(DatabaseUrl("aura_smoke")));
      }
    }
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

absl::Status PlatformStack::HoldTransaction(const std::string& statement) {
  held_connections_ = std::make_unique<HeldConnections>();
  try {
    held_connections_->connections.push_back(std::make_unique<pqxx::connection>(
        postgres_->Url(LocalPostgres::kSuperuser, LocalPostgres::kSuperuserPassword, kDatabase)));
    pqxx::nontransaction session(*held_connections_->connections.back());
    session.exec("BEGIN");
    session.exec(statement);
    return absl::OkStatus();
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

absl::Status PlatformStack::FillRedis(int64_t left) {
  RETURN_IF_ERROR(redis_->Command({"SETRANGE", kCacheKey, "16000000", "x"}).status());
  ASSIGN_OR_RETURN(const std::string info, redis_->Command({"INFO", "memory"}));
  const size_t at = info.find("used_memory:");
  if (at == std::string::npos) return absl::InternalError("Redis does not tell its memory");
  const int64_t used = std::atoll(info.c_str() + at + 12);
  return redis_->Command({"CONFIG", "SET", "maxmemory", absl::StrCat(used + left)}).status();
}

absl::Status PlatformStack::WakeServers() {
  held_connections_.reset();
  postgres_->Resume();
  if (!postgres_->Exec("SELECT 1").ok()) RETURN_IF_ERROR(postgres_->StartAgain());
  redis_->Resume();
  // After a restart it has the data and none of what CONFIG or ACL said.
  if (!redis_->Command({"PING"}).ok()) RETURN_IF_ERROR(redis_->StartAgain());
  return absl::OkStatus();
}

absl::Status PlatformStack::ExhaustConnections() {
  held_connections_ = std::make_unique<HeldConnections>();
  constexpr size_t kMost = 1000;  // far beyond max_connections
  try {
    while (held_connections_->connections.size() < kMost) {
      held_connections_->connections.push_back(
          std::make_unique<pqxx::connection>(DatabaseUrl("aura_smoke")));
    }
  } catch (const std::exception&) {
    if (!held_connections_->connections.empty()) return absl::OkStatus();
  }
  return absl::InternalError("PostgreSQL's limit of connections was not reached");
}

absl::StatusOr<std::vector<std::string>> PlatformStack::Leftovers() {
  std::vector<std::string> found;
  ASSIGN_OR_RETURN(const std::string objects, Sql(kForeignObjects));
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(objects, '\n', absl::SkipEmpty()))) {
    found.push_back(line);
  }
  if (vectors_ != nullptr) {
    ASSIGN_OR_RETURN(const std::string more, vectors_->Exec(kForeignObjects));
    for (const std::string& line :
         std::vector<std::string>(absl::StrSplit(more, '\n', absl::SkipEmpty()))) {
      found.push_back("vector database: " + line);
    }
  }
  if (options_.vector) {
    const auto count =
        VectorSql(absl::StrCat("SELECT count(*) - ", kChunks, " FROM atlas.knowledge_chunks"));
    if (count.ok() && *count != "0") {
      found.push_back(absl::StrCat(*count, " rows more in atlas.knowledge_chunks"));
    }
  }
  for (const char* table : kUserTables) {
    const auto count = Sql(absl::StrCat("SELECT count(*) FROM atlas.", table));
    // A fault may have taken the table away.
    if (count.ok() && *count != "0")
      found.push_back(absl::StrCat(*count, " rows in atlas.", table));
  }
  ASSIGN_OR_RETURN(const std::string keys, redis_->Command({"KEYS", "*"}));
  std::vector<std::string> sorted = absl::StrSplit(keys, '\n', absl::SkipEmpty());
  std::sort(sorted.begin(), sorted.end());
  for (const std::string& key : sorted) {
    if (key != kCacheKey) found.push_back("redis key " + key);
  }
  ASSIGN_OR_RETURN(const std::string keyspace, redis_->Command({"INFO", "keyspace"}));
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(keyspace, absl::ByAnyChar("\r\n")))) {
    if (line.rfind("db", 0) == 0 && line.rfind("db0:", 0) != 0) {
      found.push_back("redis keys in another database: " + line);
    }
  }
  return found;
}

absl::Status PlatformStack::KeepLogs(const std::string& directory) const {
  std::error_code error;
  fs::create_directories(directory, error);
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream file(fs::path(directory) / (name + ".log"));
    file << text;
    return file.good();
  };
  bool good = write("postgres", postgres_->Log());
  for (const auto& [name, process] : services_) good = write(name, process->Log()) && good;
  return good ? absl::OkStatus()
              : absl::UnavailableError("cannot write the logs into " + directory);
}

}  // namespace smokemesh::testing
