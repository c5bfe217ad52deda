#ifndef SMOKEMESH_TESTS_PLATFORM_HTTP_SERVER_H_
#define SMOKEMESH_TESTS_PLATFORM_HTTP_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/platform/http_message.h"

namespace smokemesh::platform {

// An HTTP/1.1 server for one handler. Bodies are limited to 1 MiB, reads and writes to 5 s; the
// handler runs on up to 48 threads at once.
class HttpServer {
 public:
  explicit HttpServer(HttpHandler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds and returns the port; port 0 takes a free one.
  absl::StatusOr<int> Bind(const std::string& host, int port);

  // Serves until Stop. Call after Bind, once.
  void Serve();

  // Ends Serve. Thread-safe.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_HTTP_SERVER_H_
