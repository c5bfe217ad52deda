#ifndef SMOKEMESH_TESTS_UNIT_COORDINATOR_PLAN_PLAN_TEXT_H_
#define SMOKEMESH_TESTS_UNIT_COORDINATOR_PLAN_PLAN_TEXT_H_

#include <string>
#include <string_view>

#include "coordinator/plan/plan_loader.h"
#include "coordinator/plan/plan_validator.h"

namespace smokemesh::coordinator {

// What a person sees of a plan's problems: those of the loader, or, when it has none, those of the
// validator.
inline std::string Lint(std::string_view yaml, std::string_view file = "plan.yaml") {
  const LoadedPlan loaded = LoadPlan(yaml, file);
  if (!loaded.problems.empty()) return FormatProblems(loaded.problems);
  return FormatProblems(ValidatePlan(loaded.plan, loaded.positions, file));
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
        - redis: {command: [SET, "{{key}}", 1, EX, 60]}
        - http: {connection: api, request: {url: /, follow_redirects: true}}
        - postgres: {sql: SELECT 1}
    finally:
      - redis: {command: [DEL, "{{key}}"]}
)yaml";
// clang-format on

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_TESTS_UNIT_COORDINATOR_PLAN_PLAN_TEXT_H_
