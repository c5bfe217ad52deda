#include "tests/platform/http_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/logging.h"

namespace smokemesh::platform {
namespace {

constexpr size_t kThreads = 48;
constexpr size_t kMaxBody = size_t{1} << 20;
constexpr size_t kMaxTarget = 2048;  // the library matches paths with std::regex: keep them short
constexpr int kBacklog = 256;

HttpRequest FromLibrary(const httplib::Request& in) {
  HttpRequest out;
  out.method = in.method;
  out.path = in.path;
  out.target = in.target;
  out.body = in.body;
  out.peer = in.remote_addr;
  // Read again: for forms the library adds the body's fields to `params`.
  if (const size_t mark = in.target.find('?'); mark != std::string::npos) {
    out.query = ParseForm(in.target.substr(mark + 1));
  }
  for (const auto& [name, value] : in.headers) {
    // Added by the library, not sent by the client.
    if (name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" ||
        name == "LOCAL_PORT") {
      continue;
    }
    out.headers.emplace_back(name, value);
  }
  return out;
}

}  // namespace

// The library listens with a backlog of 5: a burst of clients would wait a second for the kernel
// to send their SYN again.
class HttpServer::Impl : public httplib::Server {
 public:
  void RaiseBacklog() { ::listen(svr_sock_, kBacklog); }
};

HttpServer::HttpServer(HttpHandler handler) : impl_(std::make_unique<Impl>()) {
  impl_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  impl_->set_read_timeout(5);
  impl_->set_write_timeout(5);
  impl_->set_keep_alive_timeout(2);
  impl_->set_keep_alive_max_count(1000);
  impl_->set_payload_max_length(kMaxBody);
  impl_->set_tcp_nodelay(true);
  // Not the library's SO_REUSEPORT: two processes would share one port without a word.
  impl_->set_socket_options([](socket_t fd) {
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  });
  impl_->set_pre_routing_handler([](const httplib::Request& in, httplib::Response& out) {
    if (in.target.size() <= kMaxTarget) {
      // Without a length a request has no body; the library would wait for the connection's end.
      // The request is its own, non-const object: this is the only place before it reads the body.
      if (!in.has_header("Content-Length") && !in.has_header("Transfer-Encoding")) {
        const_cast<httplib::Request&>(in).set_header("Content-Length", "0");
      }
      return httplib::Server::HandlerResponse::Unhandled;
    }
    out.status = 414;
    out.set_content(R"({"detail":"URI too long"})", "application/json");
    return httplib::Server::HandlerResponse::Handled;
  });
  auto serve = [handler = std::move(handler)](const httplib::Request& in, httplib::Response& out) {
    HttpResponse response = handler(FromLibrary(in));
    out.status = response.status;
    for (const auto& [name, value] : response.headers) out.headers.emplace(name, value);
    if (response.status == 204) return;
    out.set_content(std::move(response.body), response.content_type);
  };
  const char* all = R"(/[\s\S]*)";
  impl_->Get(all, serve);
  impl_->Post(all, httplib::Server::Handler(serve));
  impl_->Put(all, httplib::Server::Handler(serve));
  impl_->Patch(all, httplib::Server::Handler(serve));
  impl_->Delete(all, httplib::Server::Handler(serve));
  impl_->Options(all, serve);
  impl_->set_exception_handler(
      [](const httplib::Request& in, httplib::Response& out, std::exception_ptr error) {
        std::string what = "unknown exception";
        try {
          std::rethrow_exception(error);
        } catch (const std::exception& e) {
          what = e.what();
        } catch (...) {
        }
        shared::LogError(absl::StrCat(in.method, " ", in.path, ": ", what));
        out.status = 500;
        out.set_content("Internal Server Error", "text/plain; charset=utf-8");
      });
}

HttpServer::~HttpServer() = default;

absl::StatusOr<int> HttpServer::Bind(const std::string& host, int port) {
  const int bound = port == 0                         ? impl_->bind_to_any_port(host)
                    : impl_->bind_to_port(host, port) ? port
                                                      : -1;
  if (bound <= 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", host, ":", port, "; is another process using the port?"));
  }
  impl_->RaiseBacklog();
  return bound;
}

void HttpServer::Serve() { impl_->listen_after_bind(); }

void HttpServer::Stop() { impl_->stop(); }

}  // namespace smokemesh::platform
