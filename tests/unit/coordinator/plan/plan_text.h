#ifndef SMOKEMESH_TESTS_UNIT_COORDINATOR_PLAN_PLAN_TEXT_H_
#define SMOKEMESH_TESTS_UNIT_COORDINATOR_PLAN_PLAN_TEXT_H_

#include <string>
#include <string_view>

#include "coordinator/plan/plan_loader.h"
#include "coordinator/plan/plan_validator.h"

namespace smokemesh::coordinator {

// What a person sees of a plan's problems.
inline std::string Lint(std::string_view yaml, std::string_view file = "plan.yaml") {
  return FormatProblems(LintPlan(LoadPlan(yaml, file), file));
}

// A plan that uses most of what plans have, without a problem.
// clang-format off
inline constexpr std::string_view kFullPlan = R"yaml(name: full
description: Everything once.
variables: {prefix: /api, greeting: "hello {{uuid.greeting}}"}
connections:
  db:
    postgres: "${DATABASE_URL}"
  bus:
    redis: "rediss://worker:${REDIS_PASSWORD}@bus.internal:6379/0"
    tls: {ca_file: /etc/ca.pem, server_name: bus}
  events:
    redis: "${EVENTS:-redis://${EVENTS_HOST:-localhost}:6379/0}"
    event_bus: {event_key: "ev:{channel}:{event_id}", dead_letter_key: "dlq:{channel}", ttl_seconds: 60, data_field: data}
  api: {http: "https://api.example.com"}
  other: {http: "http://other.example.com:8080"}
suites:
  - {name: data, title: Data, target: 30s, max: 1m}
  - {name: web}
timeout: 5m
defaults: {timeout: 8s}
public_env: [API_HOST]
policy:
  rollback:
    - {rule: any-critical, select: critical and not slow, not_passed_at_least: 1}
    - rule: half
      select: smoke
      not_passed_ratio_above: 0.5
      counts: failures_and_missing
checks:
  - name: commit
    suite: data
    tags: [smoke, database, critical]
    impact: Nothing is stored.
    on: {service: api, labels: {zone: eu}}
    quorum: 2
    timeout: 5s
    retry: {attempts: 3, interval: 100ms}
    postgres:
      steps:
        - {session: a, sql: "CREATE TABLE {{schema}}.t (id text)"}
        - session: a
          sql: INSERT INTO {{schema}}.t VALUES ($1) RETURNING id
          params: ["{{uuid}}"]
          expect: ["affected == 1", 'value == "{{uuid}}"']
          capture: {row: {column: id}}
        - {session: a, disconnect: true}
        - session: b
          sql: SELECT count(*) FROM {{schema}}.t WHERE id = $1
          params: ["{{row}}"]
          expect: [value == 1]
  - name: bus
    suite: data
    tags: [smoke]
    needs: [commit]
    optional: true
    redis:
      connection: bus
      steps:
        - {session: s, command: [SUBSCRIBE, "c:{{uuid}}"]}
        - {command: [PUBLISH, "c:{{uuid}}", one], expect: [reply >= 1]}
        - session: s
          receive: {count: 1, within: 1s, settle: 50ms}
          expect: [messages == 1, message 0 == one]
        - {session: s, disconnect: true}
  - name: login
    suite: web
    tags: [smoke, slow]
    skip: not today
    http:
      connection: api
      steps:
        - request:
            method: POST
            url: "{{prefix}}/login"
            headers: {accept: application/json}
            query: {page: 1}
            json: {user: "{{greeting}}", password: "${PASSWORD}", age: 5, tags: [a, true, null]}
          expect: [status == 200, "header content-type startsWith application/json", duration < 2s]
          capture: {token: {json: /access_token, redact: true}}
        - {connection: other, request: {url: /me, headers: {authorization: "Bearer {{token}}"}}}
    finally:
      - postgres: {sql: DELETE FROM users WHERE token = $1, params: ["{{token}}"]}
  - name: mixed
    suite: web
    exclusive: true
    variables: {key: "k:{{uuid}}"}
    scenario:
      steps:
        - redis: {connection: bus, command: [SET, "{{key}}", 1, EX, 60]}
        - http: {connection: api, request: {url: /, follow_redirects: true}}
        - postgres: {sql: SELECT 1}
    finally:
      - redis: {connection: bus, command: [DEL, "{{key}}"]}
  - name: often
    suite: data
    variables: {slow: "false"}
    postgres:
      steps:
        - sql: SELECT {{iteration}}::int
          repeat: {times: 20, parallel: 4, warm_up: 2}
          expect: [rows == 1, duration p95 < 50ms, connect_duration max < 1s]
        - {sql: SELECT 1, repeat: {times: 5, fresh_session: true}, expect: [duration mean < 1s]}
        - {sql: SELECT 1, until: {within: 1s, interval: 20ms, attempts: 9}, expect: [value == 1]}
        - {session: a, sql: SELECT pg_sleep(1), parallel: both, when: "{{slow}}", expect: [sqlstate == 40P01]}
        - {session: b, sql: SELECT 2, parallel: both, capture: {two: {query: value}}}
        - {session: a, sql: SELECT $1, params: ["{{two}}"]}
  - name: flow
    suite: data
    event_bus:
      connection: events
      steps:
        - {session: l, subscribe: ["c.{{uuid}}"]}
        - publish: {channel: "c.{{uuid}}", event_id: "{{uuid}}", user_id: u, metadata: {a: 1}, data: {n: [1, "{{run_id}}"]}}
          expect: [receivers == 1]
        - session: l
          receive: {count: 1, within: 1s, settle: 10ms, where: ['json /data/event_id == "{{uuid}}"']}
          expect: [events == 1, event 0/n/0 == 1, text 0/retry_count == 0, "channel 0 startsWith c."]
          capture: {id: {query: event 0/event_id}}
        - {stored: {channel: "c.{{uuid}}", event_id: "{{id}}"}, expect: ["ttl between 1, 60"]}
        - {history: {channel: "c.{{uuid}}", limit: 10}, until: {}, expect: [events >= 1]}
        - {dead_letters: {channel: "c.{{uuid}}"}, expect: [events == 0]}
        - {session: l, receive: {count: 0, settle: 10ms}, expect: [events == 0]}
        - {session: l, disconnect: true}
    finally:
      - event_bus: {forget: {channel: "c.{{uuid}}", event_id: "{{uuid}}"}}
  - name: told
    suite: data
    tags: [smoke]
    variables: {channel: "t.{{correlation_id}}"}
    flow:
      roles:
        - name: teller
          on: {service: api}
          steps:
            - event_bus: {connection: events, publish: {channel: "{{channel}}", event_id: "{{correlation_id}}"}, expect: [receivers >= 1]}
        - name: told
          on: {labels: {zone: eu}}
          prepare:
            - event_bus: {connection: events, session: l, subscribe: ["{{channel}}"]}
            - http: {connection: api, request: {url: /}, capture: {page: {query: body}}}
          steps:
            - event_bus: {connection: events, session: l, receive: {settle: 10ms}, expect: [events == 1]}
            - http: {connection: api, request: {url: "/{{page}}"}}
    finally:
      - event_bus: {connection: events, forget: {channel: "{{channel}}", event_id: "{{correlation_id}}"}}
  - name: calls
    suite: web
    tags: [smoke, service]
    quorum: any
    edges:
      edges:
        - {from: web, to: api, connection: api, url: /health, expect: [status == 200, duration < 2s]}
        - {from: web, to: other, url: "http://other.example.com:8080/"}
        - from: api
          to: other
          steps:
            - http: {connection: other, request: {url: /}, capture: {id: {json: /id}}}
            - postgres: {sql: SELECT $1, params: ["{{id}}"]}
)yaml";
// clang-format on

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_TESTS_UNIT_COORDINATOR_PLAN_PLAN_TEXT_H_
