// fault-matrix: runs a plan against the reference platform, healthy and with each fault.

#include <re2/re2.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "shared/mutex.h"
#include "shared/status_macros.h"
#include "tests/faults/expectations.h"
#include "tests/faults/fault_run.h"
#include "tests/faults/judge.h"
#include "tests/faults/render.h"
#include "tests/testing/local_postgres.h"
#include "tests/testing/stack/faults.h"
#include "tests/testing/stack/schema.h"

namespace {

using namespace smokemesh::testing;
using smokemesh::shared::Mutex;
using smokemesh::shared::MutexLock;

constexpr int kViolated = 1;
constexpr int kUsage = 2;

struct Arguments {
  FaultRunOptions run;
  std::string expectations = SMOKEMESH_SOURCE_DIR "/tests/faults/expectations.yaml";
  std::string only;
  int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  int shard = 1;
  int shards = 1;
  int repeat = 1;
  bool check = false;
  std::string json;
  std::string markdown;
  std::string messages;
  std::string draft;
};

// The healthy platform (nullptr), then the faults that were asked for.
std::vector<const Fault*> Selected(const Arguments& arguments) {
  std::vector<const Fault*> selected;
  const RE2 only(arguments.only);
  int index = 0;
  for (const Fault& fault : Faults()) {
    if (!arguments.only.empty() && !RE2::FullMatch(fault.name, only)) continue;
    if (index++ % arguments.shards != arguments.shard - 1) continue;
    for (int i = 0; i < arguments.repeat; ++i) selected.push_back(&fault);
  }
  selected.insert(selected.begin(), nullptr);
  return selected;
}

// Where PostgreSQL has no pgvector: one database for all faults that do not touch it.
absl::StatusOr<std::unique_ptr<LocalVector>> StartVectors() {
  if (LocalPostgres::HasExtension("vector")) return nullptr;
  ASSIGN_OR_RETURN(auto vectors, LocalVector::Launch("vectors-canary"));
  RETURN_IF_ERROR(vectors->WaitUntilReady());
  RETURN_IF_ERROR(vectors->Exec(kVectorSchema).status());
  return vectors;
}

// Carries out runs, each on a platform of its own, several at once. Results are in the order of the
// runs.
class Runner {
 public:
  Runner(const FaultRunOptions& options, std::vector<const Fault*> faults)
      : options_(options), faults_(std::move(faults)), runs_(faults_.size()) {}

  std::vector<FaultRun> Run(int jobs) {
    std::vector<std::thread> threads;
    for (int i = 0; i < jobs; ++i) threads.emplace_back([this] { Work(); });
    for (std::thread& thread : threads) thread.join();
    return std::move(runs_);
  }

 private:
  void Work() {
    const auto vectors = StartVectors();
    for (size_t i = next_++; i < faults_.size(); i = next_++) {
      if (vectors.ok()) {
        runs_[i] = RunFault(options_, faults_[i], vectors->get());
      } else {
        if (faults_[i] != nullptr) runs_[i].fault = faults_[i]->name;
        runs_[i].problem = vectors.status();
      }
      Tell(runs_[i]);
    }
  }

  void Tell(const FaultRun& run) ABSL_LOCKS_EXCLUDED(mutex_) {
    std::string text = absl::StrCat(run.fault.empty() ? "healthy" : run.fault, ": ");
    if (run.problem.ok()) {
      absl::StrAppend(&text, run.run.decision, " in ",
                      std::chrono::duration_cast<std::chrono::milliseconds>(run.run.took).count(),
                      " ms;");
      for (const CheckRun& check : run.run.checks) {
        if (check.failed()) absl::StrAppend(&text, " ", check.name);
      }
    } else {
      absl::StrAppend(&text, run.problem.message());
    }
    MutexLock lock(&mutex_);
    std::cerr << "[" << ++told_ << "/" << faults_.size() << "] " << text << std::endl;
  }

  const FaultRunOptions options_;
  const std::vector<const Fault*> faults_;
  std::vector<FaultRun> runs_;  // each written by one thread
  std::atomic<size_t> next_{0};
  Mutex mutex_;
  size_t told_ ABSL_GUARDED_BY(mutex_) = 0;
};

bool Write(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return true;
  std::cerr << "fault-matrix: cannot write " << path << "\n";
  return false;
}

int Report(const Arguments& arguments, const std::vector<FaultRun>& runs) {
  bool written = Write(arguments.json, RenderJson(runs));
  written = Write(arguments.messages, RenderMessages(runs)) && written;
  written = Write(arguments.draft, RenderDraft(runs)) && written;
  if (!arguments.check && arguments.markdown.empty()) return written ? 0 : kUsage;

  const auto expectations = LoadExpectations(arguments.expectations);
  if (!expectations.ok()) {
    std::cerr << "fault-matrix: " << expectations.status().message() << "\n";
    return kUsage;
  }
  written = Write(arguments.markdown, RenderMarkdown(runs, *expectations)) && written;
  if (!written) return kUsage;
  size_t violations = 0;
  size_t bad = 0;
  std::vector<std::string> names;
  for (const Fault& fault : Faults()) names.push_back(fault.name);
  for (const std::string& text : JudgeExpectations(*expectations, names, runs.front().run)) {
    std::cout << "expectations: " << text << "\n";
    ++violations;
  }
  for (const FaultRun& run : runs) {
    const auto it = expectations->find(run.fault);
    const auto wrong = Judge(run, it == expectations->end() ? Expectation() : it->second);
    if (!wrong.empty()) ++bad;
    for (const std::string& text : wrong) {
      std::cout << (run.fault.empty() ? "healthy" : run.fault) << ": " << text << "\n";
      ++violations;
    }
  }
  std::cout << runs.size() - bad << " passed, " << bad << " failed" << std::endl;
  return violations > 0 && arguments.check ? kViolated : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  std::error_code error;
  arguments.run.bin_dir =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
  arguments.run.program = arguments.run.bin_dir + "/smokemesh";
  arguments.run.plan = SMOKEMESH_SOURCE_DIR "/deploy/plans/aura.yaml";
  std::string shard;
  CLI::App app{
      "Runs a plan against the reference platform, healthy and with each fault, and tells which\n"
      "checks turn red."};
  app.add_option("--only", arguments.only, "faults whose whole name matches this RE2 expression");
  app.add_option("--jobs", arguments.jobs, "platforms at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--shard", shard, "I/N: every N-th fault, beginning with the I-th");
  app.add_option("--repeat", arguments.repeat, "runs of each fault")->check(CLI::Range(1, 100));
  app.add_option("--program", arguments.run.program, "smokemesh");
  app.add_option("--plan", arguments.run.plan, "the plan");
  app.add_option("--expectations", arguments.expectations, "what each fault must do");
  app.add_flag("--check", arguments.check, "exit with 1 when something is not as expected");
  app.add_option("--json", arguments.json, "write everything there");
  app.add_option("--markdown", arguments.markdown, "write the page there");
  app.add_option("--messages", arguments.messages, "write what the red checks say there");
  app.add_option("--draft", arguments.draft, "write expectations as they were seen there");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& parse_error) {
    return app.exit(parse_error) == 0 ? 0 : kUsage;
  }
  if (!shard.empty() &&
      (!RE2::FullMatch(shard, R"((\d{1,3})/(\d{1,3}))", &arguments.shard, &arguments.shards) ||
       arguments.shard < 1 || arguments.shard > arguments.shards)) {
    std::cerr << "fault-matrix: --shard: expected I/N, such as 1/3\n";
    return kUsage;
  }
  if (!RE2(arguments.only).ok()) {
    std::cerr << "fault-matrix: --only: " << RE2(arguments.only).error() << "\n";
    return kUsage;
  }
  const auto runs = Runner(arguments.run, Selected(arguments)).Run(arguments.jobs);
  return Report(arguments, runs);
}
