#ifndef SMOKEMESH_TESTS_TESTING_LOCAL_REDIS_H_
#define SMOKEMESH_TESTS_TESTING_LOCAL_REDIS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {

struct RedisOptions {
  // Password of the default user. Empty: none.
  std::string password;
  // Further lines of redis.conf: `user bob on >pw ~* +get`, `maxmemory 1mb`.
  std::vector<std::string> config;
  // Also listen with TLS with this certificate (PEM). `client_ca_file`: ask clients for one, too.
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;
  // Keep data over a stop (append-only file).
  bool durable = false;
};

// A throw-away Redis server on free loopback ports. Stopped and removed at the end of the object's
// life; the thread that starts it must live as long as it. Used by one thread.
class LocalRedis {
 public:
  // Returns when the server answers.
  static absl::StatusOr<std::unique_ptr<LocalRedis>> Start(const RedisOptions& options = {});
  ~LocalRedis();

  int port() const { return port_; }
  int tls_port() const { return tls_port_; }

  // `redis://[user[:password]@]127.0.0.1:port/database`; as the default user with its password when
  // none is given.
  std::string Url(int database = 0) const;
  std::string Url(const std::string& user, const std::string& password, int database = 0) const;
  // The same over TLS: `rediss://localhost:…`.
  std::string TlsUrl(int database = 0) const;

  // Sends one command as the default user to database 0. Returns the reply as text: elements of an
  // array on lines, nil as nothing. An error reply is UNKNOWN.
  absl::StatusOr<std::string> Command(const std::vector<std::string>& arguments) const;

  // Freezes it without its knowledge: connections stay, nothing answers.
  void Pause();
  void Resume();

  void Stop();
  // Ends it as a crash would.
  void Kill();
  // Starts again on the same ports; data is kept with `durable` only.
  absl::Status StartAgain();

 private:
  LocalRedis() = default;
  absl::Status Launch();

  TempDir dir_;
  RedisOptions options_;
  int port_ = 0;
  int tls_port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_LOCAL_REDIS_H_
