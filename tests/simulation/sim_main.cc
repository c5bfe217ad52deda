// Runs the simulator over a range of seeds: `smokemesh-sim --seeds 20000 --first 1`.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "tests/simulation/simulator.h"

int main(int argc, char** argv) {
  uint64_t seeds = 2000;
  uint64_t first = 1;
  CLI::App app("Simulates smokemesh's coordinator core under faults.");
  app.add_option("--seeds", seeds, "Number of seeds")->check(CLI::PositiveNumber);
  app.add_option("--first", first, "First seed");
  CLI11_PARSE(app, argc, argv);

  using smokemesh::testing::SimReport;
  uint64_t violations = 0;
  SimReport total;
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    const SimReport report = smokemesh::testing::Simulate(seed);
    if (!report.violation.empty()) {
      ++violations;
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                  report.violation.c_str());
    }
    total.checks += report.checks;
    total.runs += report.runs;
    total.clean_ups += report.clean_ups;
    total.rounds += report.rounds;
    total.fail_fast += report.fail_fast;
    total.limited += report.limited;
    total.shadows += report.shadows;
    total.results += report.results;
    total.crashes += report.crashes;
    total.restarts += report.restarts;
    total.cuts += report.cuts;
    total.store_failures += report.store_failures;
    for (const auto& [decision, count] : report.decisions) total.decisions[decision] += count;
  }
  const double taken =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf(
      "runs %d, clean-ups %d, rounds %d, ended by fail-fast %d, with max_parallel %d, "
      "shadow checks %d",
      total.runs, total.clean_ups, total.rounds, total.fail_fast, total.limited, total.shadows);
  for (const auto& [decision, count] : total.decisions) {
    std::printf(", %s %d", decision.c_str(), count);
  }
  std::printf(
      "\nresults stored %d, streams cut %d, agent crashes %d, coordinator crashes %d, "
      "store failures %d, invariants checked %d\n",
      total.results, total.cuts, total.restarts, total.crashes, total.store_failures, total.checks);
  std::printf("seeds %llu violations %llu seeds/s %.0f\n", static_cast<unsigned long long>(seeds),
              static_cast<unsigned long long>(violations), static_cast<double>(seeds) / taken);
  return violations == 0 ? 0 : 1;
}
