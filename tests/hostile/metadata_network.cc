#include "tests/hostile/metadata_network.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <thread>

namespace smokemesh::testing {
namespace {

bool Configure(int fd, const char* interface, const char* address) {
  ifreq request = {};
  std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  auto* socket_address = reinterpret_cast<sockaddr_in*>(&request.ifr_addr);
  socket_address->sin_family = AF_INET;
  inet_pton(AF_INET, address, &socket_address->sin_addr);
  if (ioctl(fd, SIOCSIFADDR, &request) != 0) return false;
  if (ioctl(fd, SIOCGIFFLAGS, &request) != 0) return false;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  return ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

// Only this thread, and those that it starts.
bool Enter() {
  if (unshare(CLONE_NEWNET) != 0) return false;
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool made = Configure(fd, "lo", "127.0.0.1") && Configure(fd, "lo:1", "169.254.169.254");
  close(fd);
  return made;
}

}  // namespace

bool RunInMetadataNetwork(const std::function<void()>& body) {
  bool ran = false;
  std::thread([&] {
    ran = Enter();
    if (ran) body();
  }).join();
  return ran;
}

}  // namespace smokemesh::testing
