// Compares verdicts with those of the slow judge on random runs:
// `verdict-property --cases 10000000 --seed 1 --threads 2`. One case: `--first N --cases 1`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/property/verdict_property.h"

int main(int argc, char** argv) {
  uint64_t cases = 100'000;
  uint64_t seed = 1;
  uint64_t first = 0;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  CLI::App app("Compares smokemesh's verdicts with an independent judge on random runs.");
  app.add_option("--cases", cases, "Number of cases")->check(CLI::PositiveNumber);
  app.add_option("--seed", seed, "Seed");
  app.add_option("--first", first, "Number of the first case");
  app.add_option("--threads", threads, "Threads")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  constexpr uint64_t kBatch = 1000;
  constexpr uint64_t kTold = 500'000;  // progress, for who waits
  std::atomic<uint64_t> next = first;
  std::mutex mutex;
  smokemesh::testing::PropertyReport report;
  const auto begin = std::chrono::steady_clock::now();
  const auto work = [&] {
    while (true) {
      const uint64_t from = next.fetch_add(kBatch);
      if (from >= first + cases) return;
      const auto part =
          smokemesh::testing::CheckCases(seed, from, std::min(from + kBatch, first + cases));
      const std::lock_guard<std::mutex> lock(mutex);
      report.Add(part);
      if (report.cases % kTold == 0) {
        std::fprintf(stderr, "%llu cases, %llu differences\n",
                     static_cast<unsigned long long>(report.cases),
                     static_cast<unsigned long long>(report.differences));
      }
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  const double taken =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  for (const std::string& text : report.first) std::printf("%s\n", text.c_str());
  for (const auto& [name, count] : report.decisions) {
    std::printf("%s %llu\n", name.c_str(), static_cast<unsigned long long>(count));
  }
  for (const auto& [name, count] : report.seen) {
    std::printf("%s: %llu\n", name.c_str(), static_cast<unsigned long long>(count));
  }
  std::printf("cases %llu differences %llu cases/s %.0f\n",
              static_cast<unsigned long long>(report.cases),
              static_cast<unsigned long long>(report.differences),
              static_cast<double>(report.cases) / taken);
  return report.differences == 0 ? 0 : 1;
}
