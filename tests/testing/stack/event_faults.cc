// Faults of Redis and of who uses it as event bus.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "tests/testing/stack/fault_actions.h"

namespace smokemesh::testing {
namespace {

absl::Status WrongRedisDatabase(PlatformStack& stack) {
  for (const char* service : {"engagement", "worker"}) {
    stack.service(service).Set("REDIS_URL", stack.RedisUrl(3));
    RETURN_IF_ERROR(stack.RestartWithSwitch(service, ""));
  }
  return absl::OkStatus();
}

// As many as there are now, without the one that asks.
absl::Status ExhaustRedisConnections(PlatformStack& stack) {
  ASSIGN_OR_RETURN(const std::string clients, stack.redis().Command({"CLIENT", "LIST"}));
  const auto count = std::count(clients.begin(), clients.end(), '\n');
  const std::string most = absl::StrCat(std::max<long>(count - 1, 1));
  return stack.redis().Command({"CONFIG", "SET", "maxclients", most}).status();
}

absl::Status LongBackoff(PlatformStack& stack) {
  stack.service("worker").Set("RETRY_BASE_SECONDS",
                              absl::StrCat(10 * stack.options().retry_base_seconds));
  return stack.RestartWithSwitch("worker", "");
}

}  // namespace

std::vector<Fault> EventFaults() {
  return {
      {"redis_stopped", "Redis is not running", "Redis",
       [](PlatformStack& stack) {
         stack.redis().Stop();
         return absl::OkStatus();
       }},
      {"redis_frozen", "Redis accepts connections and never answers", "Redis",
       [](PlatformStack& stack) {
         stack.redis().Pause();
         return absl::OkStatus();
       }},
      {"redis_read_only", "Redis is the replica of a dead master", "Redis",
       Redis({{"REPLICAOF", "127.0.0.1", "1"}})},
      {"redis_full", "Redis has no memory left and evicts nothing", "Redis",
       Redis({{"CONFIG", "SET", "maxmemory-policy", "noeviction"},
              {"CONFIG", "SET", "maxmemory", "1"}})},
      {"redis_not_persistent", "Redis keeps nothing over a restart", "Redis",
       Redis({{"CONFIG", "SET", "appendonly", "no"}})},
      {"redis_database_wrong", "the services use database 3, everybody else 0", "services",
       WrongRedisDatabase},
      {"pubsub_denied", "the default user may not use any channel", "Redis",
       Redis({{"ACL", "SETUSER", "default", "resetchannels"}})},
      {"production_channels_denied", "the default user may use channels smoke* only", "Redis",
       Redis({{"ACL", "SETUSER", "default", "resetchannels", "&smoke*"}})},
      {"events_not_published", "creating an engagement tells nobody", "engagement",
       Switch("engagement", "events_not_published")},
      {"events_not_persisted", "events are delivered, not stored", "engagement",
       Switch("engagement", "events_not_persisted")},
      {"event_stored_differs", "the stored text is not the delivered one", "engagement",
       Switch("engagement", "event_stored_differs")},
      {"event_channel_wrong", "events go to channel events.engagement.created", "engagement",
       Switch("engagement", "event_channel_wrong")},
      {"event_ttl_missing", "stored events live for ever", "engagement",
       Switch("engagement", "event_ttl_missing")},
      {"event_ttl_short", "stored events live 60 s instead of 7 days", "engagement",
       Switch("engagement", "event_ttl_short")},
      {"worker_stopped", "nobody consumes events", "worker", Stopped("worker")},
      {"worker_ignores_events", "the consumer is subscribed and handles nothing", "worker",
       Switch("worker", "events_ignored")},
      {"retries_never_happen", "a failing event is given up at once", "worker",
       Switch("worker", "retries_never")},
      {"backoff_missing", "retries follow at once", "worker", Switch("worker", "backoff_missing")},
      {"dlq_never_written", "an event that keeps failing is lost", "worker",
       Switch("worker", "dead_letters_never")},
      {"dlq_without_event", "dead letters do not hold the event", "worker",
       Switch("worker", "dead_letter_without_event")},
      {"redis_nearly_full", "less than a megabyte of Redis's memory is left", "Redis",
       [](PlatformStack& stack) { return stack.FillRedis(900'000); }},
      {"redis_evicts", "Redis drops stored events when its memory is full", "Redis",
       Redis({{"CONFIG", "SET", "maxmemory", "1gb"},
              {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}})},
      {"redis_wants_replicas", "Redis takes no writes without a replica", "Redis",
       Redis({{"CONFIG", "SET", "min-replicas-to-write", "1"}})},
      {"redis_connections_exhausted", "Redis takes no more connections", "Redis",
       ExhaustRedisConnections},
      {"production_keys_denied", "the default user may use keys smoke* only", "Redis",
       Redis({{"ACL", "SETUSER", "default", "resetkeys", "~smoke*"}})},
      {"engagement_redis_unreachable", "engagement looks for Redis at a wrong address",
       "engagement", Variable("engagement", "REDIS_URL", "redis://127.0.0.1:1/0")},
      {"event_twice", "events are published twice", "engagement",
       Switch("engagement", "event_twice")},
      {"event_key_wrong", "events are stored under event: instead of events:", "engagement",
       Switch("engagement", "event_key_wrong")},
      {"event_fields_missing", "events do not tell which engagement", "engagement",
       Switch("engagement", "event_fields_missing")},
      {"event_without_correlation", "events do not carry the correlation id", "engagement",
       Switch("engagement", "correlation_ignored")},
      {"worker_deaf_after_cut", "the consumer's connection was cut and nobody noticed", "worker",
       All({Switch("worker", "deaf_after_cut"), Redis({{"CLIENT", "KILL", "TYPE", "pubsub"}})})},
      {"worker_drops_bursts", "of many events at once the consumer handles some", "worker",
       Switch("worker", "queue_small")},
      {"worker_lags", "the consumer handles each event 3 s late", "worker",
       Switch("worker", "lags")},
      {"retries_few", "one retry instead of three", "worker", Switch("worker", "retries_few")},
      {"retry_count_stuck", "a failing event is retried for ever", "worker",
       Switch("worker", "retry_count_stuck")},
      {"backoff_constant", "every retry waits as long as the first", "worker",
       Switch("worker", "backoff_constant")},
      {"backoff_long", "retries wait ten times as long as planned", "worker", LongBackoff},
      {"dlq_twice", "dead letters are written twice", "worker",
       Switch("worker", "dead_letter_twice")},
      {"dlq_key_wrong", "dead letters are under dead: instead of dlq:", "worker",
       Switch("worker", "dead_letter_key_wrong")},
      {"dlq_never_expires", "dead letters live for ever", "worker",
       Switch("worker", "dead_letter_no_expiry")},
      {"dlq_without_error", "dead letters do not say what went wrong", "worker",
       Switch("worker", "dead_letter_without_error")},
  };
}

}  // namespace smokemesh::testing
