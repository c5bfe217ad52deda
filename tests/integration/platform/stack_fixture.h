#ifndef SMOKEMESH_TESTS_INTEGRATION_PLATFORM_STACK_FIXTURE_H_
#define SMOKEMESH_TESTS_INTEGRATION_PLATFORM_STACK_FIXTURE_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/integration/platform/api_client.h"
#include "tests/testing/stack/platform_stack.h"

namespace smokemesh::testing {

// Repeats `done` until it is true; false when that did not happen within 10 s.
bool Eventually(const std::function<bool()>& done);

// One healthy platform for all tests of a suite.
class SharedStackTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();

  static PlatformStack& stack() { return *stack_; }
  static ApiClient gateway();

 private:
  static std::unique_ptr<PlatformStack> stack_;
};

// A platform of its own for each test, to break.
class OwnStackTest : public ::testing::Test {
 protected:
  void SetUp() override;

  // Whether it has the database with vectors, which takes longer to start.
  virtual bool WithVectors() const { return false; }

  // Breaks it; fails the test when that does not work.
  void Break(const std::string& fault);

  PlatformStack& stack() { return *stack_; }
  ApiClient gateway() { return ApiClient(stack_->service("gateway").url()); }

 private:
  std::unique_ptr<PlatformStack> stack_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_INTEGRATION_PLATFORM_STACK_FIXTURE_H_
