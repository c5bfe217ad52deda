#include "agent/checks/redis_client/redis_error.h"

#include "absl/strings/str_cat.h"

namespace smokemesh::agent {
namespace {

struct Meaning {
  std::string_view prefix;
  std::string_view hint;
};

constexpr Meaning kMeanings[] = {
    {"READONLY",
     "the server is a read-only replica: the URL must lead to the primary; look at ROLE and at the "
     "last failover"},
    {"OOM",
     "the server has reached its maxmemory and may not evict: look at used_memory and "
     "maxmemory_policy in INFO memory"},
    {"MISCONF",
     "the server refuses writes because it cannot save its data: look at its disk and at "
     "rdb_last_bgsave_status and aof_last_write_status in INFO persistence"},
    {"LOADING", "the server was started a moment ago and is still loading its data"},
    {"MASTERDOWN",
     "the server is a replica that has lost its primary: look at master_link_status in INFO "
     "replication"},
    {"NOREPLICAS",
     "too few replicas follow the server for it to take writes: look at min-replicas-to-write and "
     "INFO replication"},
    {"NOAUTH", "the server wants a login: the connection's URL has no user and password"},
    {"WRONGPASS",
     "the server does not know this user with this password, or the user is switched off: look at "
     "the connection's URL and at ACL LIST"},
    {"ERR invalid password", "look at the password in the connection's URL and at requirepass"},
    {"ERR AUTH", "the URL has a password and the server asks for none: look at requirepass"},
    {"ERR Client sent AUTH",
     "the URL has a password and the server asks for none: look at requirepass"},
    {"ERR DB index is out of range",
     "the server has no such database: look at the number at the end of the connection's URL and "
     "at `databases` of the server"},
    {"ERR max number of clients reached",
     "all connections of the server are taken: look at CLIENT LIST for who holds them, and at "
     "maxclients"},
    {"MOVED", "the server is part of a cluster, and the key lies on another one"},
    {"ASK", "the server is part of a cluster, and the key is being moved to another one"},
    {"CLUSTERDOWN", "the cluster is down: look at CLUSTER INFO"},
    {"BUSY", "a script occupies the server: look at SLOWLOG"},
    {"WRONGTYPE", "the key holds another type of value: look at TYPE"},
};

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view AccessHint(std::string_view error) {
  if (Contains(error, "channel")) {
    return "the user may not use this channel: look at the channel patterns (`&…`) in ACL GETUSER "
           "of the user";
  }
  if (Contains(error, " key")) {
    return "the user may not use this key: look at the key patterns (`~…`) in ACL GETUSER of the "
           "user";
  }
  return "the user may not send this command: look at the commands (`+…`) in ACL GETUSER of the "
         "user";
}

}  // namespace

std::string RedisErrorHint(std::string_view error) {
  if (error.starts_with("NOPERM")) return std::string(AccessHint(error));
  for (const Meaning& meaning : kMeanings) {
    if (error.starts_with(meaning.prefix)) return std::string(meaning.hint);
  }
  return "";
}

std::string ExplainRedisError(std::string_view error) {
  const std::string hint = RedisErrorHint(error);
  return absl::StrCat(std::string(error), hint.empty() ? "" : "; ", hint);
}

}  // namespace smokemesh::agent
