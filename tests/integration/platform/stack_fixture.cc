#include "tests/integration/platform/stack_fixture.h"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace smokemesh::testing {

bool Eventually(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::unique_ptr<PlatformStack> SharedStackTest::stack_;

void SharedStackTest::SetUpTestSuite() {
  auto stack = PlatformStack::Start({.vector = false});
  if (!stack.ok()) {
    // A fatal failure here would not keep the tests from running.
    std::cerr << stack.status().message() << "\n";
    std::abort();
  }
  stack_ = *std::move(stack);
}

void SharedStackTest::TearDownTestSuite() { stack_.reset(); }

ApiClient SharedStackTest::gateway() { return ApiClient(stack_->service("gateway").url()); }

void OwnStackTest::SetUp() {
  auto stack = PlatformStack::Start({.vector = WithVectors()});
  ASSERT_TRUE(stack.ok()) << stack.status().message();
  stack_ = *std::move(stack);
}

void OwnStackTest::Break(const std::string& fault) {
  const absl::Status status = stack_->Apply(fault);
  ASSERT_TRUE(status.ok()) << status.message();
}

}  // namespace smokemesh::testing
