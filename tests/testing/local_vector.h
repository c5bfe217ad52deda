#ifndef SMOKEMESH_TESTS_TESTING_LOCAL_VECTOR_H_
#define SMOKEMESH_TESTS_TESTING_LOCAL_VECTOR_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {

// A throw-away PostgreSQL with pgvector for machines whose own PostgreSQL has none: PGlite behind
// tests/testing/pglite/server.mjs, brought by `./dev setup`. It has one database, `postgres`, and
// one session: a second client waits until the first has gone. Every role that may log in has the
// same password. Stopped and removed at the end of the object's life; the thread that launches it
// must live as long as it. Used by one thread.
class LocalVector {
 public:
  // Starts it on a free loopback port and returns at once. NOT_FOUND says what to do when PGlite is
  // not here. SMOKEMESH_PGLITE_DIR names another place than the source tree's .cache/pglite.
  static absl::StatusOr<std::unique_ptr<LocalVector>> Launch(const std::string& password);
  ~LocalVector();

  static constexpr char kDatabase[] = "postgres";
  static constexpr char kSuperuser[] = "postgres";

  // Waits until clients may come.
  absl::Status WaitUntilReady();

  // Only once it is ready.
  int port() const { return port_; }
  std::string Url(const std::string& user) const;

  // Runs statements as superuser. Returns the first column of the last result's first row as text.
  absl::StatusOr<std::string> Exec(const std::string& sql) const;

  // Ends it. Does nothing when it is stopped.
  void Stop();

  // What it wrote.
  std::string Log() const;

 private:
  explicit LocalVector(std::string password) : password_(std::move(password)) {}

  const std::string password_;
  TempDir dir_;
  std::unique_ptr<Process> process_;
  int port_ = 0;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_LOCAL_VECTOR_H_
