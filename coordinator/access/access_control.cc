#include "coordinator/access/access_control.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "coordinator/access/denial_log.h"
#include "coordinator/access/forwarded_identity.h"
#include "coordinator/access/method_table.h"
#include "coordinator/access/token_file.h"
#include "shared/credentials/grpc_credentials.h"
#include "shared/duration.h"
#include "shared/grpc_support/grpc_status.h"
#include "shared/logging.h"
#include "shared/mutex.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

using shared::MutexLock;
using shared::WallTime;
using Metadata = grpc::AuthMetadataProcessor::InputMetadata;
using Tokens = std::vector<Token>;

constexpr char kAuthorization[] = "authorization";
constexpr char kPath[] = ":path";
constexpr std::string_view kBearer = "Bearer ";

WallTime WallNow() { return std::chrono::system_clock::now(); }

std::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

// The only value of a key; nothing when there is none. An error when there are several: who reads
// the first and who reads the last would see two callers.
absl::StatusOr<std::optional<std::string_view>> Only(const Metadata& metadata, const char* key) {
  const auto [first, last] = metadata.equal_range(key);
  if (first == last) return std::optional<std::string_view>();
  if (std::next(first) != last) {
    return absl::UnauthenticatedError(absl::StrCat("the metadata ", key, " is given twice"));
  }
  return std::optional<std::string_view>(View(first->second));
}

// The only value of a property; empty when there is none.
std::string Property(const grpc::AuthContext& context, const char* name) {
  const std::vector<grpc::string_ref> values = context.FindPropertyValues(name);
  return values.size() == 1 ? std::string(View(values[0])) : "";
}

// The certificate at the other end that the handshake has checked; empty: there is none. What the
// peer sends behind it nobody has checked: that may help to find an authority, and says nothing
// about who it is.
struct PeerCertificate {
  explicit PeerCertificate(const grpc::AuthContext& context)
      : leaf(Property(context, GRPC_X509_PEM_CERT_PROPERTY_NAME)),
        chain(leaf.empty() ? "" : Property(context, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME)) {}

  const std::string leaf;
  const std::string chain;  // without the leaf, as OpenSSL has it on a server
};

// Every socket of a port with these credentials is encrypted, and gRPC says so. A call in process
// has no peer.
bool IsInProcess(const grpc::CallbackServerContext& context) {
  const std::string peer = context.peer();
  return peer == "unknown" || peer.rfind("inproc", 0) == 0;
}

void Shorten(std::optional<WallTime>* expiry, WallTime end) {
  *expiry = expiry->has_value() ? std::min(**expiry, end) : end;
}

class AccessControl final : public Callers, public std::enable_shared_from_this<AccessControl> {
 public:
  AccessControl(AccessOptions options, std::unique_ptr<shared::RotatingCredentials> credentials)
      : options_(std::move(options)), credentials_(std::move(credentials)) {}

  ~AccessControl() override {
    {
      MutexLock lock(&mutex_);
      stopping_ = true;
      wake_.NotifyAll();
    }
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Begin() {
    if (!options_.tokens.empty()) {
      ASSIGN_OR_RETURN(Tokens tokens, ReadTokenFile(options_.tokens));
      MutexLock lock(&mutex_);
      tokens_ = std::make_shared<const Tokens>(std::move(tokens));
    }
    generation_ = credentials_->files().current()->generation;
    thread_ = std::thread([this] { Poll(); });
    return absl::OkStatus();
  }

  const shared::RotatingCredentials& credentials() const { return *credentials_; }

  absl::StatusOr<Caller> CallerOf(const grpc::CallbackServerContext& context) override {
    if (IsInProcess(context)) return Caller();
    const std::shared_ptr<const grpc::AuthContext> authentication = context.auth_context();
    if (authentication == nullptr) return absl::UnauthenticatedError("the caller is not known");
    return Identify(context.client_metadata(), *authentication);
  }

  // Whether the call may go on; OK or what the caller is told.
  absl::Status Admit(const Metadata& metadata, const grpc::AuthContext& context)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    const absl::StatusOr<std::optional<std::string_view>> path = Only(metadata, kPath);
    const std::string_view method = path.ok() && *path ? **path : std::string_view();
    const absl::StatusOr<Caller> caller = Identify(metadata, context);
    const absl::Status status = caller.ok() ? CheckAccess(*caller, method) : caller.status();
    if (!status.ok()) {
      denials_.Note(absl::StrCat(std::string(status.message()),
                                 caller.ok() ? "" : absl::StrCat(" (", ShowMethod(method), ")")),
                    std::chrono::steady_clock::now());
    }
    return status;
  }

  std::unique_ptr<CallerWatch> WatchCaller(const Caller& caller,
                                           std::function<void(absl::Status)> end) override
      ABSL_LOCKS_EXCLUDED(mutex_) {
    if (caller.proof == Caller::Proof::kLocal) return nullptr;
    MutexLock lock(&mutex_);
    const uint64_t id = ++last_watch_;
    watched_[id] = {caller, std::move(end)};
    return std::make_unique<Watch>(weak_from_this(), id);
  }

 private:
  struct Watched {
    Caller caller;
    std::function<void(absl::Status)> end;
  };

  class Watch final : public CallerWatch {
   public:
    Watch(std::weak_ptr<AccessControl> control, uint64_t id)
        : control_(std::move(control)), id_(id) {}
    ~Watch() override {
      if (const std::shared_ptr<AccessControl> control = control_.lock()) control->Forget(id_);
    }

   private:
    const std::weak_ptr<AccessControl> control_;
    const uint64_t id_;
  };

  static std::string ShowMethod(std::string_view method) {
    return shared::EscapeControl(shared::Shorten(method, 128));
  }

  void Forget(uint64_t id) ABSL_LOCKS_EXCLUDED(mutex_) {
    Watched gone;  // destroyed without the lock
    MutexLock lock(&mutex_);
    const auto found = watched_.find(id);
    if (found == watched_.end()) return;
    gone = std::move(found->second);
    watched_.erase(found);
  }

  std::shared_ptr<const Tokens> tokens() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    return tokens_;
  }

  // Who calls, by token or certificate, or for whom a replica calls.
  absl::StatusOr<Caller> Identify(const Metadata& metadata, const grpc::AuthContext& context) const
      ABSL_LOCKS_EXCLUDED(mutex_) {
    const WallTime now = WallNow();
    ASSIGN_OR_RETURN(const std::optional<std::string_view> authorization,
                     Only(metadata, kAuthorization));
    ASSIGN_OR_RETURN(const std::optional<std::string_view> forwarded,
                     Only(metadata, kForwardedIdentity));
    const PeerCertificate certificate(context);
    absl::StatusOr<Caller> caller =
        authorization ? ByToken(*authorization, now) : ByCertificate(certificate.leaf, now);
    if (!caller.ok()) return caller;
    caller->peer_certificate = absl::StrCat(certificate.leaf, certificate.chain);
    return forwarded ? ForwardedBy(*caller, *forwarded, now) : caller;
  }

  absl::StatusOr<Caller> ByToken(std::string_view authorization, WallTime now) const {
    const std::shared_ptr<const Tokens> tokens = this->tokens();
    if (tokens == nullptr) {
      return absl::UnauthenticatedError(
          "this coordinator takes no tokens: `serve --tokens FILE` was not given");
    }
    // The scheme's name has no case (RFC 7235).
    if (authorization.size() <= kBearer.size() ||
        !absl::EqualsIgnoreCase(std::string(authorization.substr(0, kBearer.size())),
                                std::string(kBearer))) {
      return absl::UnauthenticatedError("the metadata authorization is not `Bearer TOKEN`");
    }
    const Token* token = FindToken(*tokens, authorization.substr(kBearer.size()));
    if (token == nullptr) return absl::UnauthenticatedError("the token is not known");
    if (token->expiry && now >= *token->expiry) {
      return absl::UnauthenticatedError(absl::StrCat("the token ", token->name, " has ended at ",
                                                     shared::FormatWallTime(*token->expiry)));
    }
    Caller caller;
    caller.proof = Caller::Proof::kToken;
    caller.role = token->role;
    caller.name = token->name;
    caller.expiry = token->expiry;
    caller.token_sha256 = token->sha256;
    return caller;
  }

  absl::StatusOr<Caller> ByCertificate(const std::string& certificate, WallTime now) const {
    if (certificate.empty()) {
      return absl::UnauthenticatedError(
          "no certificate and no token: give --tls-cert and --tls-key, or --token-file");
    }
    const absl::StatusOr<shared::CertificateIdentity> identity = shared::IdentityOf(certificate);
    if (!identity.ok()) {
      return absl::UnauthenticatedError(std::string(identity.status().message()));
    }
    const std::string name = shared::FormatIdentity(*identity);
    const std::string& own = credentials_->files().current()->identity->trust_domain;
    if (identity->trust_domain != own) {
      return absl::UnauthenticatedError(
          absl::StrCat("the certificate ", name, " is of another trust domain than ", own));
    }
    const std::optional<Role> role = ParseRole(identity->role);
    if (!role) {
      return absl::UnauthenticatedError(
          absl::StrCat("the certificate ", name,
                       " has no role of a caller: agent, runner, viewer, admin or "
                       "replica"));
    }
    // The connection may be older than the end of its certificate.
    if (now >= identity->not_after)
      return absl::UnauthenticatedError(Ended(name, identity->not_after));
    Caller caller;
    caller.proof = Caller::Proof::kCertificate;
    caller.role = *role;
    caller.name = identity->name;
    caller.expiry = identity->not_after;
    return caller;
  }

  static absl::StatusOr<Caller> ForwardedBy(const Caller& replica, std::string_view forwarded,
                                            WallTime now) {
    if (replica.role != Role::kReplica) {
      return absl::UnauthenticatedError(absl::StrCat(
          Describe(replica), " may not call for others: only a replica passes calls on"));
    }
    ASSIGN_OR_RETURN(Caller caller, DecodeForwarded(forwarded));
    if (caller.expiry && now >= *caller.expiry) {
      return absl::UnauthenticatedError(Ended(Describe(caller), *caller.expiry));
    }
    caller.via = replica.name;
    caller.peer_certificate = replica.peer_certificate;
    if (replica.expiry) Shorten(&caller.expiry, *replica.expiry);
    return caller;
  }

  static std::string Ended(const std::string& who, WallTime end) {
    return absl::StrCat("the certificate of ", who, " has ended at ", shared::FormatWallTime(end));
  }

  void Poll() ABSL_LOCKS_EXCLUDED(mutex_) {
    while (true) {
      {
        MutexLock lock(&mutex_);
        const shared::SteadyTime next = std::chrono::steady_clock::now() + options_.poll;
        while (!stopping_ && std::chrono::steady_clock::now() < next) {
          wake_.WaitUntil(&mutex_, next);
        }
        if (stopping_) return;
      }
      RereadTokens();
      EndStreams();
    }
  }

  void RereadTokens() ABSL_LOCKS_EXCLUDED(mutex_) {
    if (options_.tokens.empty()) return;
    absl::StatusOr<Tokens> tokens = ReadTokenFile(options_.tokens);
    const std::string problem(tokens.status().message());
    if (problem != token_problem_ && !problem.empty()) {
      shared::LogError(absl::StrCat(absl::IsNotFound(tokens.status())
                                        ? "no token is valid any more: "
                                        : "tokens are not replaced, the last good ones stay: ",
                                    problem));
    }
    token_problem_ = problem;
    if (absl::IsNotFound(tokens.status())) tokens = Tokens();
    if (!tokens.ok()) return;
    auto fresh = std::make_shared<const Tokens>(*std::move(tokens));
    MutexLock lock(&mutex_);
    tokens_ = std::move(fresh);
  }

  // Why a caller may not go on; OK: it may.
  absl::Status CheckCaller(const Caller& caller, const std::vector<Token>* tokens,
                           const std::string* authorities, WallTime now) const {
    if (caller.expiry && now >= *caller.expiry) {
      return absl::UnauthenticatedError(caller.proof == Caller::Proof::kToken && caller.via.empty()
                                            ? absl::StrCat("the token ", caller.name,
                                                           " has ended at ",
                                                           shared::FormatWallTime(*caller.expiry))
                                            : Ended(Describe(caller), *caller.expiry));
    }
    if (caller.proof == Caller::Proof::kToken && caller.via.empty() && tokens != nullptr) {
      const bool there = std::any_of(tokens->begin(), tokens->end(), [&caller](const Token& token) {
        return token.sha256 == caller.token_sha256 && token.role == caller.role;
      });
      if (!there) {
        return absl::UnauthenticatedError(
            absl::StrCat("the token ", caller.name, " was withdrawn"));
      }
    }
    const bool by_certificate = caller.proof == Caller::Proof::kCertificate || !caller.via.empty();
    if (by_certificate && authorities != nullptr) {
      return shared::CheckVouchedFor(caller.peer_certificate, *authorities, now);
    }
    return absl::OkStatus();
  }

  // Ends the streams of callers that may not go on.
  void EndStreams() ABSL_LOCKS_EXCLUDED(mutex_) {
    const auto published = credentials_->files().current();
    // Chains are checked again only after the authorities may have changed.
    const std::string* authorities =
        published->generation == generation_ ? nullptr : &published->set.ca;
    generation_ = published->generation;
    const std::shared_ptr<const Tokens> tokens = this->tokens();
    const WallTime now = WallNow();
    std::vector<std::pair<std::function<void(absl::Status)>, absl::Status>> ended;
    {
      MutexLock lock(&mutex_);
      for (auto& [id, watched] : watched_) {
        if (watched.end == nullptr) continue;
        absl::Status status = CheckCaller(watched.caller, tokens.get(), authorities, now);
        if (status.ok()) continue;
        shared::LogWarn(absl::StrCat("ending a stream of ", Describe(watched.caller), ": ",
                                     std::string(status.message())));
        // Not UNAUTHENTICATED: who has a new certificate by now is to come again at once.
        ended.emplace_back(std::exchange(watched.end, nullptr),
                           absl::UnavailableError(status.message()));
      }
    }
    for (auto& [end, status] : ended) end(std::move(status));
  }

  const AccessOptions options_;
  const std::unique_ptr<shared::RotatingCredentials> credentials_;
  DenialLog denials_;

  // Of the polling thread.
  uint64_t generation_ = 0;
  std::string token_problem_;

  mutable shared::Mutex mutex_;
  shared::CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const Tokens> tokens_ ABSL_GUARDED_BY(mutex_);  // null: none are taken
  uint64_t last_watch_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, Watched> watched_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// Asked by gRPC before a handler sees a call. What it finds out is not kept in the AuthContext:
// that is the connection's, and calls of one connection may have different callers.
class Doorkeeper final : public grpc::AuthMetadataProcessor {
 public:
  explicit Doorkeeper(std::shared_ptr<AccessControl> control) : control_(std::move(control)) {}

  // It takes microseconds.
  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context,
                       OutputMetadata* /*consumed*/, OutputMetadata* /*response*/) override {
    return shared::ToGrpcStatus(control_->Admit(metadata, *context));
  }

 private:
  const std::shared_ptr<AccessControl> control_;
};

// What a coordinator's own certificate must be.
absl::Status CheckOwn(const shared::CertificateSet& set, const AccessOptions& options) {
  const std::string file = shared::EscapeControl(options.files.cert);
  const absl::StatusOr<shared::CertificateIdentity> identity = shared::IdentityOf(set.cert);
  if (!identity.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": ", std::string(identity.status().message())));
  }
  if (!options.replica) return absl::OkStatus();
  if (identity->role != RoleName(Role::kReplica)) {
    return absl::InvalidArgumentError(absl::StrCat(
        file, ": the certificate is that of ", shared::FormatIdentity(*identity),
        ": coordinators that share a store need the role replica, as `smokemesh certs issue "
        "--replica NAME` gives it"));
  }
  return shared::CheckCertificateSet(set, options.files, shared::CertificateUse::kClient,
                                     WallNow());
}

}  // namespace

absl::StatusOr<ServerSecurity> OpenServerSecurity(const AccessOptions& options) {
  shared::RotatingFilesOptions files;
  files.files = options.files;
  files.use = shared::CertificateUse::kServer;
  files.poll = options.poll;
  files.parent = options.parent;
  files.accept = [options](const shared::CertificateSet& set) { return CheckOwn(set, options); };
  ASSIGN_OR_RETURN(std::unique_ptr<shared::RotatingCredentials> credentials,
                   shared::RotatingCredentials::Start(files));
  auto control = std::make_shared<AccessControl>(options, std::move(credentials));
  RETURN_IF_ERROR(control->Begin());
  ServerSecurity security;
  security.port = control->credentials().ForServer(options.tokens.empty()
                                                       ? shared::ClientCertificates::kRequired
                                                       : shared::ClientCertificates::kOptional);
  security.port->SetAuthMetadataProcessor(std::make_shared<Doorkeeper>(control));
  if (options.replica) security.to_replicas = control->credentials().ForChannel();
  security.callers = std::move(control);
  return security;
}

}  // namespace smokemesh::coordinator
