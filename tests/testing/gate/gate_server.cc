#include "tests/testing/gate/gate_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <map>
#include <thread>
#include <utility>

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

  void Answer(const std::string& path, std::vector<int> statuses, const std::string& body) {
    shared::MutexLock lock(&mutex_);
    answers_[path] = {std::move(statuses), body};
  }

  int Count(const std::string& path) const {
    shared::MutexLock lock(&mutex_);
    const auto count = counts_.find(path);
    return count == counts_.end() ? 0 : count->second;
  }

  std::vector<std::string> Requests() const {
    shared::MutexLock lock(&mutex_);
    return requests_;
  }

 private:
  struct Answers {
    std::vector<int> statuses;  // the next one first
    std::string body;
  };

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
    ++counts_[request.path];
    if (request.path.starts_with("/gate")) {
      ++arrivals_;
      changed_.NotifyAll();
      while (!open_) changed_.Wait(&mutex_);
    }
    const auto answers = answers_.find(request.path);
    if (answers == answers_.end()) {
      response.set_content(R"({"status":"ok"})", "application/json");
      return;
    }
    auto& [statuses, body] = answers->second;
    response.status = statuses.front();
    if (statuses.size() > 1) statuses.erase(statuses.begin());
    response.set_content(body, "application/json");
  }

  Server server_;
  int port_ = 0;
  mutable shared::Mutex mutex_;
  shared::CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  int arrivals_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> counts_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Answers> answers_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

GateServer::GateServer() : impl_(std::make_unique<Impl>()) {}
GateServer::~GateServer() = default;
std::string GateServer::url() const { return absl::StrCat("http://127.0.0.1:", impl_->port()); }
bool GateServer::WaitForArrivals(int count, shared::SteadyTime deadline) {
  return impl_->WaitForArrivals(count, deadline);
}
void GateServer::Open() { impl_->Open(); }
void GateServer::Answer(const std::string& path, std::vector<int> statuses,
                        const std::string& body) {
  impl_->Answer(path, std::move(statuses), body);
}
int GateServer::Count(const std::string& path) const { return impl_->Count(path); }
std::vector<std::string> GateServer::Requests() const { return impl_->Requests(); }

}  // namespace smokemesh::testing
