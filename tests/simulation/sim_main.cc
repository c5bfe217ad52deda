// Runs the simulator over a range of seeds: `smokemesh-sim --seeds 20000 --first 1`.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/simulation/simulator.h"

namespace {

using smokemesh::testing::AllMutants;
using smokemesh::testing::Mutant;
using smokemesh::testing::Planted;
using smokemesh::testing::SimReport;
using smokemesh::testing::Simulate;
using Count = unsigned long long;  // NOLINT(google-runtime-int): for printf

struct Options {
  uint64_t seeds = 2000;
  uint64_t first = 1;
  int threads = 1;
  uint64_t most = 20;  // violations that are told
  bool trace = false;
};

double SecondsOf(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Simulates all seeds, on several threads.
int RunSeeds(const Options& options) {
  std::mutex mutex;
  SimReport total;
  uint64_t violations = 0;
  uint64_t calm = 0;
  double cpu = 0;
  std::atomic<uint64_t> next{0};
  const auto begin = std::chrono::steady_clock::now();
  const auto work = [&] {
    SimReport mine;
    uint64_t calm_here = 0;
    for (uint64_t i = next++; i < options.seeds; i = next++) {
      const uint64_t seed = options.first + i;
      const SimReport report = Simulate(seed, Mutant::kNone, options.trace);
      mine.Add(report);
      if (report.faults == 0) ++calm_here;
      if (report.violation.empty()) continue;
      const std::lock_guard<std::mutex> lock(mutex);
      if (++violations > options.most) continue;
      std::printf("seed %llu: %s\n  to see it again: ./dev sim --first %llu --seeds 1 --trace\n",
                  static_cast<Count>(seed), report.violation.c_str(), static_cast<Count>(seed));
      std::fflush(stdout);
    }
    const std::lock_guard<std::mutex> lock(mutex);
    total.Add(mine);
    calm += calm_here;
    cpu += SecondsOf(CLOCK_THREAD_CPUTIME_ID);
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < options.threads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  const double taken =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const char* separator = "";
  for (const auto& [what, times] : total.counts) {
    std::printf("%s%s %d", separator, what.c_str(), times);
    separator = ", ";
  }
  // A seed in which nothing went wrong proves nothing: it does not count.
  const uint64_t counted = options.seeds - calm;
  std::printf("\nfaults %d, seeds without any %llu (not counted)\n", total.faults,
              static_cast<Count>(calm));
  std::printf("seeds %llu violations %llu seeds/s %.0f (%.0f per second of one core)\n",
              static_cast<Count>(counted), static_cast<Count>(violations),
              static_cast<double>(counted) / taken, static_cast<double>(counted) / cpu);
  return violations == 0 ? 0 : 1;
}

// The first seed that shows the mutant; 0: none.
uint64_t FindMutant(const Planted& planted, const Options& options, std::string* violation) {
  for (uint64_t i = 0; i < options.seeds; ++i) {
    const SimReport report = Simulate(options.first + i, planted.mutant);
    if (report.violation.empty()) continue;
    *violation = report.violation;
    return i + 1;
  }
  return 0;
}

int RunMutants(const Options& options) {
  const std::vector<Planted>& all = AllMutants();
  std::mutex mutex;
  std::atomic<size_t> next{0};
  int missed = 0;
  const auto work = [&] {
    for (size_t i = next++; i < all.size(); i = next++) {
      std::string violation;
      const uint64_t after = FindMutant(all[i], options, &violation);
      const std::lock_guard<std::mutex> lock(mutex);
      if (after == 0) {
        ++missed;
        std::printf("%-24s not found\n", all[i].name);
      } else {
        std::printf("%-24s found after %6llu seeds: %s\n", all[i].name, static_cast<Count>(after),
                    violation.c_str());
      }
      std::fflush(stdout);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < options.threads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  std::printf("mutants %zu found %zu within %llu seeds\n", all.size(), all.size() - missed,
              static_cast<Count>(options.seeds));
  return missed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  bool mutants = false;
  CLI::App app("Simulates a smokemesh mesh under faults.");
  CLI::Option* seeds = app.add_option("--seeds", options.seeds, "Number of seeds (2000)")
                           ->check(CLI::PositiveNumber);
  app.add_option("--first", options.first, "First seed (1)");
  app.add_option("--threads", options.threads, "Threads (1)")->check(CLI::Range(1, 256));
  app.add_flag("--trace", options.trace, "Print what happens");
  app.add_flag("--mutants", mutants,
               "Plant bugs one by one, and say after how many seeds each is found; --seeds is the "
               "most that are tried (100000)");
  CLI11_PARSE(app, argc, argv);
  if (!mutants) return RunSeeds(options);
  if (seeds->count() == 0) options.seeds = 100000;
  return RunMutants(options);
}
