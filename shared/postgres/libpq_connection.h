#ifndef SMOKEMESH_SHARED_POSTGRES_LIBPQ_CONNECTION_H_
#define SMOKEMESH_SHARED_POSTGRES_LIBPQ_CONNECTION_H_

#include <memory>

struct pg_conn;

namespace smokemesh::shared {

struct CloseLibpqConnection {
  void operator()(pg_conn* connection) const;
};

// Owns a connection of libpq's.
using LibpqConnection = std::unique_ptr<pg_conn, CloseLibpqConnection>;

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_POSTGRES_LIBPQ_CONNECTION_H_
