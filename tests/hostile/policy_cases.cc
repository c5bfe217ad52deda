// Plans that want more than the agent's policy allows: they are ERRORED, and nobody is reached.

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/hostile/hostile_case.h"

namespace smokemesh::testing {
namespace {

constexpr char kHttp[] = R"(http: {steps: [{request: {url: /}, expect: [status == 200]}]})";
constexpr char kRedis[] = R"(redis: {steps: [{command: [GET, k]}]})";
constexpr char kPostgres[] = R"(postgres: {steps: [{sql: SELECT 1}]})";
constexpr char kOnlyTarget[] = R"(targets: [{host: 127.0.0.1, ports: [{port}]}])";
constexpr char kElsewhere[] = R"(targets: [{host: 10.0.0.0/8}, {host: db.example.com}])";

Script Ok() {
  return [](RawConnection& peer) {
    while (!peer.ReadRequest().empty()) {
      if (!peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) return;
    }
  };
}

// A plan that asks a server which the policy does not let it reach.
HostileCase Row(std::string name, std::string what, std::string connection, std::string steps,
                std::string policy, std::string says) {
  HostileCase row;
  row.name = "policy_" + std::move(name);
  row.what = std::move(what);
  row.outcome = v1::OUTCOME_ERRORED;
  row.forbidden = true;
  row.serve = Ok();
  row.connection = std::move(connection);
  row.steps = std::move(steps);
  row.policy = std::move(policy);
  row.says = std::move(says);
  return row;
}

HostileCase Metadata(std::string name, std::string what, const std::string& connection,
                     const char* steps) {
  return Row("metadata_" + std::move(name), std::move(what), connection, steps, "",
             "link-local or metadata address");
}

HostileCase Command(std::string name, std::string what, const std::string& command,
                    std::string policy, std::string says) {
  return Row(std::move(name), std::move(what), R"(redis: "redis://{target}/0")",
             absl::StrCat("redis: {steps: [{command: [", command, "]}]}"), std::move(policy),
             std::move(says));
}

// The control: the same question to a server that may be asked.
HostileCase Allowed(HostileCase row) {
  row.outcome = v1::OUTCOME_PASSED;
  row.forbidden = false;
  return row;
}

}  // namespace

std::vector<HostileCase> PolicyCases() {
  const std::string http_trap = R"(http: "http://{trap}")";
  std::vector<HostileCase> rows = {
      Allowed(Row("allowed", "a server that the policy lists: it is asked",
                  R"(http: "http://{target}")", kHttp, kOnlyTarget, "")),
      Row("address", "an address that no target lists", http_trap, kHttp, kOnlyTarget,
          "policy.yaml:1:1: "),
      Row("port", "a port that no target lists", http_trap, kHttp,
          "targets: [{host: 127.0.0.2, ports: [1]}]", "policy.yaml:1:1: "),
      Row("decimal", "an address written as one number", R"(http: "http://2130706434:{trap_port}")",
          kHttp, kElsewhere, "127.0.0.2"),
      Row("hex", "an address written in hex", R"(http: "http://0x7f000002:{trap_port}")", kHttp,
          kElsewhere, "127.0.0.2"),
      Row("octal", "an address written in octal", R"(http: "http://0177.0.0.2:{trap_port}")", kHttp,
          kElsewhere, "127.0.0.2"),
      Row("short", "an address without its zeros", R"(http: "http://127.2:{trap_port}")", kHttp,
          kElsewhere, "127.0.0.2"),
      Row("mapped", "an IPv4 address written as IPv6",
          R"(http: "http://[::ffff:127.0.0.2]:{trap_port}")", kHttp, kElsewhere, "127.0.0.2"),
      Row("escaped", "an address with percent signs", R"(http: "http://127.0.0.%32:{trap_port}")",
          kHttp, kElsewhere, "127.0.0.2"),
      Row("user", "an address behind a user name that looks like a listed one",
          R"(http: "http://127.0.0.1:{port}@127.0.0.2:{trap_port}")", kHttp, kOnlyTarget,
          "127.0.0.2"),
      Row("whole_url", "a step with a whole URL of its own", R"(http: "http://{target}")",
          R"(http: {steps: [{request: {url: "http://{trap}/"}}]})", kOnlyTarget, "127.0.0.2"),
      Row("server_name", "TLS for a listed name at another address",
          R"(http: "https://{trap}", )"
          R"(tls: {server_name: db.example.com})",
          kHttp, kElsewhere, "127.0.0.2"),
      Row("host_header", "a Host header with a listed name", http_trap,
          R"(http: {steps: [{request: {url: /, headers: {Host: db.example.com}}}]})", kElsewhere,
          "127.0.0.2"),
      Row("resolved", "a name whose addresses no network lists",
          R"(http: "http://localhost:{port}")", kHttp, kElsewhere, "(localhost)"),
      Row("name", "a name that no target lists, before it is looked up",
          R"(http: "http://evil.example:{port}")", kHttp, "targets: [{host: good.example}]",
          "evil.example"),
      Row("name_suffix", "a name that only ends like a listed one",
          R"(http: "http://evilgood.example:{port}")", kHttp,
          "targets: [{host: good.example}, {host: \"*.good.example\"}]", "evilgood.example"),
      Row("kind_of_target", "a server that is listed for another kind",
          R"(redis: "redis://{target}/0")", kRedis, "targets: [{host: 127.0.0.1, kinds: [http]}]",
          "redis steps"),
      Row("kind", "a kind that is not listed", R"(redis: "redis://{target}/0")", kRedis,
          "kinds: [http]", "kind http, and not redis"),
      Row("redis_address", "Redis at an address that no target lists",
          R"(redis: "redis://{trap}/0")", kRedis, kOnlyTarget, "127.0.0.2"),
      Row("redis_decimal", "Redis at an address written as one number",
          R"(redis: "redis://2130706434:{trap_port}/0")", kRedis, kElsewhere, "127.0.0.2"),
      Row("redis_mapped", "Redis at an IPv4 address written as IPv6",
          R"(redis: "redis://[::ffff:127.0.0.2]:{trap_port}/0")", kRedis, kElsewhere, "127.0.0.2"),
      Row("event_bus", "an event bus at an address that no target lists",
          R"(redis: "redis://{trap}/0")", "event_bus: {steps: [{subscribe: [ch]}]}", kOnlyTarget,
          "event_bus steps"),
      Row("postgres_address", "PostgreSQL at an address that no target lists",
          R"(postgres: "postgresql://u@{trap}/db")", kPostgres, kOnlyTarget, "127.0.0.2"),
      Row("postgres_decimal", "PostgreSQL at an address written as one number",
          R"(postgres: "postgresql://u@2130706434:{trap_port}/db")", kPostgres, kElsewhere,
          "127.0.0.2"),
      Row("postgres_hostaddr", "a listed name, and another address in `hostaddr`",
          R"(postgres: "host=db.example.com hostaddr=127.0.0.2 port={trap_port} user=u")",
          kPostgres, kElsewhere, "127.0.0.2"),
      Row("postgres_list", "several servers, none of them listed",
          R"(postgres: "postgresql://u@{trap},127.0.0.3:1/db")", kPostgres, kOnlyTarget,
          "127.0.0.2"),
      Row("postgres_socket", "a UNIX socket that no target lists",
          R"(postgres: "host=/run/postgresql user=u dbname=db")", kPostgres, kOnlyTarget,
          "UNIX socket"),
      Row("postgres_role", "a role that is not listed",
          R"(postgres: "postgresql://admin@{target}/db")", kPostgres,
          "postgres: {roles: [app, smoke]}", "log in as \"admin\""),
      Row("postgres_schema", "a scratch schema on a server that is not listed",
          R"(postgres: "postgresql://u@{trap}/db")",
          R"x(postgres: {steps: [{sql: "CREATE TABLE {{schema}}.t (i int)"}]})x", kOnlyTarget,
          "127.0.0.2"),
      Row("variable", "a variable that is not listed", R"(http: "http://{target}")",
          R"(http: {steps: [{request: {url: "/?t=${SMOKEMESH_HOSTILE_SECRET}"}}]})",
          "variables: [HARMLESS, SMOKE_*]", "${SMOKEMESH_HOSTILE_SECRET}"),
      Row("variable_default", "a variable that is not listed, with a default",
          R"(http: "http://{target}")",
          R"(http: {steps: [{request: {url: "/?t=${SMOKEMESH_HOSTILE_SECRET:-x}"}}]})",
          "variables: [HARMLESS]", "${SMOKEMESH_HOSTILE_SECRET}"),
      Row("variable_nested", "a variable that is not listed, in the default of one that is",
          R"(http: "http://{target}")",
          R"(http: {steps: [{request: {url: "/?t=${HARMLESS:-${SMOKEMESH_HOSTILE_SECRET}}"}}]})",
          "variables: [HARMLESS]", "${SMOKEMESH_HOSTILE_SECRET}"),
      Row("variable_plan", "a variable that is not listed, through one of the plan",
          R"(http: "http://{target}")", R"(http: {steps: [{request: {url: "/?t={{token}}"}}]})",
          "variables: [HARMLESS]", "${SMOKEMESH_HOSTILE_SECRET}"),
      Command("flushall", "a command that empties the server", "FLUSHALL", "",
              "it removes what others have stored"),
      Command("flushall_case", "the same in other letters", "fLuShAlL", "",
              "it removes what others have stored"),
      Command("eval", "a script", "EVAL, \"return redis.call('flushall')\", \"0\"", "",
              "EVAL is not allowed"),
      Command("config_set", "a change of the server's configuration",
              "CONFIG, SET, dir, /var/spool/cron", "", "CONFIG SET"),
      Command("config_get_password", "the server's password", "CONFIG, GET, \"require*\"", "",
              "none of a password"),
      Command("debug", "a command that stops the server", "DEBUG, SLEEP, \"100\"", "",
              "it can freeze or crash"),
      Command("replicaof", "makes the server copy another one",
              "REPLICAOF, 127.0.0.2, \"{trap_port}\"", "", "REPLICAOF"),
      Command("migrate", "makes the server connect elsewhere",
              "MIGRATE, 127.0.0.2, \"{trap_port}\", k, \"0\", \"1000\"", "", "MIGRATE"),
      Command("module", "loads a program", "MODULE, LOAD, /tmp/x.so", "", "MODULE"),
      Command("client_reply", "switches answers off, whatever the policy lists",
              "CLIENT, REPLY, \"OFF\"", "redis: {commands: [CLIENT, GET]}", "CLIENT REPLY"),
      Command("not_listed", "a harmless command that the policy does not list", "SET, k, v",
              "redis: {commands: [GET]}", "Redis command SET"),
      Row("event_bus_command",
          "an event whose storing the policy does not list: it is not "
          "published either",
          R"(redis: "redis://{target}/0")",
          R"(event_bus: {steps: [{publish: {channel: ch, event_id: e, event_type: t}}]})",
          "redis: {commands: [PUBLISH]}", "Redis command SET"),
      Metadata("http", "the metadata address", R"(http: "http://169.254.169.254")", kHttp),
      Metadata("http_decimal", "the metadata address as one number", R"(http: "http://2852039166")",
               kHttp),
      Metadata("http_hex", "the metadata address in hex", R"(http: "http://0xa9fea9fe")", kHttp),
      Metadata("http_octal", "the metadata address in octal",
               R"(http: "http://0251.0376.0251.0376")", kHttp),
      Metadata("http_mapped", "the metadata address in IPv6",
               R"(http: "http://[::ffff:169.254.169.254]")", kHttp),
      Metadata("http_nat64", "the metadata address behind NAT64",
               R"(http: "http://[64:ff9b::a9fe:a9fe]")", kHttp),
      Metadata("http_6to4", "the metadata address behind 6to4",
               R"(http: "http://[2002:a9fe:a9fe::1]")", kHttp),
      Metadata("http_aws_v6", "the IPv6 metadata address of a cloud",
               R"(http: "http://[fd00:ec2::254]")", kHttp),
      Metadata("http_alibaba", "the metadata address of another cloud",
               R"(http: "http://100.100.100.200")", kHttp),
      Metadata("redis", "Redis at the metadata address", R"(redis: "redis://169.254.169.254:80/0")",
               kRedis),
      Metadata("redis_decimal", "Redis at the metadata address as one number",
               R"(redis: "redis://2852039166:80/0")", kRedis),
      Metadata("postgres", "PostgreSQL at the metadata address",
               R"(postgres: "postgresql://u@169.254.169.254:80/db")", kPostgres),
      Metadata("postgres_hostaddr", "`hostaddr` with the metadata address in hex",
               R"(postgres: "host=db hostaddr=0xa9fea9fe port=80 user=u")", kPostgres),
      Metadata("listed", "the metadata address in a listed network, without leave",
               R"(http: "http://169.254.169.254")", kHttp),
  };
  rows.back().policy = "targets: [{host: 0.0.0.0/0}]";
  rows.back().says = "allow_metadata_address: true";
  for (HostileCase& row : rows) {
    if (row.name == "policy_variable_plan")
      row.variables = "{token: \"${SMOKEMESH_HOSTILE_SECRET}\"}";
  }
  return rows;
}

}  // namespace smokemesh::testing
