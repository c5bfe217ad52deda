#include "tests/testing/local_vector.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <pqxx/pqxx>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "tests/testing/pglite/pglite.h"

namespace smokemesh::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListening = "listening on 127.0.0.1:";
constexpr auto kStartTime = std::chrono::seconds(60);

std::string Directory() {
  const char* place = std::getenv("SMOKEMESH_PGLITE_DIR");
  return place == nullptr || *place == '\0' ? kPgliteDirectory : place;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LocalVector>> LocalVector::Launch(const std::string& password) {
  const fs::path modules = Directory();
  if (!fs::exists(modules / "data/PG_VERSION")) {
    return absl::NotFoundError(
        absl::StrCat("no pgvector: the installed PostgreSQL has no extension \"vector\", and"
                     " PGlite is not in ",
                     modules.string(), "; run ./dev setup"));
  }
  std::unique_ptr<LocalVector> server(new LocalVector(password));
  const fs::path data = server->dir_.path() / "data";
  std::error_code error;
  fs::copy(modules / "data", data, fs::copy_options::recursive, error);
  if (!error) fs::permissions(data, fs::perms::owner_all, error);
  if (error) {
    return absl::InternalError(
        absl::StrCat("cannot copy PGlite's data directory: ", error.message()));
  }
  ProcessOptions options;
  // One tier of the compiler: half the time to the first answer.
  options.argv = {
      "node",        "--liftoff-only", server->dir_.Write("server.mjs", kPgliteServer).string(),
      "--modules",   modules.string(), "--data",
      data.string(), "--listen",       "127.0.0.1:0"};
  options.environment = {{"PASSWORD", password}};
  ASSIGN_OR_RETURN(server->process_, Process::Start(options));
  return server;
}

LocalVector::~LocalVector() { Stop(); }

absl::Status LocalVector::WaitUntilReady() {
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (process_->WaitForOutput(kListening, deadline)) {
    const std::string text = process_->Stdout();
    const size_t line = text.find(kListening);
    if (line == std::string::npos) break;
    const size_t end = text.find('\n', line);
    if (end == std::string::npos) continue;  // half a line so far
    const size_t from = line + kListening.size();
    if (absl::SimpleAtoi(text.substr(from, end - from), &port_)) return absl::OkStatus();
    break;
  }
  return absl::UnavailableError("PGlite did not start; it wrote:\n" + Log());
}

std::string LocalVector::Url(const std::string& user) const {
  return absl::StrCat("postgresql://", user, ":", password_, "@127.0.0.1:", port_, "/", kDatabase);
}

absl::StatusOr<std::string> LocalVector::Exec(const std::string& sql) const {
  try {
    pqxx::connection connection(Url(kSuperuser) + "?connect_timeout=30");
    pqxx::nontransaction transaction(connection);
    const pqxx::result result = transaction.exec(sql);
    if (result.empty() || result.columns() == 0 || result[0][0].is_null()) return "";
    return std::string(result[0][0].c_str(), result[0][0].size());
  } catch (const std::exception& error) {
    return absl::UnknownError(error.what());
  }
}

// It has nothing to save.
void LocalVector::Stop() {
  if (process_ == nullptr) return;
  process_->Stop(std::chrono::milliseconds(0));
  process_.reset();
}

std::string LocalVector::Log() const {
  return process_ == nullptr ? "" : process_->Stdout() + process_->Stderr();
}

}  // namespace smokemesh::testing
