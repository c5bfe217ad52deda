#include "tests/testing/local_postgres.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <pqxx/pqxx>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "tests/testing/free_port.h"
#include "tests/testing/user.h"

namespace smokemesh::testing {
namespace {

namespace fs = std::filesystem;

constexpr shared::Duration kStartTime = std::chrono::seconds(60);
constexpr shared::Duration kRetryInterval = std::chrono::milliseconds(10);

absl::StatusOr<std::string> NewestBin() {
  std::string newest;
  int version = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const int number = std::atoi(entry.path().filename().c_str());
    if (number > version && fs::exists(entry.path() / "bin/initdb")) {
      version = number;
      newest = entry.path() / "bin";
    }
  }
  if (newest.empty()) return absl::NotFoundError("no PostgreSQL server in /usr/lib/postgresql");
  return newest;
}

// PostgreSQL refuses to run as root.
std::string RunAs() {
  if (geteuid() != 0) return "";
  return FindUser("postgres").has_value() ? "postgres" : "nobody";
}

// A data directory as initdb leaves it, made once per process and copied from there.
struct Template {
  TempDir dir;
  absl::Status status;
};

absl::Status MakeTemplate(const TempDir& dir, const std::string& bin, const std::string& user) {
  const fs::path password = dir.Write("password", LocalPostgres::kSuperuserPassword);
  if (!user.empty()) {
    RETURN_IF_ERROR(GiveTo(user, dir.path()));
    RETURN_IF_ERROR(GiveTo(user, password));
  }
  ProcessOptions options;
  options.user = user;
  options.working_directory = dir.path();
  options.argv = {bin + "/initdb",
                  "--pgdata=" + (dir.path() / "data").string(),
                  std::string("--username=") + LocalPostgres::kSuperuser,
                  "--pwfile=" + password.string(),
                  "--auth-local=trust",
                  "--auth-host=scram-sha-256",
                  "--encoding=UTF8",
                  "--locale=C.UTF-8",
                  "--no-sync",
                  "--no-instructions"};
  return RunToEnd(options).status();
}

// Made on first use and removed at the process's end.
const Template& DataTemplate(const std::string& bin, const std::string& user) {
  static const auto* const leaked_never = [&] {
    static Template made;
    made.status = MakeTemplate(made.dir, bin, user);
    return &made;
  }();
  return *leaked_never;
}

std::vector<pid_t> Children(pid_t parent) {
  std::ifstream file(absl::StrCat("/proc/", parent, "/task/", parent, "/children"));
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LocalPostgres>> LocalPostgres::Start(
    const PostgresOptions& options) {
  std::unique_ptr<LocalPostgres> server(new LocalPostgres());
  ASSIGN_OR_RETURN(server->bin_, NewestBin());
  server->user_ = RunAs();
  const Template& data = DataTemplate(server->bin_, server->user_);
  RETURN_IF_ERROR(data.status);
  if (!server->user_.empty()) RETURN_IF_ERROR(GiveTo(server->user_, server->dir_.path()));
  ProcessOptions copy;
  copy.user = server->user_;
  copy.working_directory = server->dir_.path();
  copy.argv = {"cp", "-a", (data.dir.path() / "data").string(), "data"};
  RETURN_IF_ERROR(RunToEnd(copy).status());

  server->settings_ = {
      {"listen_addresses", "127.0.0.1"}, {"unix_socket_directories", server->dir_.path()},
      {"shared_buffers", "32MB"},        {"max_connections", "100"},
      {"logging_collector", "off"},      {"log_min_messages", "warning"},
  };
  // On by default; not said here, so that a test can turn it off while the server runs.
  if (!options.durable) server->settings_["fsync"] = "off";
  if (!options.cert_file.empty()) {
    for (const auto& [from, to] :
         {std::pair{options.cert_file, "server.crt"}, std::pair{options.key_file, "server.key"}}) {
      std::ifstream file(from);
      std::stringstream text;
      text << file.rdbuf();
      const fs::path path = server->dir_.Write(to, text.str());
      if (!server->user_.empty()) RETURN_IF_ERROR(GiveTo(server->user_, path));
    }
    server->settings_["ssl"] = "on";
    server->settings_["ssl_cert_file"] = server->dir_.path() / "server.crt";
    server->settings_["ssl_key_file"] = server->dir_.path() / "server.key";
  }
  for (const auto& [name, value] : options.settings) server->settings_[name] = value;

  absl::Status status;
  for (int attempt = 0; attempt < 5; ++attempt) {
    server->port_ = FreePort();
    status = server->Launch();
    if (status.ok()) return server;
  }
  return status;
}

// Debian keeps /usr/lib/postgresql/N/bin and /usr/share/postgresql/N/extension.
bool LocalPostgres::HasExtension(const std::string& name) {
  const auto bin = NewestBin();
  if (!bin.ok()) return false;
  const fs::path version = fs::path(*bin).parent_path().filename();
  return fs::exists("/usr/share/postgresql" / version / "extension" / (name + ".control"));
}

LocalPostgres::~LocalPostgres() { Stop(); }

absl::Status LocalPostgres::Launch() {
  ProcessOptions options;
  options.user = user_;
  options.working_directory = dir_.path();
  options.death_signal = SIGQUIT;  // the postmaster ends its children then
  options.argv = {bin_ + "/postgres", "-D", (dir_.path() / "data").string(), "-p",
                  absl::StrCat(port_)};
  for (const auto& [name, value] : settings_) {
    options.argv.push_back("-c");
    options.argv.push_back(name + "=" + value);
  }
  ASSIGN_OR_RETURN(process_, Process::Start(options));
  const shared::SteadyTime deadline = std::chrono::steady_clock::now() + kStartTime;
  while (std::chrono::steady_clock::now() < deadline) {
    // It has bound the port before it makes the socket, so an answer on the socket covers both.
    if (Exec("SELECT 1").ok()) return absl::OkStatus();
    if (process_->WaitUntil(std::chrono::steady_clock::now() + kRetryInterval)) break;
  }
  const std::string log = Log();
  process_.reset();
  return absl::UnavailableError("PostgreSQL did not start:\n" + log);
}

std::string LocalPostgres::Log() const {
  return process_ == nullptr ? "" : process_->Stderr() + process_->Stdout();
}

std::string LocalPostgres::Url(const std::string& user, const std::string& password,
                               const std::string& database) const {
  return absl::StrCat("postgresql://", user, ":", password, "@127.0.0.1:", port_, "/", database);
}

absl::StatusOr<std::string> LocalPostgres::PlainUrl(const std::string& database) const {
  RETURN_IF_ERROR(Exec(absl::StrCat("DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname "
                                    "= 'plain') THEN CREATE ROLE plain LOGIN PASSWORD '",
                                    kPlainPassword, "'; END IF; END$$"))
                      .status());
  RETURN_IF_ERROR(Exec(absl::StrCat("GRANT CREATE ON DATABASE ", database, " TO plain")).status());
  return Url("plain", kPlainPassword, database);
}

absl::StatusOr<std::string> LocalPostgres::Exec(const std::string& sql,
                                                const std::string& database) const {
  try {
    pqxx::connection connection(absl::StrCat("host=", socket_directory(), " port=", port_,
                                             " user=", kSuperuser, " dbname=", database,
                                             " connect_timeout=10"));
    pqxx::nontransaction transaction(connection);
    const pqxx::result result = transaction.exec(sql);
    if (result.empty() || result.columns() == 0 || result[0][0].is_null()) return "";
    return std::string(result[0][0].c_str(), result[0][0].size());
  } catch (const std::exception& error) {
    return absl::UnknownError(error.what());
  }
}

void LocalPostgres::Pause() {
  if (process_ == nullptr) return;
  process_->Signal(SIGSTOP);
  for (const pid_t child : Children(process_->pid())) kill(child, SIGSTOP);
}

void LocalPostgres::Resume() {
  if (process_ == nullptr) return;
  for (const pid_t child : Children(process_->pid())) kill(child, SIGCONT);
  process_->Signal(SIGCONT);
}

void LocalPostgres::Stop() {
  if (process_ == nullptr) return;
  Resume();
  process_->Signal(SIGINT);
  if (!process_->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10))) Kill();
  process_.reset();
}

void LocalPostgres::Kill() {
  if (process_ == nullptr) return;
  Resume();
  process_->Signal(SIGQUIT);
  process_->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  process_.reset();
}

absl::Status LocalPostgres::StartAgain() {
  Stop();
  return Launch();
}

}  // namespace smokemesh::testing
