#ifndef SMOKEMESH_SHARED_POSTGRES_PQXX_DRIVER_H_
#define SMOKEMESH_SHARED_POSTGRES_PQXX_DRIVER_H_

#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "shared/postgres/libpq_connection.h"

// How libpqxx 6 and 7 take a connection of libpq's over, and how a statement is sent. For files
// that are named after the driver (`pqxx_*.cc`) only. What is called here may throw.
namespace smokemesh::shared {

#if PQXX_VERSION_MAJOR >= 7

using PqxxDriver = pqxx::connection;

#else

// Hands one connection over, once. libpqxx 6 reconnects by itself: here it finds nothing to do it
// with.
class PqxxTakeOver final : public pqxx::connectionpolicy {
 public:
  explicit PqxxTakeOver(LibpqConnection connection);
  handle do_startconnect(handle current) override;
  handle do_completeconnect(handle current) override;

 private:
  LibpqConnection connection_;
};

class PqxxDriver final : public pqxx::connection_base {
 public:
  explicit PqxxDriver(LibpqConnection connection);
  ~PqxxDriver();

 private:
  PqxxTakeOver policy_;
};

#endif

// A connection that never reconnects: when it is lost, what is asked of it throws.
std::unique_ptr<PqxxDriver> AdoptConnection(LibpqConnection connection);

// Runs one statement, outside any transaction of libpqxx's.
pqxx::result SendStatement(PqxxDriver& connection, const std::string& sql,
                           const std::vector<std::string>& values);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_POSTGRES_PQXX_DRIVER_H_
