#include "tests/durability/power_cut.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "coordinator/store/sqlite_run_store.h"
#include "shared/status_macros.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {
namespace {

namespace fs = std::filesystem;

// Rounds on one store, before a new one is made.
constexpr int kRounds = 8;
// The latest operation that the power is cut at: some check-points of the log later.
constexpr int kLatestCut = 6000;
// A cut while the store is being made.
constexpr int kEarlyCut = 150;
constexpr auto kPatience = std::chrono::seconds(60);

// One machine: the disk, and what was told to the outside world.
struct Machine {
  TempDir world;
  fs::path directory = world.path() / "store";
  fs::path image = world.path() / "image";
  fs::path acks = world.path() / "acks";
  std::set<int> acknowledged;
  int next = 1;
};

// The power is back.
void RestoreImage(const Machine& machine) {
  fs::remove_all(machine.directory);
  fs::create_directory(machine.directory);
  std::ifstream names(machine.image / "names");
  std::string inode, name;
  while (names >> inode >> name) {
    const fs::path to = machine.directory / name;
    if (fs::exists(machine.image / inode)) {
      fs::copy_file(machine.image / inode, to);
    } else {
      std::ofstream empty(to);  // its name was synced, nothing in it
    }
  }
}

// Runs the writer until the power goes. Returns how much it acknowledged.
absl::StatusOr<int> WriteUntilCut(Machine* machine, int cut_at, uint32_t seed, bool weaker) {
  fs::remove_all(machine->image);
  fs::create_directories(machine->image);
  fs::create_directories(machine->directory);
  std::ofstream(machine->acks, std::ios::trunc).close();
  ProcessOptions options;
  options.argv = {POWER_CUT_WRITER, machine->directory / "runs.db", machine->acks,
                  absl::StrCat(machine->next)};
  options.environment = {{"LD_PRELOAD", POWER_CUT_SHIM},
                         {"POWER_CUT_DIRECTORY", machine->directory},
                         {"POWER_CUT_IMAGE", machine->image},
                         {"POWER_CUT_AT", absl::StrCat(cut_at)},
                         {"POWER_CUT_SEED", absl::StrCat(seed)},
                         {"POWER_CUT_SYNCHRONOUS", weaker ? "NORMAL" : "FULL"},
                         {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  ASSIGN_OR_RETURN(const std::unique_ptr<Process> writer, Process::Start(options));
  const std::optional<int> exit = writer->WaitUntil(std::chrono::steady_clock::now() + kPatience);
  if (exit != 128 + SIGKILL) {
    return absl::InternalError(
        absl::StrCat("the writer ended with ", exit.value_or(-1), ": ", writer->Stderr()));
  }
  std::ifstream acks(machine->acks, std::ios::binary);
  int attempt = 0;
  int count = 0;
  while (acks.read(reinterpret_cast<char*>(&attempt), sizeof(attempt))) {
    machine->acknowledged.insert(attempt);
    machine->next = std::max(machine->next, attempt + 1);
    ++count;
  }
  machine->next += 1000;  // more than were under way
  return count;
}

absl::Status CheckIntegrity(const std::string& path) {
  sqlite3* db = nullptr;
  std::string verdict;
  const int code = sqlite3_open(path.c_str(), &db);
  if (code == SQLITE_OK) {
    sqlite3_exec(
        db, "PRAGMA integrity_check",
        [](void* text, int, char** values, char**) {
          absl::StrAppend(static_cast<std::string*>(text), values[0], "\n");
          return 0;
        },
        &verdict, nullptr);
  }
  sqlite3_close(db);
  return verdict == "ok\n" ? absl::OkStatus() : absl::DataLossError("integrity_check: " + verdict);
}

// What the disk has.
absl::StatusOr<std::set<int>> ReadStored(const Machine& machine) {
  const std::string path = machine.directory / "runs.db";
  std::set<int> stored;
  {
    ASSIGN_OR_RETURN(const auto store, coordinator::OpenSqliteRunStore(path));
    const auto run = store->GetRun("r1");
    if (absl::IsNotFound(run.status())) return stored;
    RETURN_IF_ERROR(run.status());
    stored.insert(0);
    ASSIGN_OR_RETURN(const std::vector<v1::TaskResult> results, store->GetResults("r1"));
    for (const v1::TaskResult& result : results) {
      if (!stored.insert(result.attempt()).second) return absl::DataLossError("a result twice");
      if (result.message() != std::string(result.message().size(), 'x')) {
        return absl::DataLossError("a result that was never written");
      }
    }
  }
  RETURN_IF_ERROR(CheckIntegrity(path));
  return stored;
}

}  // namespace

absl::StatusOr<PowerCutReport> CutPower(const PowerCutOptions& options) {
  std::minstd_rand random(options.seed);
  PowerCutReport report;
  std::unique_ptr<Machine> machine;
  for (; report.cuts < options.cuts; ++report.cuts) {
    const bool is_new = report.cuts % kRounds == 0;
    if (is_new) machine = std::make_unique<Machine>();
    const bool early = is_new && random() % 2 == 0;
    const int cut_at = 1 + static_cast<int>(random() % (early ? kEarlyCut : kLatestCut));
    const auto where = [&](const absl::Status& status) {
      return absl::Status(status.code(),
                          absl::StrCat("seed ", options.seed, ", cut ", report.cuts,
                                       " at operation ", cut_at, ": ", status.message()));
    };
    const absl::StatusOr<int> acknowledged =
        WriteUntilCut(machine.get(), cut_at, static_cast<uint32_t>(random()), options.weaker);
    if (!acknowledged.ok()) return where(acknowledged.status());
    report.acknowledged += *acknowledged;
    RestoreImage(*machine);
    const absl::StatusOr<std::set<int>> stored = ReadStored(*machine);
    if (!stored.ok()) return where(stored.status());
    for (auto one = machine->acknowledged.begin(); one != machine->acknowledged.end();) {
      if (stored->contains(*one)) {
        ++one;
      } else {
        ++report.lost;
        one = machine->acknowledged.erase(one);  // counted once
      }
    }
  }
  return report;
}

}  // namespace smokemesh::testing
