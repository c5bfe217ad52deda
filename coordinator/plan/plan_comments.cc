// Written by plan_comments_test.cc from the comments of plan.proto. After a change there:
//   SMOKEMESH_UPDATE_GOLDEN=1 build/bin/unit_coordinator_plan_test --gtest_filter='PlanComments*'
#include "coordinator/plan/plan_comments.h"

#include <algorithm>
#include <iterator>

namespace smokemesh::coordinator {
namespace {

struct Comment {
  std::string_view name;
  std::string_view text;
};

// clang-format off
// In the order of their names.
constexpr Comment kComments[] = {
    {"Capture",
     "Takes a value out of an answer into a variable. Exactly one source."},
    {"Capture.column",
     "Name of a column of the first row."},
    {"Capture.header",
     "Name of a response header."},
    {"Capture.json",
     "JSON pointer (RFC 6901) into the body, the reply or the value: `/access_token`."},
    {"Capture.query",
     "Any query of the expectation language: `value`, `reply`, `status`, `body`."},
    {"Capture.redact",
     "The value is a secret: it is hidden in everything that leaves the agent."},
    {"Check",
     "One thing to prove. Exactly one kind."},
    {"Check.edge",
     "The edge that the check probes. Written by the loader, which makes one check of each edge of an"
     " `edges` check; refused in a file."},
    {"Check.edges",
     "Calls from service to service, each probed from the caller's side."},
    {"Check.event_bus",
     "Events on an event bus on Redis."},
    {"Check.exclusive",
     "No other check of the run is running while this one does."},
    {"Check.finally",
     "Steps that run after the others, whatever happened, each one even if the one before failed."
     " They clean up; a check whose finally fails is reported, and not failed by it. When the check is"
     " run a second time (its agent died), they also run before the first step."},
    {"Check.flow",
     "Steps on several agents with one barrier between them."},
    {"Check.http",
     "A chain of HTTP requests."},
    {"Check.impact",
     "What it means for users when this check does not pass. Shown with every failure."},
    {"Check.name",
     "Name: letters, digits, `-`, `_`, `.`; at most 128 characters. Required, unique in the plan."},
    {"Check.needs",
     "Checks that must pass first. If one does not, this check is BLOCKED."},
    {"Check.on",
     "Which agents run it. Without it: one agent, chosen by the coordinator."},
    {"Check.optional",
     "If a check that it needs was SKIPPED, or the server lacks what it tests, this check is SKIPPED."},
    {"Check.postgres",
     "Statements on one or several PostgreSQL sessions."},
    {"Check.quorum",
     "How many of several agents must pass: `all` (default), `any`, or a number."},
    {"Check.redis",
     "Commands on one or several Redis connections."},
    {"Check.retry",
     "Retries on the agent. A pass after a retry is FLAKY."},
    {"Check.scenario",
     "Steps of several kinds in one check."},
    {"Check.shadow",
     "The check runs and is shown, and never counts: for a check that has yet to earn trust. No check"
     " that counts may need it."},
    {"Check.skip",
     "Leave the check out, and why. It is SKIPPED."},
    {"Check.source",
     "Where the check stands in the plan's file. Written by the loader, refused in a file."},
    {"Check.suite",
     "Name of a suite. Required when the plan has suites."},
    {"Check.tags",
     "Words that `-m` and policy selectors use. The tag `critical` has a meaning of its own: a"
     " critical check that is SKIPPED makes the run INCONCLUSIVE."},
    {"Check.timeout",
     "Longest time for this check, retries and finally included. Default: `defaults.timeout`, or 10s."},
    {"Check.variables",
     "Variables for this check; they hide the plan's. Template."},
    {"Connection",
     "A server that checks talk to. Exactly one target."},
    {"Connection.event_bus",
     "How events lie on a Redis server, for `event_bus` checks. Only with `redis`. Default: the format"
     " of `EventBusFormat`."},
    {"Connection.http",
     "Base URL, `http://` or `https://`. Step URLs that start with `/` are appended to it."},
    {"Connection.postgres",
     "libpq URI or key/value string: `postgresql://user@host:5432/db?sslmode=verify-full`. A"
     " `+driver` suffix of the scheme (`postgresql+asyncpg://`) is ignored."},
    {"Connection.redis",
     "`redis://[user:password@]host:port/database`, or `rediss://` for TLS."},
    {"Connection.tls",
     "TLS settings for `rediss://` and `https://`. For PostgreSQL use libpq's parameters (`sslmode`,"
     " `sslrootcert`, …) in the URI."},
    {"Counts",
     "What a rule or tolerance counts."},
    {"Defaults",
     "Values for checks that do not set their own."},
    {"Defaults.timeout",
     "Longest time for one check, retries included. Default 10s."},
    {"Edge",
     "One service calls another. Exactly one of `url` and `steps`."},
    {"Edge.connection",
     "Name of an `http` connection. Default: the plan's only one, where `url` starts with `/`."},
    {"Edge.expect",
     "What must hold of the answer. Default: the status is 200 to 299."},
    {"Edge.from",
     "The calling service: what agents beside it say by `--service`. Required."},
    {"Edge.steps",
     "Steps of any kind instead of `url`."},
    {"Edge.to",
     "The called service. Required."},
    {"Edge.url",
     "What the caller asks with GET: a path appended to `connection`, or a whole URL. Template."},
    {"EdgeMark",
     "The edge that a check probes."},
    {"EdgeMark.edges",
     "Name of the `edges` check that declares it."},
    {"EdgeMark.from",
     "The calling service."},
    {"EdgeMark.to",
     "The called service."},
    {"Edges",
     "Declared calls between services. In a plan with its defaults each edge has become a check of its"
     " own, `<check>.<from>.<to>`, with the tags of this one and the tag `edge`, on every agent beside the"
     " caller. Reports show them as a matrix."},
    {"Edges.edges",
     "The edges. At least one; each pair of services once."},
    {"EventBusCheck",
     "A check on an event bus on Redis."},
    {"EventBusCheck.connection",
     "Name of a `redis` connection. Default: the plan's only one of this kind."},
    {"EventBusCheck.steps",
     "The steps, in order. At least one."},
    {"EventBusFormat",
     "The shape of an event bus on Redis: an event is published as JSON text on a channel and stored"
     " under a key for a while; an event that a consumer could not handle is published again with a"
     " higher retry count, and in the end pushed to a list of dead letters. All have defaults."
     "\n\n"
     "The text of an event: `{\"data\": {\"event_id\": …, \"event_type\": …, \"timestamp\": …, \"service\": …,"
     " \"user_id\": …, \"organization_id\": …, \"metadata\": {…}, …}, \"retry_count\": 0, \"event_id\": …}`. A dead"
     " letter: `{\"event\": <the event>, \"error\": …, \"timestamp\": …, \"channel\": …}`, newest first."},
    {"EventBusFormat.data_field",
     "Member of the text that holds the event itself. Default `data`."},
    {"EventBusFormat.dead_letter_field",
     "Member of a dead letter that holds the text of the event. Default `event`."},
    {"EventBusFormat.dead_letter_key",
     "Key of the list of dead letters of a channel. Default `dlq:{channel}`."},
    {"EventBusFormat.event_key",
     "Key of a stored event. `{channel}` and `{event_id}` stand for those of the event. Default"
     " `events:{channel}:{event_id}`."},
    {"EventBusFormat.id_field",
     "Member of the event that identifies it. Default `event_id`."},
    {"EventBusFormat.retry_field",
     "Member of the text that counts retries. Default `retry_count`."},
    {"EventBusFormat.ttl_seconds",
     "How long an event that `publish` stores lives, in seconds. Default 604800 (7 days)."},
    {"EventBusStep",
     "One action on an event bus: exactly one of `subscribe`, `publish`, `receive`, `stored`, `history`,"
     " `dead_letters`, `forget` and `disconnect`."
     "\n\n"
     "Every action that looks at events gives a list of them. Queries: `events` (how many), `event"
     " N/POINTER` (into event N, from 0: what lies in `data_field`), `text N/POINTER` (into its whole"
     " JSON text: the envelope, or the dead letter), `text N` (that text as it is), `channel N`"
     " (`receive` only), `gap N` (`receive` only: time between the arrivals of N-1 and N, N from 1),"
     " `ttl` (`stored` only: seconds; nothing when it lives for ever), `receivers` (`publish` only: how"
     " many connections heard it), `duration`."},
    {"EventBusStep.capture",
     "Variables to take from the answer."},
    {"EventBusStep.connection",
     "Name of the connection, if it is not the check's."},
    {"EventBusStep.dead_letters",
     "Look at the dead letters of a channel, newest first."},
    {"EventBusStep.disconnect",
     "Cut the session's connection."},
    {"EventBusStep.expect",
     "What must hold."},
    {"EventBusStep.forget",
     "Remove a stored event and the dead letters of it. None is no failure. `event_id` may name several,"
     " separated by spaces, or none."},
    {"EventBusStep.history",
     "Look at all stored events of a channel, in any order."},
    {"EventBusStep.name",
     "Name for reports. Default: the action and its channel."},
    {"EventBusStep.parallel",
     "Name of a group. Neighbouring steps of one group are carried out at the same time, except that"
     " those on the same session keep their order. The step after the group waits for all of them."},
    {"EventBusStep.publish",
     "An event to publish and to store."},
    {"EventBusStep.receive",
     "Wait for events on a session that has subscribed. Only messages that are events count; `where`"
     " sees their whole text."},
    {"EventBusStep.repeat",
     "Do it several times. Not together with `until`."},
    {"EventBusStep.session",
     "Name of the session: a connection of its own. A session that subscribes receives only. Default:"
     " `main`."},
    {"EventBusStep.stored",
     "Look at one stored event. None is a failure, unless the step expects something of `events`."},
    {"EventBusStep.subscribe",
     "Channels to listen to; ends when the server has confirmed each. Template."},
    {"EventBusStep.until",
     "Do it again until what it expects holds."},
    {"EventBusStep.when",
     "Leave the step out unless this is `true`; `false` and the empty text leave it out, anything else"
     " makes the check ERRORED. A check all of whose steps are left out is SKIPPED. Template."},
    {"EventList",
     "Events of a channel."},
    {"EventList.channel",
     "The channel. Template. Required."},
    {"EventList.event_id",
     "Only events with this identifier. Template."},
    {"EventList.limit",
     "Greatest number, at most 1000. Default 1000."},
    {"EventPublication",
     "An event to publish. The time is that of the agent, in UTC."},
    {"EventPublication.channel",
     "Where to. Template. Required."},
    {"EventPublication.data",
     "Further members of the event: a JSON object, written as YAML. Strings in it are templates."},
    {"EventPublication.event_id",
     "Its identifier; make it from `{{uuid}}`, so that it can be removed whatever happens. Template."
     " Required."},
    {"EventPublication.event_type",
     "Default: the channel. Template."},
    {"EventPublication.metadata",
     "A JSON object, written as YAML. Default `{}`. Strings in it are templates."},
    {"EventPublication.not_stored",
     "Publish only, and store nothing."},
    {"EventPublication.organization_id",
     "Default: null. Template."},
    {"EventPublication.service",
     "Who says so. Default `smokemesh`. Template."},
    {"EventPublication.user_id",
     "Default: null. Template."},
    {"EventReference",
     "One event."},
    {"EventReference.channel",
     "Its channel. Template. Required."},
    {"EventReference.event_id",
     "Its identifier. Template. Required."},
    {"Flow",
     "Something that must happen across agents: one of them publishes or calls, others must see it. Every"
     " role is carried out by the agents that it selects; an agent that several roles select takes them"
     " all, at the same time. All agents carry out `prepare`; when the last one is ready, all go on with"
     " `steps`. An agent that has no Go by the check's deadline reports FAILED, naming who was not ready."},
    {"Flow.roles",
     "The roles. At least one. Names are unique."},
    {"FlowRole",
     "One part in a flow."},
    {"FlowRole.name",
     "Name: letters, digits, `-`, `_`, `.`. Required."},
    {"FlowRole.on",
     "Which agents take it. Without it: one agent, chosen by the coordinator."},
    {"FlowRole.prepare",
     "Steps before the barrier: what must be in place when the others begin (subscribe)."},
    {"FlowRole.steps",
     "Steps after the barrier. At least one. Sessions and captures of `prepare` go on."},
    {"HttpCheck",
     "A check on an HTTP server."},
    {"HttpCheck.connection",
     "Name of a connection. Default: the plan's only one of this kind."},
    {"HttpCheck.steps",
     "The requests, in order. At least one."},
    {"HttpRequest",
     "An HTTP request. At most one of `json`, `form` and `body`."},
    {"HttpRequest.body",
     "Any other body. Template."},
    {"HttpRequest.follow_redirects",
     "Follow at most 3 redirects, on the same host only."},
    {"HttpRequest.form",
     "Form fields (application/x-www-form-urlencoded). Template."},
    {"HttpRequest.headers",
     "Headers. A literal secret is refused. Template."},
    {"HttpRequest.json",
     "JSON body, written as YAML. Strings in it are templates. Sets `content-type`."},
    {"HttpRequest.method",
     "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS. Default GET."},
    {"HttpRequest.query",
     "Query parameters, encoded and appended. Template."},
    {"HttpRequest.url",
     "A path that starts with `/`, appended to the connection's URL, or a whole URL. Template."},
    {"HttpStep",
     "One request and what is expected of its answer. Without an expectation on `status`, the status must"
     " be 200 to 299. A truncated body fails the step."
     "\n\n"
     "Queries: `status`, `header NAME`, `body` (text), `json POINTER` (RFC 6901 into the body),"
     " `bytes` (length of the body), `url` (after redirects), `duration`, `certificate PART` (of an"
     " `https://` server: `issuer`, `subject`, `names` (DNS names and addresses, comma-separated),"
     " `days_left` (whole days until it ends)), `claim NAME` (of the JSON Web Token in `/access_token` of"
     " the body, whose signature is not looked at; `claim lifetime` is `exp` less `iat`, in seconds)."},
    {"HttpStep.capture",
     "Variables to take from the answer."},
    {"HttpStep.connection",
     "Name of the connection, if it is not the check's."},
    {"HttpStep.expect",
     "What must hold."},
    {"HttpStep.name",
     "Name for reports. Default: method and path."},
    {"HttpStep.parallel",
     "Name of a group. Neighbouring steps of one group are carried out at the same time, except that"
     " those on the same session keep their order. The step after the group waits for all of them."},
    {"HttpStep.repeat",
     "Do it several times. Not together with `until`."},
    {"HttpStep.request",
     "The request. Required."},
    {"HttpStep.until",
     "Do it again until what it expects holds."},
    {"HttpStep.when",
     "Leave the step out unless this is `true`; `false` and the empty text leave it out, anything else"
     " makes the check ERRORED. A check all of whose steps are left out is SKIPPED. Template."},
    {"Plan",
     "A plan is this message written as YAML. Field names in YAML are the field names here; durations"
     " are written `250ms`, `30s`, `1m30s`; enums by their last word in lower case (`failures`)."
     "\n\n"
     "Two kinds of substitution happen in every field marked \"Template\" (option `expands`):"
     "\n* `${NAME}` and `${NAME:-default}` read the environment of the *agent* that runs the check."
     " The value never leaves the agent. `${NAME}` without a default and without a value makes the"
     " check ERRORED. `$${` writes a literal `${`."
     "\n* `{{name}}` is a variable: built in (`run_id`, `check`, `agent`, `uuid`, `uuid.<anything>`,"
     " `schema`), from the plan, from the check, or captured by an earlier step."
     "\n\n"
     "Built-in variables:"
     "\n* `{{run_id}}`   the run's identifier."
     "\n* `{{check}}`    the check's name."
     "\n* `{{agent}}`    the identifier of the agent that runs the check."
     "\n* `{{uuid}}`     a UUID that is the same in all steps of one check on one agent in one run, also"
     " when the check is run again, and different everywhere else."
     "\n* `{{uuid.x}}`   a further such UUID for each suffix `x` (letters, digits, `_`)."
     "\n* `{{schema}}`   name of a private PostgreSQL schema. It is made before the first statement that"
     " names it and dropped, with all it holds, when the check ends."
     "\n* `{{correlation_id}}`  a UUID that is the same for all agents and steps of one check in one run."
     "\n* `{{iteration}}`  in a step with `repeat`, which time it is, from 1; warm-up is 0."},
    {"Plan.checks",
     "The checks. At least one. Names are unique. At most 2,000."},
    {"Plan.connections",
     "What checks talk to, by name."},
    {"Plan.defaults",
     "Values for checks that do not set their own."},
    {"Plan.description",
     "One line for people."},
    {"Plan.name",
     "Name of the plan: letters, digits, `-`, `_`, `.`; at most 64 characters. Required."},
    {"Plan.policy",
     "When to roll back. Without it, the default policy of docs/policy.md holds."},
    {"Plan.public_env",
     "Names of environment variables whose values are not secret. All others are hidden in every"
     " message that leaves the agent; of a URL, only user information and query values are hidden."},
    {"Plan.quick",
     "What `--quick` selects: expression over tags. Every critical check is in it. Default `critical`."},
    {"Plan.suites",
     "Groups of checks, in the order in which reports show them."},
    {"Plan.timeout",
     "Longest time that the run may take. What has not ended then is ABORTED. Default 5m."},
    {"Plan.variables",
     "Variables for all checks. Template."},
    {"Policy",
     "When to roll back, when to hold, and what to put up with. Shadow checks and checks that `-m` and"
     " `-k` leave out are outside all of it."},
    {"Policy.clean_rounds",
     "With `--bake`: how many rounds at the end, in a row, must be PROMOTE for PROMOTE. Default: all"
     " rounds. A ROLLBACK of any round stays one."},
    {"Policy.hold",
     "Each rule that holds means HOLD, unless something weightier is the case. For what is no failure"
     " of a check: flaky passes, time budgets, checks that became slow."},
    {"Policy.rollback",
     "Each rule that holds means ROLLBACK."},
    {"Policy.tolerate",
     "Checks that need not pass for PROMOTE."},
    {"PostgresCheck",
     "A check on a PostgreSQL server."},
    {"PostgresCheck.connection",
     "Name of a connection. Default: the plan's only one of this kind."},
    {"PostgresCheck.steps",
     "The steps, in order. At least one."},
    {"PostgresStep",
     "One statement on one session. Without an expectation on `sqlstate`, an error fails the step."
     "\n\n"
     "Queries: `rows` (number of rows returned), `affected` (number of rows changed), `value` (first"
     " column of the first row), `column NAME` (that column of the first row), `json POINTER` (into"
     " `value`), `sqlstate` (`00000` when there was no error), `error` (message text), `duration`,"
     " `connect_duration` (time that opening the session took; nothing when it was open already)."},
    {"PostgresStep.capture",
     "Variables to take from the answer."},
    {"PostgresStep.connection",
     "Name of the connection, if it is not the check's."},
    {"PostgresStep.disconnect",
     "Cut the session's connection without a goodbye, as a crash would. No `sql` then."},
    {"PostgresStep.expect",
     "What must hold, each `query [not] predicate value`: see docs/plans.md. Template in arguments and"
     " values."},
    {"PostgresStep.name",
     "Name for reports. Default: the statement's first words."},
    {"PostgresStep.parallel",
     "Name of a group. Neighbouring steps of one group are carried out at the same time, except that"
     " those on the same session keep their order. The step after the group waits for all of them."},
    {"PostgresStep.params",
     "Values of `$1`, `$2`, … as text. Template."},
    {"PostgresStep.repeat",
     "Do it several times. Not together with `until`."},
    {"PostgresStep.session",
     "Name of the session. Each name is a connection of its own to the server, opened by the first"
     " step that names it and closed when the check ends. Default: `main`."},
    {"PostgresStep.sql",
     "The statement; exactly one. Transactions are plain statements (`BEGIN`). Template."},
    {"PostgresStep.until",
     "Do it again until what it expects holds."},
    {"PostgresStep.when",
     "Leave the step out unless this is `true`; `false` and the empty text leave it out, anything else"
     " makes the check ERRORED. A check all of whose steps are left out is SKIPPED. Template."},
    {"Receive",
     "A wait for published messages."},
    {"Receive.count",
     "Number of messages to wait for. Fewer is a failure. With 0, `settle` says how long to listen."
     " Default 1."},
    {"Receive.settle",
     "After the last one, listen this long and take what else comes, so that `messages == N` proves"
     " that there are no more. Default 0."},
    {"Receive.where",
     "Which messages are meant: those for which all of this holds, each `query [not] predicate value`."
     " All others are passed over. Queries: `channel`, `text`, `json POINTER` (into the text). Template"
     " in arguments and values."},
    {"Receive.within",
     "Longest wait for all of them. Default 2s."},
    {"RedisCheck",
     "A check on a Redis server."},
    {"RedisCheck.connection",
     "Name of a connection. Default: the plan's only one of this kind."},
    {"RedisCheck.steps",
     "The steps, in order. At least one."},
    {"RedisStep",
     "One command on one session, or one wait for published messages. Without an expectation on `error`,"
     " an error reply fails the step."
     "\n\n"
     "Queries: `reply` (the reply as text or number; an array as JSON), `reply N` (element N, from 0),"
     " `type` (`string`, `integer`, `array`, `nil`, `status`, `error`), `error` (text of an error reply),"
     " `json POINTER` (into the reply's text), `messages` (number of messages received), `message N`"
     " (text of message N, from 0), `message_json N/POINTER` (into message N), `duration`."},
    {"RedisStep.capture",
     "Variables to take from the answer."},
    {"RedisStep.command",
     "The command and its arguments: `[SET, key, value, EX, \"60\"]`. `SUBSCRIBE` and `PSUBSCRIBE` end"
     " when the server has confirmed every channel. Template."},
    {"RedisStep.connection",
     "Name of the connection, if it is not the check's."},
    {"RedisStep.disconnect",
     "Cut the session's connection. No `command` then."},
    {"RedisStep.expect",
     "What must hold."},
    {"RedisStep.name",
     "Name for reports. Default: the command's first words."},
    {"RedisStep.parallel",
     "Name of a group. Neighbouring steps of one group are carried out at the same time, except that"
     " those on the same session keep their order. The step after the group waits for all of them."},
    {"RedisStep.receive",
     "Wait for messages on a session that has subscribed. No `command` then."},
    {"RedisStep.repeat",
     "Do it several times. Not together with `until`."},
    {"RedisStep.session",
     "Name of the session: a connection of its own. A session that subscribes receives only. Default:"
     " `main`."},
    {"RedisStep.until",
     "Do it again until what it expects holds."},
    {"RedisStep.when",
     "Leave the step out unless this is `true`; `false` and the empty text leave it out, anything else"
     " makes the check ERRORED. A check all of whose steps are left out is SKIPPED. Template."},
    {"Repeat",
     "A step that is done several times, every time judged. Without an expectation about failures, each"
     " time must do what `expect` says. Durations can also be judged over all times: `duration p95 <"
     " 50ms`; so can `connect_duration`. Their argument is `p` and a percentage above 0 and at most 100"
     " (`p50`, `p99.9`; nearest rank), `min`, `max` or `mean`."},
    {"Repeat.fresh_session",
     "Each time on a connection of its own, which is closed afterwards."},
    {"Repeat.parallel",
     "How many at once, from 1 to 50. Each of them uses a session of its own, which stays open until"
     " the check ends: the first the step's session, the others `SESSION#2`, `SESSION#3`, …. Default 1."},
    {"Repeat.times",
     "How often, from 1 to 1000, warm-up not counted. Required."},
    {"Repeat.warm_up",
     "How often before it counts, 0 to 100: not judged, and not in quantiles. A target that cannot be"
     " reached fails the step also then. Default 0."},
    {"Retry",
     "Retries of a check on its agent, all within the check's timeout."},
    {"Retry.attempts",
     "Tries in all, from 1 to 10. Default 1."},
    {"Retry.interval",
     "Wait between two tries. Default 1s."},
    {"Rounds",
     "Several of the last rounds."},
    {"Rounds.at_least",
     "How many rounds, from 1 to `of_last`. No more than there are rounds in all are asked for."},
    {"Rounds.of_last",
     "Among how many of the last rounds, this one included, from 1 to 1000."},
    {"Rule",
     "A selector over checks and a limit. Exactly one limit."},
    {"Rule.counts",
     "What the limits on `not_passed` and `newly_failing` count. Default: failures."},
    {"Rule.flaky_at_least",
     "Holds when at least so many checks are FLAKY."},
    {"Rule.flaky_ratio_above",
     "Holds when the ratio of FLAKY checks is strictly greater."},
    {"Rule.newly_failing_at_least",
     "Holds when at least so many checks did not pass that passed in the last promoted run."},
    {"Rule.newly_slow_at_least",
     "Holds when at least so many checks passed, and were slow against earlier promoted runs"
     " (CheckComparison.newly_slow)."},
    {"Rule.not_passed_at_least",
     "Holds when at least so many checks count."},
    {"Rule.not_passed_ratio_above",
     "Holds when the ratio is strictly greater."},
    {"Rule.not_passed_ratio_at_least",
     "Holds when the ratio is at least this."},
    {"Rule.rounds",
     "With `--bake`: the rule holds only when its limit was crossed in so many of the last rounds. A"
     " run without rounds is one round."},
    {"Rule.rule",
     "Name of the rule. Required, unique in the policy."},
    {"Rule.select",
     "Expression over tags: `database and transaction`, `smoke and not slow`. Required."},
    {"Rule.services_cut_off_at_least",
     "Holds when at least so many services are cut off. Of the edges that the selected checks probe,"
     " less those SKIPPED, these count as not passed: all to the service, where there are two or"
     " more; or all from it, where there are two or more; or all that it has, be it one."},
    {"Rule.suites_over_target_at_least",
     "Holds when at least so many suites with a selected check took longer than their `target`."},
    {"Scenario",
     "Steps of several kinds, in order."},
    {"Scenario.steps",
     "The steps, in order. At least one."},
    {"Selector",
     "Selects agents. All that is set must hold."},
    {"Selector.labels",
     "Labels (`--label key=value`) that the agent must have."},
    {"Selector.service",
     "The service that the agent stands beside (`--service`). `*` means every agent."},
    {"SourceLocation",
     "A place in a file."},
    {"SourceLocation.file",
     "Path as given on the command line."},
    {"SourceLocation.line",
     "Line, from 1."},
    {"Step",
     "One step of any kind."},
    {"Step.event_bus",
     "An action on an event bus."},
    {"Step.http",
     "An HTTP request."},
    {"Step.postgres",
     "A PostgreSQL statement."},
    {"Step.redis",
     "A Redis command."},
    {"Suite",
     "A group of checks."},
    {"Suite.max",
     "Time after which what is left of the suite is ABORTED."},
    {"Suite.name",
     "Name used in `Check.suite`. Required, unique."},
    {"Suite.target",
     "Time in which the suite should end. Crossing it is reported."},
    {"Suite.title",
     "Name for people. Default: `name`."},
    {"TlsOptions",
     "TLS settings of a client. Paths are read on the agent."},
    {"TlsOptions.ca_file",
     "PEM file with the certificate authorities to trust. Default: the system's. Template."},
    {"TlsOptions.cert_file",
     "PEM file with the client's certificate. Template."},
    {"TlsOptions.insecure_skip_verify",
     "Accept any certificate. For tests only: reports show it."},
    {"TlsOptions.key_file",
     "PEM file with the client's private key. Template."},
    {"TlsOptions.server_name",
     "Name to expect in the server's certificate. Default: the host of the URL. Template."},
    {"Tolerance",
     "Checks that need not pass for PROMOTE, as long as they are few. What is tolerated still counts for"
     " every rule. Exactly one limit."},
    {"Tolerance.counts",
     "What can be tolerated, and counts for the limit. Default: failures; then missing evidence still"
     " makes the run INCONCLUSIVE."},
    {"Tolerance.not_passed_at_most",
     "At most so many."},
    {"Tolerance.not_passed_ratio_at_most",
     "At most this share of the selected checks that were planned, less those SKIPPED."},
    {"Tolerance.rule",
     "Name, unique in the policy, rules included. Required."},
    {"Tolerance.select",
     "Expression over tags. Required. It must not select a critical check."},
    {"Until",
     "A step that is done again until all that it expects holds: for what happens some time after its"
     " cause. It fails with its last answer when the time or the attempts are used up."},
    {"Until.attempts",
     "Greatest number of attempts, at most 10,000. Default: as many as `within` allows."},
    {"Until.interval",
     "Wait between two attempts. Default 50ms."},
    {"Until.within",
     "Longest time for all attempts. Default 2s."},
};
// clang-format on

}  // namespace

std::string_view PlanComment(std::string_view name) {
  const auto* found = std::lower_bound(
      std::begin(kComments), std::end(kComments), name,
      [](const Comment& comment, std::string_view wanted) { return comment.name < wanted; });
  return found == std::end(kComments) || found->name != name ? std::string_view() : found->text;
}

}  // namespace smokemesh::coordinator
