#include "shared/cut_connection.h"

#include <sys/socket.h>

namespace smokemesh::shared {

void CutConnection(int socket) {
  const linger reset = {.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  shutdown(socket, SHUT_RDWR);
}

}  // namespace smokemesh::shared
