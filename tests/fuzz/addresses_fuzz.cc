// Any text as the address of something: a Redis, PostgreSQL or HTTP URL, a coordinator. No message
// about it and no short form of it shows a password.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/checks/http/curl_url.h"
#include "agent/checks/postgres/pqxx_connect.h"
#include "agent/checks/redis_client/redis_url.h"
#include "agent/session/coordinator_channel.h"
#include "coordinator/cli/address.h"
#include "shared/redactor.h"

namespace {

using namespace smokemesh::agent;  // NOLINT(google-build-using-namespace): own file
namespace shared = smokemesh::shared;

constexpr std::string_view kPassword = "canary-4711";

void MustNotShow(std::string_view text) {
  if (text.find(kPassword) != std::string_view::npos) std::abort();
}

// Texts as an operator would write them, with a password in its place.
void ReadWithPassword(const std::string& text) {
  for (const char* scheme : {"redis", "rediss", "postgresql", "postgres", "http", "https"}) {
    const std::string url = std::string(scheme) + "://user:" + std::string(kPassword) + "@" + text;
    const auto redis = ParseRedisUrl(url);
    if (!redis.ok()) MustNotShow(redis.status().ToString());
    const auto postgres = ParseConnectionString(url);
    if (!postgres.ok()) MustNotShow(postgres.status().ToString());
    if (postgres.ok()) MustNotShow(TargetOf(*postgres));
    const auto place = PlaceOf(url);
    if (!place.ok()) MustNotShow(place.status().ToString());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)ParseRedisUrl(text);
  (void)ParseConnectionString(text);
  (void)PlaceOf(text);
  (void)ParseCoordinatorAddress(text);
  const auto address = smokemesh::coordinator::ParseAddress(text);
  if (address.ok()) {
    // What it is written as is the same address.
    const auto again =
        smokemesh::coordinator::ParseAddress(smokemesh::coordinator::FormatAddress(*address));
    if (!again.ok() || again->host != address->host || again->port != address->port) std::abort();
  }
  (void)shared::WithoutCredentials(text);
  (void)shared::CredentialsOf(text);
  // Between the password and what follows stands the input: without the marks of an authority or of
  // a second password in it.
  if (text.find_first_of("@/?#:") == std::string::npos && text.find(kPassword) == text.npos) {
    ReadWithPassword(text);
  }
  return 0;
}
