#include "shared/postgres/pqxx_driver.h"

#include <libpq-fe.h>

#include <utility>

namespace smokemesh::shared {

void CloseLibpqConnection::operator()(pg_conn* connection) const { PQfinish(connection); }

#if PQXX_VERSION_MAJOR >= 7

std::unique_ptr<PqxxDriver> AdoptConnection(LibpqConnection connection) {
  return std::make_unique<PqxxDriver>(pqxx::connection::seize_raw_connection(connection.release()));
}

pqxx::result SendStatement(PqxxDriver& connection, const std::string& sql,
                           const std::vector<std::string>& values) {
  pqxx::params parameters;
  for (const std::string& value : values) parameters.append(value);
  pqxx::nontransaction transaction(connection);
  return transaction.exec(sql, parameters);
}

#else

PqxxTakeOver::PqxxTakeOver(LibpqConnection connection)
    : pqxx::connectionpolicy(""), connection_(std::move(connection)) {}

PqxxTakeOver::handle PqxxTakeOver::do_startconnect(handle current) {
  return current != nullptr ? current : connection_.release();
}

PqxxTakeOver::handle PqxxTakeOver::do_completeconnect(handle current) {
  if (current == nullptr) throw pqxx::broken_connection("the connection was lost");
  return current;
}

PqxxDriver::PqxxDriver(LibpqConnection connection)
    : pqxx::connection_base(policy_), policy_(std::move(connection)) {
  init();
}

PqxxDriver::~PqxxDriver() { close(); }

std::unique_ptr<PqxxDriver> AdoptConnection(LibpqConnection connection) {
  return std::make_unique<PqxxDriver>(std::move(connection));
}

pqxx::result SendStatement(PqxxDriver& connection, const std::string& sql,
                           const std::vector<std::string>& values) {
  pqxx::nontransaction transaction(connection);
  return transaction.exec_params(sql, pqxx::prepare::make_dynamic_params(values));
}

#endif

}  // namespace smokemesh::shared
