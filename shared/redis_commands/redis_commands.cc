#include "shared/redis_commands/redis_commands.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr char kAllowed[] =
    // Session and server, reading.
    "AUTH COMMAND DBSIZE ECHO INFO LASTSAVE PING ROLE TIME WAIT WAITAOF "
    // Keys.
    "COPY DEL DUMP EXISTS EXPIRE EXPIREAT EXPIRETIME MOVE OBJECT PERSIST PEXPIRE PEXPIREAT "
    "PEXPIRETIME PTTL RANDOMKEY RENAME RENAMENX RESTORE SCAN SORT SORT_RO TOUCH TTL TYPE UNLINK "
    // Strings and bits.
    "APPEND DECR DECRBY GET GETDEL GETEX GETRANGE GETSET INCR INCRBY INCRBYFLOAT LCS MGET MSET "
    "MSETNX PSETEX SET SETEX SETNX SETRANGE STRLEN SUBSTR BITCOUNT BITFIELD BITFIELD_RO BITOP "
    "BITPOS GETBIT SETBIT PFADD PFCOUNT PFMERGE "
    // Hashes.
    "HDEL HEXISTS HEXPIRE HGET HGETALL HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HPERSIST "
    "HRANDFIELD HSCAN HSET HSETNX HSTRLEN HTTL HVALS "
    // Lists.
    "BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH LINDEX LINSERT LLEN LMOVE LMPOP LPOP LPOS LPUSH LPUSHX "
    "LRANGE LREM LSET LTRIM RPOP RPOPLPUSH RPUSH RPUSHX "
    // Sets.
    "SADD SCARD SDIFF SDIFFSTORE SINTER SINTERCARD SINTERSTORE SISMEMBER SMEMBERS SMISMEMBER SMOVE "
    "SPOP SRANDMEMBER SREM SSCAN SUNION SUNIONSTORE "
    // Sorted sets and places.
    "BZMPOP BZPOPMAX BZPOPMIN ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD "
    "ZINTERSTORE ZLEXCOUNT ZMPOP ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX "
    "ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE "
    "ZREVRANGE "
    "ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION ZUNIONSTORE GEOADD GEODIST "
    "GEOHASH GEOPOS GEORADIUS GEORADIUS_RO GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEOSEARCH "
    "GEOSEARCHSTORE "
    // Streams.
    "XACK XADD XAUTOCLAIM XCLAIM XDEL XGROUP XINFO XLEN XPENDING XRANGE XREAD XREADGROUP XREVRANGE "
    "XTRIM "
    // Transactions.
    "DISCARD EXEC MULTI UNWATCH WATCH "
    // Publish and subscribe.
    "PSUBSCRIBE PUBLISH PUBSUB PUNSUBSCRIBE SPUBLISH SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE UNSUBSCRIBE";

// Commands of which only some subcommands may be sent.
const std::map<std::string, std::set<std::string>>& Containers() {
  static const auto& containers = *new std::map<std::string, std::set<std::string>>{
      {"ACL", {"CAT", "DRYRUN", "USERS", "WHOAMI"}},
      {"CLIENT", {"GETNAME", "ID", "INFO", "LIST", "SETNAME"}},
      {"CONFIG", {"GET"}},
      {"MEMORY", {"USAGE"}},
  };
  return containers;
}

// Why what somebody may well want to send is refused.
const std::map<std::string, std::string>& Refusals() {
  static const auto& refusals = *new std::map<std::string, std::string>{
      {"BGREWRITEAOF", "it burdens a server that others use; read INFO persistence"},
      {"BGSAVE", "it burdens a server that others use; read LASTSAVE"},
      {"DEBUG", "it can freeze or crash the server"},
      {"EVAL", "a script can do all that is refused here, and occupies the server"},
      {"EVALSHA", "a script can do all that is refused here, and occupies the server"},
      {"FCALL", "a function can do all that is refused here, and occupies the server"},
      {"FLUSHALL", "it removes what others have stored"},
      {"FLUSHDB", "it removes what others have stored"},
      {"KEYS", "it occupies a server that others use; use SCAN"},
      {"REPLICAOF", "it takes the server's data away; read ROLE"},
      {"SAVE", "it occupies a server that others use; read LASTSAVE"},
      {"SHUTDOWN", "it ends the server"},
      {"SLAVEOF", "it takes the server's data away; read ROLE"},
      {"SWAPDB", "it exchanges data that others use"},
  };
  return refusals;
}

// What would leave a session in a state in which replies and commands no longer belong together, or
// that the connection's URL decides.
const std::map<std::string, std::string>& SessionRefusals() {
  static const auto& refusals = *new std::map<std::string, std::string>{
      {"CLIENT NO-EVICT", "it changes the server's care for this session"},
      {"CLIENT REPLY", "without replies no step can be judged"},
      {"CLIENT TRACKING", "the server would send what no step has asked for"},
      {"HELLO", "sessions speak RESP2; user and password come from the connection's URL"},
      {"MONITOR", "it shows what others send and slows the server down"},
      {"PSYNC", "it makes the session a replica's"},
      {"QUIT", "sessions end with their check; a step may `disconnect`"},
      {"REPLCONF", "it makes the session a replica's"},
      {"RESET", "it undoes the login; use a session of its own"},
      {"SELECT",
       "the database comes from the connection's URL (`redis://host:port/DATABASE`); make another "
       "connection"},
      {"SYNC", "it makes the session a replica's"},
  };
  return refusals;
}

const std::set<std::string>& Allowed() {
  static const auto& allowed =
      *new std::set<std::string>(absl::StrSplit(kAllowed, ' ', absl::SkipEmpty()));
  return allowed;
}

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  for (const std::string_view candidate : names) {
    if (name == candidate) return true;
  }
  return false;
}

// Whether `CONFIG GET …` could answer with `requirepass`, `masterauth` and the like.
bool MayShowPassword(const std::vector<std::string>& command) {
  if (command.size() < 2 || absl::AsciiStrToUpper(command[1]) != "GET") return false;
  for (size_t i = 2; i < command.size(); ++i) {
    const std::string parameter = absl::AsciiStrToLower(command[i]);
    if (parameter.find_first_of("*?[\\") != std::string::npos ||
        parameter.find("pass") != std::string::npos ||
        parameter.find("auth") != std::string::npos) {
      return true;
    }
  }
  return false;
}

std::string Shown(const std::string& name) { return Shorten(EscapeControl(name), 40); }

}  // namespace

std::string CommandName(const std::vector<std::string>& command) {
  return command.empty() ? "" : absl::AsciiStrToUpper(command[0]);
}

absl::Status CheckRedisSession(const std::vector<std::string>& command) {
  const std::string name = CommandName(command);
  if (name.empty()) return absl::InvalidArgumentError("the step has no `command`");
  for (const std::string& shown :
       {name,
        command.size() > 1 ? absl::StrCat(name, " ", absl::AsciiStrToUpper(command[1])) : name}) {
    const auto it = SessionRefusals().find(shown);
    if (it == SessionRefusals().end()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the Redis command ", shown, " is not allowed in a check: ", it->second));
  }
  if (IsOneOf(name, {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"}) && command.size() < 2) {
    return absl::InvalidArgumentError(absl::StrCat("the Redis command ", name, " has no channel"));
  }
  if (name == "CONFIG" && MayShowPassword(command)) {
    return absl::InvalidArgumentError(
        "CONFIG GET in a check takes whole names only, and none of a password");
  }
  return absl::OkStatus();
}

absl::Status CheckRedisCommand(const std::vector<std::string>& command) {
  RETURN_IF_ERROR(CheckRedisSession(command));
  const std::string name = CommandName(command);
  if (const auto it = Containers().find(name); it != Containers().end()) {
    const std::string sub = command.size() > 1 ? absl::AsciiStrToUpper(command[1]) : "";
    if (it->second.contains(sub)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("the Redis command ", name, " ", Shown(sub),
                     " is not allowed in a check: it could harm a server that others use"));
  }
  if (const auto it = Refusals().find(name); it != Refusals().end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the Redis command ", name, " is not allowed in a check: ", it->second));
  }
  if (Allowed().contains(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the Redis command ", Shown(name),
                   " is unknown or not allowed in a check, where it could harm a server that "
                   "others use",
                   DidYouMean(name, {Allowed().begin(), Allowed().end()})));
}

std::vector<std::string> AllowedRedisCommands() {
  std::vector<std::string> commands(Allowed().begin(), Allowed().end());
  for (const auto& [name, subs] : Containers()) {
    for (const std::string& sub : subs) commands.push_back(absl::StrCat(name, " ", sub));
  }
  std::sort(commands.begin(), commands.end());
  return commands;
}

}  // namespace smokemesh::shared
