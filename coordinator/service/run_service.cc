#include "coordinator/service/run_service.h"

#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "coordinator/service/call_slot.h"
#include "coordinator/service/watch_stream.h"
#include "shared/grpc_support/grpc_status.h"

namespace smokemesh::coordinator {
namespace {

// A CreateRun may hold 4 MiB.
constexpr int kMaxOpenCalls = 256;
constexpr int kMaxOpenWatches = 1000;

// Counts a call and makes the function that ends it. Null, after an answer, when too many are open.
template <typename Response>
RunControl::Reply<Response> ReplyTo(grpc::ServerUnaryReactor* reactor, Response* response,
                                    const std::shared_ptr<std::atomic<int>>& open) {
  std::shared_ptr<CallSlot> slot = CallSlot::Take(open, kMaxOpenCalls);
  if (slot == nullptr) {
    reactor->Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE,
                                 "too many calls at once: try again in a moment"));
    return nullptr;
  }
  return [reactor, response, slot](absl::StatusOr<Response> answer) {
    if (answer.ok()) *response = *std::move(answer);
    reactor->Finish(shared::ToGrpcStatus(answer.status()));
  };
}

}  // namespace

absl::StatusOr<Caller> RunServiceFrontend::CallerOf(
    const grpc::CallbackServerContext& context) const {
  return callers_ == nullptr ? Caller() : callers_->CallerOf(context);
}

grpc::ServerUnaryReactor* RunServiceFrontend::CreateRun(grpc::CallbackServerContext* context,
                                                        const v1::CreateRunRequest* request,
                                                        v1::CreateRunResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto reply = ReplyTo(reactor, response, open_calls_);
  if (reply == nullptr) return reactor;
  const absl::StatusOr<Caller> caller = CallerOf(*context);
  if (!caller.ok()) {
    reply(caller.status());
    return reactor;
  }
  v1::CreateRunRequest own = *request;
  // Who has proved its name does not choose another.
  if (!caller->name.empty()) own.mutable_options()->set_requested_by(caller->name);
  control_.CreateRun(std::move(own), std::move(reply));
  return reactor;
}

grpc::ServerUnaryReactor* RunServiceFrontend::GetRun(grpc::CallbackServerContext* context,
                                                     const v1::GetRunRequest* request,
                                                     v1::GetRunResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (auto reply = ReplyTo(reactor, response, open_calls_)) {
    control_.GetRun(request->run_id(), std::move(reply));
  }
  return reactor;
}

grpc::ServerUnaryReactor* RunServiceFrontend::GetRecord(grpc::CallbackServerContext* context,
                                                        const v1::GetRecordRequest* request,
                                                        v1::GetRecordResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (auto reply = ReplyTo(reactor, response, open_calls_)) {
    control_.GetRecord(request->run_id(), std::move(reply));
  }
  return reactor;
}

grpc::ServerUnaryReactor* RunServiceFrontend::ListRuns(grpc::CallbackServerContext* context,
                                                       const v1::ListRunsRequest* request,
                                                       v1::ListRunsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (auto reply = ReplyTo(reactor, response, open_calls_)) {
    control_.ListRuns(*request, std::move(reply));
  }
  return reactor;
}

grpc::ServerUnaryReactor* RunServiceFrontend::CancelRun(grpc::CallbackServerContext* context,
                                                        const v1::CancelRunRequest* request,
                                                        v1::CancelRunResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (auto reply = ReplyTo(reactor, response, open_calls_)) {
    control_.CancelRun(request->run_id(), request->reason(), std::move(reply));
  }
  return reactor;
}

grpc::ServerUnaryReactor* RunServiceFrontend::ListAgents(grpc::CallbackServerContext* context,
                                                         const v1::ListAgentsRequest* /*request*/,
                                                         v1::ListAgentsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (auto reply = ReplyTo(reactor, response, open_calls_)) {
    control_.ListAgents(std::move(reply));
  }
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchRunResponse>* RunServiceFrontend::WatchRun(
    grpc::CallbackServerContext* context, const v1::WatchRunRequest* request) {
  std::shared_ptr<CallSlot> slot = CallSlot::Take(open_watches_, kMaxOpenWatches);
  const bool refused = slot == nullptr;
  const std::shared_ptr<WatchStream> stream = WatchStream::Start(std::move(slot));
  const absl::StatusOr<Caller> caller = CallerOf(*context);
  if (refused) {
    stream->OnEnd(absl::UnavailableError("too many watchers: try again in a moment"));
  } else if (!caller.ok()) {
    stream->OnEnd(caller.status());
  } else {
    if (callers_ != nullptr) stream->EndWith(callers_, *caller);
    control_.WatchRun(request->run_id(), stream);
  }
  // It owns itself until OnDone, which comes after this call at the earliest.
  return stream.get();
}

}  // namespace smokemesh::coordinator
