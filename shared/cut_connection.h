#ifndef SMOKEMESH_SHARED_CUT_CONNECTION_H_
#define SMOKEMESH_SHARED_CUT_CONNECTION_H_

namespace smokemesh::shared {

// Ends a TCP connection at once, in both directions: whoever reads or writes on the socket, on
// whatever thread, comes back. When its last descriptor is closed the peer gets a reset.
//
// shutdown(2) alone leaves a peer that was in the middle of sending stuck for a minute: Linux does
// not open the receive window again after it (tcp_cleanup_rbuf in net/ipv4/tcp.c), so that the peer
// waits for room, and a closed socket waits for the peer's end (tcp_fin_timeout). Thread-safe.
void CutConnection(int socket);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CUT_CONNECTION_H_
