#ifndef SMOKEMESH_TESTS_TESTING_LOCAL_POSTGRES_H_
#define SMOKEMESH_TESTS_TESTING_LOCAL_POSTGRES_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace smokemesh::testing {

struct PostgresOptions {
  // Further settings of postgresql.conf: {{"log_statement", "all"}}.
  std::map<std::string, std::string> settings;
  // Turn TLS on with this certificate (PEM); clients may still connect without.
  std::string cert_file;
  std::string key_file;
  // Keep fsync on: data survives a power cut. Slower.
  bool durable = false;
};

// A throw-away PostgreSQL server on a free loopback port, of the newest version installed. It needs
// a password (scram-sha-256) over TCP and none on its private UNIX socket. As root it runs as user
// `postgres` (or `nobody`), otherwise as ourselves. Stopped and removed at the end of the object's
// life; the thread that starts it must live as long as it. Used by one thread.
class LocalPostgres {
 public:
  // Whether the version that Start takes comes with an extension, such as "vector".
  static bool HasExtension(const std::string& name);

  // Returns when the server answers. `initdb` runs once per process.
  static absl::StatusOr<std::unique_ptr<LocalPostgres>> Start(const PostgresOptions& options = {});
  ~LocalPostgres();

  static constexpr char kSuperuser[] = "postgres";
  static constexpr char kSuperuserPassword[] = "superuser-canary-4711";
  static constexpr char kPlainPassword[] = "plain-canary-0815";

  int port() const { return port_; }
  // Directory of the UNIX socket; `host=` of a connection string.
  std::string socket_directory() const { return dir_.path().string(); }
  // What the server wrote to its log.
  std::string Log() const;

  // `postgresql://user:password@127.0.0.1:port/database`.
  std::string Url(const std::string& user = kSuperuser,
                  const std::string& password = kSuperuserPassword,
                  const std::string& database = "postgres") const;

  // The URL of an ordinary role, `plain`, which may log in and make schemas in the database. Agents
  // refuse to work as superuser.
  absl::StatusOr<std::string> PlainUrl(const std::string& database = "postgres") const;

  // Runs one statement as superuser, outside a transaction, over the socket. Returns the first
  // column of the first row as text; empty when there is none or it is NULL.
  absl::StatusOr<std::string> Exec(const std::string& sql,
                                   const std::string& database = "postgres") const;

  // Stops all its processes without their knowledge: connections stay, nothing answers.
  void Pause();
  void Resume();

  // Ends the server at once; clients are told. Does nothing when it is stopped.
  void Stop();
  // Ends it as a crash would.
  void Kill();
  // Starts again on the same port with the same data.
  absl::Status StartAgain();

 private:
  LocalPostgres() = default;
  absl::Status Launch();

  TempDir dir_;
  std::string bin_;
  std::string user_;
  std::map<std::string, std::string> settings_;
  int port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_LOCAL_POSTGRES_H_
