#ifndef SMOKEMESH_COORDINATOR_REPLICA_FORWARDED_CALL_H_
#define SMOKEMESH_COORDINATOR_REPLICA_FORWARDED_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/access/callers.h"
#include "coordinator/replica/call_registry.h"
#include "coordinator/replica/leader_channels.h"
#include "shared/mutex.h"

namespace smokemesh::coordinator {

// One call of any method, passed on to the leader byte by byte: messages with at most one on its
// way in each direction, so that flow control reaches from end to end; metadata, deadline,
// half-close, cancellation, status and trailing metadata. Initial metadata of the answer goes out
// with its first message. It owns itself until the caller's side is done.
class ForwardedCall final : public OpenCall, public std::enable_shared_from_this<ForwardedCall> {
 public:
  struct Options {
    std::unique_ptr<CallRegistry::Entry> entry;
    std::unique_ptr<LeaderChannels::Place> place;
    // Added to what the caller sent.
    std::vector<std::pair<std::string, std::string>> metadata;
    // Both null: nobody watches the caller.
    Callers* callers = nullptr;
    const Caller* caller = nullptr;
  };

  static grpc::ServerGenericBidiReactor* Start(grpc::GenericCallbackServerContext* context,
                                               Options options);

  ForwardedCall(grpc::GenericCallbackServerContext* context, Options options);

  void End(absl::Status status) override ABSL_LOCKS_EXCLUDED(mutex_);
  void Abort() override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // The caller's side.
  class Incoming final : public grpc::ServerGenericBidiReactor {
   public:
    explicit Incoming(ForwardedCall* call) : call_(*call) {}
    void OnReadDone(bool ok) override { call_.OnRequest(ok); }
    void OnWriteDone(bool ok) override { call_.OnResponseWritten(ok); }
    void OnCancel() override { call_.OnCallerGone(); }
    void OnDone() override { call_.OnCallerDone(); }

   private:
    ForwardedCall& call_;
  };
  // The leader's side.
  class Outgoing final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    explicit Outgoing(ForwardedCall* call) : call_(*call) {}
    void OnReadInitialMetadataDone(bool ok) override { call_.OnResponseBegins(ok); }
    void OnReadDone(bool ok) override { call_.OnResponse(ok); }
    void OnWriteDone(bool ok) override { call_.OnRequestWritten(ok); }
    void OnDone(const grpc::Status& status) override { call_.OnLeaderDone(status); }

   private:
    ForwardedCall& call_;
  };

  void Begin(Callers* callers, const Caller* caller) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnRequest(bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnRequestWritten(bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnResponseBegins(bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnResponse(bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnResponseWritten(bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCallerGone() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnLeaderDone(const grpc::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCallerDone() ABSL_LOCKS_EXCLUDED(mutex_);

  // Nothing more is begun on the leader's side: lets it end.
  void Release() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Destroyed last, in this order: whoever waits for the entry may end the channels.
  const std::unique_ptr<CallRegistry::Entry> entry_;
  const std::unique_ptr<LeaderChannels::Place> place_;
  grpc::GenericCallbackServerContext& context_;  // until `done_`
  grpc::ClientContext leader_context_;
  const std::string method_;
  grpc::ByteBuffer request_;   // read from the caller, or being written to the leader
  grpc::ByteBuffer response_;  // the other way
  Incoming incoming_;
  Outgoing outgoing_;

  shared::Mutex mutex_;
  std::shared_ptr<ForwardedCall> self_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<CallerWatch> watch_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);  // as End said
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;  // the caller's side
  bool done_ ABSL_GUARDED_BY(mutex_) = false;      // the caller's side
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPLICA_FORWARDED_CALL_H_
