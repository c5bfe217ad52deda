#ifndef SMOKEMESH_AGENT_CHECKS_HTTP_PEER_CERTIFICATE_H_
#define SMOKEMESH_AGENT_CHECKS_HTTP_PEER_CERTIFICATE_H_

#include <optional>

#include "agent/checks/http/http_client.h"

struct ssl_st;

namespace smokemesh::agent {

// Reads the certificate that the other side of an OpenSSL session has shown. Nothing when it has
// shown none or one whose end cannot be read.
std::optional<HttpCertificate> PeerCertificate(const ssl_st* session);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_HTTP_PEER_CERTIFICATE_H_
