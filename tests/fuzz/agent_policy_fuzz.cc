// Any text as an agent's policy: a list of problems, or a policy that can be asked everything and
// that never allows what no policy without the word for it may.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/policy/policy.h"
#include "agent/policy/policy_file.h"

namespace {

using namespace smokemesh::agent;  // NOLINT(google-build-using-namespace): own file
namespace shared = smokemesh::shared;

sockaddr_in MetadataAddress() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  inet_pton(AF_INET, "169.254.169.254", &address.sin_addr);
  return address;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ParsedPolicy parsed = ParsePolicy(text, "policy.yaml");
  if (parsed.policy == nullptr) {
    if (shared::FormatProblems(parsed.problems).empty()) std::abort();
    return 0;
  }
  const Policy& policy = *parsed.policy;
  const std::string host(text.substr(0, 64));
  for (const char* kind : {"http", "postgres", "redis", "event_bus", "other"}) {
    (void)policy.MayRun(kind);
    (void)policy.MayAsk(kind, host, 80);
    const sockaddr_in metadata = MetadataAddress();
    const absl::Status may =
        policy.MayConnect(kind, host, reinterpret_cast<const sockaddr*>(&metadata));
    if (may.ok() && text.find("allow_metadata_address") == std::string_view::npos) std::abort();
  }
  (void)policy.MayRead(host);
  (void)policy.MayLogInAs(host);
  (void)policy.MaySend({host, host});
  (void)policy.Summary();
  if (policy.allows_superuser() && text.find("allow_superuser") == std::string_view::npos) {
    std::abort();
  }
  return 0;
}
