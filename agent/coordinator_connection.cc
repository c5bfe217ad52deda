#include "agent/coordinator_connection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/credentials/identity.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::agent {
namespace {

constexpr char kAgentRole[] = "agent";

// OK when the certificates are those of the agent `id`, or of any agent when that is empty.
absl::Status CheckIdentity(const shared::CertificateSet& set, const std::string& file,
                           const std::string& id) {
  const std::string where = shared::EscapeControl(file);
  const absl::StatusOr<shared::CertificateIdentity> identity = shared::IdentityOf(set.cert);
  if (!identity.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": ", std::string(identity.status().message())));
  }
  if (identity->role != kAgentRole) {
    return absl::InvalidArgumentError(absl::StrCat(where, ": the certificate is that of ",
                                                   shared::FormatIdentity(*identity),
                                                   ": an agent's has the role agent"));
  }
  if (!id.empty() && identity->name != id) {
    return absl::InvalidArgumentError(absl::StrCat(
        where, ": the certificate is that of agent ", identity->name, ", and this agent is ",
        shared::EscapeControl(id), ": leave --id away, or give the certificate of that agent"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CoordinatorConnection> ConnectTo(const std::vector<CoordinatorAddress>& addresses,
                                                const shared::ClientSecurity& security,
                                                const std::string& id) {
  CoordinatorConnection connection;
  if (!security.encrypted()) {
    for (const CoordinatorAddress& address : addresses) {
      connection.channels.push_back(MakePlaintextChannel(address));
    }
    return connection;
  }
  if (security.tls.cert.empty()) {
    return absl::InvalidArgumentError(
        "an agent needs a certificate of its own: give --tls-cert and --tls-key");
  }
  // The first certificate says who this is for as long as the process lives.
  auto own = std::make_shared<std::string>(id);
  shared::RotatingFilesOptions files;
  files.files = security.tls;
  files.accept = [own, file = security.tls.cert](const shared::CertificateSet& set) {
    RETURN_IF_ERROR(CheckIdentity(set, file, *own));
    if (own->empty()) *own = shared::IdentityOf(set.cert)->name;
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(connection.credentials, shared::RotatingCredentials::Start(files));
  connection.agent_id = connection.credentials->files().current()->identity->name;
  const std::shared_ptr<grpc::ChannelCredentials> credentials =
      connection.credentials->ForChannel();
  for (const CoordinatorAddress& address : addresses) {
    connection.channels.push_back(MakeChannel(address, credentials, security.server_name));
  }
  return connection;
}

}  // namespace smokemesh::agent
