#include "tests/testing/gate/gate_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "shared/mutex.h"

namespace smokemesh::testing {

namespace {

// The library listens with a backlog of 5: a burst of clients would wait a second for the kernel to
// send their SYN again.
class Server final : public httplib::Server {
 public:
  void RaiseBacklog() { ::listen(svr_sock_, 128); }
};

}  // namespace

class GateServer::Impl {
 public:
  Impl() {
    // Requests wait in handlers: enough threads that the others are answered meanwhile.
    server_.new_task_queue = [] { return new httplib::ThreadPool(32); };
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      Handle(request, response);
    };
    server_.Get(".*", handler);
    server_.Post(".*", handler);
    port_ = server_.bind_to_any_port("127.0.0.1");
    server_.RaiseBacklog();
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }

  ~Impl() {
    Open();
    server_.stop();
    thread_.join();
  }

  int port() const { return port_; }

  bool WaitForArrivals(int count, shared::SteadyTime deadline) {
    shared::MutexLock lock(&mutex_);
    while (arrivals_ < count) {
      if (!changed_.WaitUntil(&mutex_, deadline) && arrivals_ < count) return false;
    }
    return true;
  }

  void Open() {
    shared::MutexLock lock(&mutex_);
    open_ = true;
    changed_.NotifyAll();
  }

  std::vector<std::string> Requests() const {
    shared::MutexLock lock(&mutex_);
    return requests_;
  }

 private:
  void Handle(const httplib::Request& request, httplib::Response& response) {
    std::string text = absl::StrCat(request.method, " ", request.path, "\n");
    for (const auto& [name, value] : request.headers)
      absl::StrAppend(&text, name, ": ", value, "\n");
    absl::StrAppend(&text, "\n", request.body);
    if (request.path.starts_with("/echo")) {
      response.status = 500;
      response.set_content(text, "text/plain");
      return;
    }
    shared::MutexLock lock(&mutex_);
    requests_.push_back(std::move(text));
    if (request.path.starts_with("/gate")) {
      ++arrivals_;
      changed_.NotifyAll();
      while (!open_) changed_.Wait(&mutex_);
    }
    response.set_content("{\"status\":\"ok\"}", "application/json");
  }

  Server server_;
  int port_ = 0;
  mutable shared::Mutex mutex_;
  shared::CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  int arrivals_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

GateServer::GateServer() : impl_(std::make_unique<Impl>()) {}
GateServer::~GateServer() = default;
std::string GateServer::url() const { return absl::StrCat("http://127.0.0.1:", impl_->port()); }
bool GateServer::WaitForArrivals(int count, shared::SteadyTime deadline) {
  return impl_->WaitForArrivals(count, deadline);
}
void GateServer::Open() { impl_->Open(); }
std::vector<std::string> GateServer::Requests() const { return impl_->Requests(); }

}  // namespace smokemesh::testing
