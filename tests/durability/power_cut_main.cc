// `./dev durability`: cuts the power often, and shows that weaker settings would be noticed.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/durability/power_cut.h"

namespace {

int Usage() {
  std::cerr << "usage: power-cut [--cuts N] [--seed S]\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  smokemesh::testing::PowerCutOptions options{.seed = 1, .cuts = 2000};
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    const int value = i + 1 < argc ? std::atoi(argv[i + 1]) : 0;
    if (value <= 0) return Usage();
    if (name == "--cuts") {
      options.cuts = value;
    } else if (name == "--seed") {
      options.seed = static_cast<uint32_t>(value);
    } else {
      return Usage();
    }
  }
  bool good = true;
  for (const bool weaker : {false, true}) {
    options.weaker = weaker;
    if (weaker) options.cuts = std::max(8, options.cuts / 10);
    const auto report = smokemesh::testing::CutPower(options);
    if (!report.ok()) {
      std::cerr << report.status() << "\n";
      return 1;
    }
    std::cout << "synchronous=" << (weaker ? "NORMAL" : "FULL  ") << " " << report->cuts
              << " power cuts, " << report->acknowledged << " acknowledged, " << report->lost
              << " lost, seed " << options.seed << std::endl;
    good = good && (report->lost > 0) == weaker;
  }
  return good ? 0 : 1;
}
