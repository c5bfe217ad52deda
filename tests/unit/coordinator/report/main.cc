#include <gmock/gmock.h>

#include <cstring>

#include "tests/unit/coordinator/report/golden.h"

bool smokemesh::coordinator::rewrite_golden = false;

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--rewrite_golden") == 0) {
      smokemesh::coordinator::rewrite_golden = true;
    }
  }
  return RUN_ALL_TESTS();
}
