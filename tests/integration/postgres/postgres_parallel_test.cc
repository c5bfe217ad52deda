// Several steps of one check at once.

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/postgres/postgres_fixture.h"
#include "tests/testing/stopwatch.h"
#include "tests/testing/tcp_proxy.h"

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr char kOurSessions[] =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'smokemesh'";

class PostgresParallel : public PostgresTest {
 protected:
  void SetUp() override {
    Must("DROP SCHEMA IF EXISTS public CASCADE");
    Must("CREATE SCHEMA public");
    Must("CREATE TABLE public.t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)");
  }
  void TearDown() override {
    EXPECT_TRUE(runner_->CleanUp(In(kLong)).ok());
    EXPECT_TRUE(Eventually(kOurSessions, "0"));
  }

  static void Must(const std::string& sql) {
    const auto done = server_->Exec(sql);
    ASSERT_TRUE(done.ok()) << done.status();
  }

  std::future<ObservationOr> Begin(const How& how, const std::string& sql,
                                   shared::Duration time = kLong) {
    return std::async(std::launch::async, [=, this] { return SqlAs(how, sql, time); });
  }

  // Waits until `count` of our sessions wait for a lock.
  static bool Waiting(int count) {
    return Eventually(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'smokemesh' "
        "AND wait_event_type = 'Lock'",
        std::to_string(count));
  }

  // Begins a transaction of somebody else that holds `lock`, until Release.
  void Hold(const std::string& lock) {
    const How how{.session = "holder", .connection = "else", .url = ElseUrl()};
    for (const std::string& sql : {std::string("BEGIN"), lock}) {
      ASSERT_EQ(Value(SqlAs(how, sql), "sqlstate"), "\"00000\"") << sql;
    }
  }
  void Release() {
    const How how{.session = "holder", .connection = "else", .url = ElseUrl()};
    EXPECT_EQ(Value(SqlAs(how, "COMMIT"), "sqlstate"), "\"00000\"");
  }
  static std::string ElseUrl() { return server_->Url() + "?application_name=holder"; }

  // The same URL, by way of a proxy.
  static std::string Through(const testing::TcpProxy& proxy, std::string url) {
    const std::string port = std::to_string(server_->port());
    return url.replace(url.find(port), port.size(), std::to_string(proxy.port()));
  }

  static std::string Session(int number) {
    return number == 1 ? "main" : "main#" + std::to_string(number);
  }
};

TEST_F(PostgresParallel, WritersOnSessionsOfTheirOwnWaitTogetherAndAllLand) {
  Hold("LOCK TABLE public.t IN SHARE MODE");
  std::vector<std::future<ObservationOr>> writers;
  for (int i = 1; i <= 5; ++i) {
    writers.push_back(
        Begin({.session = Session(i)}, "INSERT INTO public.t VALUES (" + std::to_string(i) + ")"));
  }
  EXPECT_TRUE(Waiting(5));
  Release();
  for (auto& writer : writers) EXPECT_EQ(Value(writer.get(), "affected"), "1");
  EXPECT_EQ(server_->Exec("SELECT count(*) FROM public.t").value_or("?"), "5");
  EXPECT_EQ(server_->Exec(kOurSessions).value_or("?"), "5");
}

TEST_F(PostgresParallel, ADeadlockIsSqlstate40P01OfOneAndTheOtherGoesOn) {
  Must("INSERT INTO public.t VALUES (1), (2)");
  for (const char* session : {"a", "b"}) {
    ASSERT_TRUE(SqlAs({.session = session}, "SET deadlock_timeout = '30ms'").ok());
    ASSERT_TRUE(SqlAs({.session = session}, "BEGIN").ok());
  }
  ASSERT_TRUE(SqlAs({.session = "a"}, "UPDATE public.t SET n = 1 WHERE id = 1").ok());
  ASSERT_TRUE(SqlAs({.session = "b"}, "UPDATE public.t SET n = 2 WHERE id = 2").ok());
  auto a = Begin({.session = "a"}, "UPDATE public.t SET n = 1 WHERE id = 2");
  auto b = Begin({.session = "b"}, "UPDATE public.t SET n = 2 WHERE id = 1");
  const std::vector<std::string> states = {Value(a.get(), "sqlstate"), Value(b.get(), "sqlstate")};
  EXPECT_THAT(states, UnorderedElementsAre("\"40P01\"", "\"00000\""));
}

TEST_F(PostgresParallel, ALockThatIsNotGrantedIsSqlstate55P03) {
  Must("INSERT INTO public.t VALUES (1)");
  Hold("SELECT * FROM public.t FOR UPDATE");
  EXPECT_EQ(Ask("SELECT * FROM public.t FOR UPDATE NOWAIT", "sqlstate"), "\"55P03\"");
  ASSERT_TRUE(Sql("SET lock_timeout = '50ms'").ok());
  EXPECT_EQ(Ask("UPDATE public.t SET n = 1", "sqlstate"), "\"55P03\"");
  Release();
  EXPECT_EQ(Ask("UPDATE public.t SET n = 1", "sqlstate"), "\"00000\"");
}

TEST_F(PostgresParallel, ALostUpdateIsSqlstate40001) {
  Must("INSERT INTO public.t VALUES (1)");
  for (const char* session : {"a", "b"}) {
    ASSERT_TRUE(SqlAs({.session = session}, "BEGIN ISOLATION LEVEL REPEATABLE READ").ok());
    ASSERT_EQ(Value(SqlAs({.session = session}, "SELECT n FROM public.t"), "value"), "0");
  }
  ASSERT_TRUE(SqlAs({.session = "a"}, "UPDATE public.t SET n = n + 1").ok());
  auto b = Begin({.session = "b"}, "UPDATE public.t SET n = n + 1");
  ASSERT_TRUE(Waiting(1));
  ASSERT_TRUE(SqlAs({.session = "a"}, "COMMIT").ok());
  EXPECT_EQ(Value(b.get(), "sqlstate"), "\"40001\"");
  EXPECT_EQ(server_->Exec("SELECT n FROM public.t").value_or("?"), "1");
}

TEST_F(PostgresParallel, SessionsStayOpenSoThatTheyMakeUpAPool) {
  std::vector<std::future<ObservationOr>> opened;
  for (int i = 1; i <= 20; ++i) {
    opened.push_back(Begin({.session = Session(i)}, "SELECT pg_backend_pid()"));
  }
  std::set<std::string> pids;
  for (auto& one : opened) {
    const ObservationOr seen = one.get();
    pids.insert(Value(seen, "value"));
    EXPECT_NE(Value(seen, "connect_duration"), shared::Describe(shared::Absent{}));
  }
  EXPECT_EQ(pids.size(), 20u);
  EXPECT_EQ(server_->Exec(kOurSessions).value_or("?"), "20");
  const ObservationOr again = SqlAs({.session = Session(20)}, "SELECT pg_backend_pid()");
  EXPECT_EQ(pids.count(Value(again, "value")), 1u);
  EXPECT_EQ(Value(again, "connect_duration"), shared::Describe(shared::Absent{}));
}

TEST_F(PostgresParallel, OpensOnlySoManySessions) {
  for (int i = 1; i <= 64; ++i) {
    const ObservationOr seen = SqlAs({.session = Session(i)}, "SELECT 1");
    ASSERT_TRUE(seen.ok()) << i << seen.status();
  }
  const How fresh{.fresh = true};
  EXPECT_EQ(SqlAs(fresh, "SELECT 1").status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(SqlAs({.session = "one more"}, "SELECT 1").status().code(),
            absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(Disconnect("main#7").ok());
  EXPECT_TRUE(SqlAs(fresh, "SELECT 1").ok());
  EXPECT_TRUE(SqlAs({.session = "one more"}, "SELECT 1").ok());
}

TEST_F(PostgresParallel, FreshSessionsAreGoneWhenTheStepEnds) {
  std::set<std::string> pids;
  for (const char* sql : {"SELECT pg_backend_pid()", "SELECT 1/0", "SELECT pg_backend_pid()"}) {
    const ObservationOr seen = SqlAs({.session = "main", .fresh = true}, sql);
    EXPECT_NE(Value(seen, "connect_duration"), shared::Describe(shared::Absent{})) << sql;
    EXPECT_EQ(server_->Exec(kOurSessions).value_or("?"), "0") << sql;
    pids.insert(Value(seen, "value"));
  }
  EXPECT_EQ(pids.size(), 3u);  // two of them, and nothing
  std::vector<std::future<ObservationOr>> together;
  for (int i = 0; i < 10; ++i) {
    together.push_back(Begin({.session = "main", .fresh = true}, "SELECT pg_backend_pid()"));
  }
  for (auto& one : together) pids.insert(Value(one.get(), "value"));
  EXPECT_EQ(pids.size(), 13u);
  EXPECT_EQ(server_->Exec(kOurSessions).value_or("?"), "0");
}

TEST_F(PostgresParallel, AFreshSessionIsSeenToItsEndOnTheServer) {
  // The goodbye takes a while to get there, the question for what is left does not.
  testing::TcpProxy proxy(server_->port());
  proxy.SetDelay(std::chrono::milliseconds(30));
  const How fresh{.fresh = true, .url = Through(proxy, server_->Url())};
  const ObservationOr seen = SqlAs(fresh, "SELECT 1");
  EXPECT_EQ(server_->Exec(kOurSessions).value_or("?"), "0");
  EXPECT_TRUE(seen.ok()) << seen.status();
}

TEST_F(PostgresParallel, AServerThatDoesNotAnswerAGoodbyeHoldsUpNobody) {
  testing::TcpProxy proxy(server_->port());
  proxy.SetDelay(std::chrono::milliseconds(250));
  const How fresh{.fresh = true, .url = Through(proxy, server_->Url()) + "?sslmode=disable"};
  const ObservationOr seen = SqlAs(fresh, "SELECT 1");
  ASSERT_TRUE(seen.ok()) << seen.status();
  // It is still there, so that the end of the step did not wait for it.
  EXPECT_EQ(server_->Exec(kOurSessions).value_or("?"), "1");
}

TEST_F(PostgresParallel, AFreshSessionDoesNotTouchTheNamedOne) {
  ASSERT_TRUE(Sql("SET application_name = 'smokemesh-named'").ok());
  EXPECT_EQ(Value(SqlAs({.session = "main", .fresh = true}, "SHOW application_name"), "value"),
            "\"smokemesh\"");
  EXPECT_EQ(Ask("SHOW application_name"), "\"smokemesh-named\"");
}

TEST_F(PostgresParallel, TellsHowLongTheServerTookToLetUsIn) {
  testing::TcpProxy proxy(server_->port());
  proxy.SetDelay(std::chrono::milliseconds(40));
  const ObservationOr seen = SqlAs({.url = Through(proxy, server_->Url())}, "SELECT 1");
  ASSERT_TRUE(seen.ok()) << seen.status();
  const auto connecting = (*seen)->Get("connect_duration", "");
  const auto statement = (*seen)->Get("duration", "");
  ASSERT_TRUE(connecting.ok() && statement.ok());
  // At least start-up, challenge and proof there and back, against one question.
  EXPECT_GE(std::get<shared::Duration>(*connecting), std::chrono::milliseconds(240));
  EXPECT_GE(std::get<shared::Duration>(*statement), std::chrono::milliseconds(80));
  EXPECT_LT(std::get<shared::Duration>(*statement), std::get<shared::Duration>(*connecting));
}

TEST_F(PostgresParallel, ACancellationEndsAllOfThemAlsoOnTheServer) {
  constexpr char kAsleep[] =
      "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT "
      "pg_sleep%'";
  std::vector<std::future<ObservationOr>> sleepers;
  for (int i = 1; i <= 40; ++i) {
    sleepers.push_back(Begin({.session = Session(i)}, "SELECT pg_sleep(15)"));
  }
  ASSERT_TRUE(Eventually(kAsleep, "40"));
  const auto begin = std::chrono::steady_clock::now();
  const testing::Stopwatch watch;
  cancellation_.Cancel("enough");
  for (auto& sleeper : sleepers) {
    EXPECT_EQ(sleeper.get().status().code(), absl::StatusCode::kCancelled);
  }
  EXPECT_LT(watch.Elapsed(), std::chrono::milliseconds(250));
  // Well before they would wake up.
  EXPECT_TRUE(Eventually(kAsleep, "0"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

// ---- Scratch schemas.

constexpr char kSchema[] = "smokemesh_0123456789abcdef";

class PostgresScratch : public PostgresParallel {
 protected:
  static std::string Exists() {
    return server_
        ->Exec("SELECT count(*) FROM pg_namespace WHERE nspname = '" + std::string(kSchema) + "'")
        .value_or("?");
  }
  // Whether a thread of this process waits for something.
  static bool Sleeps(pid_t thread) {
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
    std::string line;
    std::getline(file, line);
    const size_t name_end = line.rfind(") ");
    return name_end != line.npos && line[name_end + 2] == 'S';
  }

  // A schema of that name from an earlier run, which somebody else has locked.
  void LeaveLocked() {
    Must("CREATE SCHEMA " + std::string(kSchema));
    Must("CREATE TABLE " + std::string(kSchema) + ".old (id int)");
    Hold("LOCK TABLE " + std::string(kSchema) + ".old IN ACCESS EXCLUSIVE MODE");
  }
  absl::Status Remove(StepRunner* runner, const std::string& name, const std::string& url,
                      const std::string& schema, shared::Duration time = kLong) {
    v1::Connection connection;
    connection.set_postgres(url);
    return runner->RemoveScratchSchema(name, connection, schema, In(time));
  }
  std::future<ObservationOr> MakeTable(int number, shared::Duration time = kLong) {
    return Begin(
        {.session = Session(number), .schema = kSchema},
        "CREATE TABLE " + std::string(kSchema) + ".t" + std::to_string(number) + " (id int)", time);
  }
};

TEST_F(PostgresScratch, IsMadeOnceAndTheOthersWait) {
  LeaveLocked();
  std::vector<std::future<ObservationOr>> steps;
  for (int i = 1; i <= 8; ++i) steps.push_back(MakeTable(i));
  ASSERT_TRUE(Waiting(1));
  // Whoever has less time does not wait for longer.
  const testing::Stopwatch watch;
  const ObservationOr late = MakeTable(9, std::chrono::milliseconds(200)).get();
  EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded) << late.status();
  EXPECT_LT(watch.Elapsed(), std::chrono::milliseconds(200) + kTolerance);
  EXPECT_EQ(server_->Exec(kOurSessions).value_or("?"), "1") << "only one of them makes it";
  Release();
  for (auto& step : steps) EXPECT_EQ(Value(step.get(), "sqlstate"), "\"00000\"");
  EXPECT_EQ(server_
                ->Exec("SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE "
                       "schemaname = '" +
                       std::string(kSchema) + "'")
                .value_or("?"),
            "t1 t2 t3 t4 t5 t6 t7 t8");
  EXPECT_TRUE(runner_->CleanUp(In(kLong)).ok());
  EXPECT_EQ(Exists(), "0");
}

TEST_F(PostgresScratch, WaitingForItEndsWithACancellation) {
  LeaveLocked();
  auto maker = MakeTable(1);
  ASSERT_TRUE(Waiting(1));
  shared::Cancellation cancellation;
  const CheckContext context{std::chrono::steady_clock::now() + kLong, &cancellation};
  std::vector<std::future<ObservationOr>> waiters;
  std::atomic<pid_t> threads[3] = {0, 0, 0};
  for (int i = 2; i <= 4; ++i) {
    waiters.push_back(std::async(std::launch::async, [&, i] {
      threads[i - 2] = gettid();
      v1::PostgresStep step;
      step.set_sql("SELECT 1");
      return RunStep(step, {.session = Session(i), .schema = kSchema}, context);
    }));
  }
  for (const std::atomic<pid_t>& thread : threads) {
    while (thread == 0 || !Sleeps(thread)) std::this_thread::yield();
  }
  const testing::Stopwatch watch;
  cancellation.Cancel("enough");
  for (auto& waiter : waiters) {
    const ObservationOr seen = waiter.get();
    EXPECT_EQ(seen.status().code(), absl::StatusCode::kCancelled) << seen.status();
  }
  EXPECT_LT(watch.Elapsed(), kTolerance);
  // Whoever makes it goes on, and the holder's end lets it.
  EXPECT_EQ(server_->Exec(kOurSessions).value_or("?"), "1");
  Release();
  EXPECT_EQ(Value(maker.get(), "sqlstate"), "\"00000\"");
}

TEST_F(PostgresScratch, IsTheSameForConnectionsWithOtherRolesToTheSameDatabase) {
  const std::string schema(kSchema);
  const How owner{.schema = kSchema};
  const How app{
      .schema = kSchema, .connection = "app", .url = server_->Url("plain", "plain-canary-0815")};
  ASSERT_EQ(Value(SqlAs(owner, "CREATE TABLE " + schema + ".t AS SELECT 7 AS n"), "sqlstate"),
            "\"00000\"");
  EXPECT_EQ(Value(SqlAs(app, "SELECT n FROM " + schema + ".t"), "sqlstate"), "\"42501\"");
  ASSERT_TRUE(SqlAs(owner, "GRANT USAGE ON SCHEMA " + schema + " TO plain").ok());
  ASSERT_TRUE(SqlAs(owner, "GRANT SELECT ON " + schema + ".t TO plain").ok());
  EXPECT_EQ(Value(SqlAs(app, "SELECT n FROM " + schema + ".t"), "value"), "7");
  EXPECT_TRUE(runner_->CleanUp(In(kLong)).ok());
  EXPECT_EQ(Exists(), "0");
}

// The server hears nothing of the end of a session that holds a lock and is at work.
class PostgresScratchLeftBehind : public PostgresScratch,
                                  public ::testing::WithParamInterface<bool> {};

TEST_P(PostgresScratchLeftBehind, IsDroppedAllTheSame) {
  const bool other_role = GetParam();
  testing::TcpProxy proxy(server_->port());
  const std::string schema(kSchema);
  const How owner{.schema = kSchema, .url = Through(proxy, server_->Url())};
  const How app{
      .session = "app",
      .schema = kSchema,
      .connection = other_role ? "app" : "db",
      .url = other_role ? Through(proxy, server_->Url("plain", "plain-canary-0815")) : owner.url};
  ASSERT_TRUE(SqlAs(owner, "CREATE TABLE " + schema + ".t AS SELECT 7 AS n").ok());
  ASSERT_TRUE(SqlAs(owner, "GRANT USAGE ON SCHEMA " + schema + " TO plain").ok());
  ASSERT_TRUE(SqlAs(owner, "GRANT SELECT ON " + schema + ".t TO plain").ok());
  ASSERT_TRUE(SqlAs(app, "BEGIN").ok());
  ASSERT_EQ(Value(SqlAs(app, "SELECT n FROM " + schema + ".t"), "value"), "7");
  auto stuck = Begin(app, "SELECT pg_sleep(15)", std::chrono::milliseconds(400));
  constexpr char kAsleep[] =
      "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT "
      "pg_sleep%'";
  ASSERT_TRUE(Eventually(kAsleep, "1"));
  proxy.SetBlackHole(true);
  EXPECT_EQ(stuck.get().status().code(), absl::StatusCode::kDeadlineExceeded);
  proxy.SetBlackHole(false);
  ASSERT_EQ(server_->Exec(kAsleep).value_or("?"), "1");
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status clean = runner_->CleanUp(In(kLong));
  EXPECT_TRUE(clean.ok()) << clean;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(Exists(), "0");
}

INSTANTIATE_TEST_SUITE_P(Role, PostgresScratchLeftBehind, ::testing::Bool(),
                         [](const auto& role) { return role.param ? "Other" : "Same"; });

TEST_F(PostgresScratch, OfADeadProcessIsRemovedTogetherWithTheSessionsThatHoldIt) {
  const std::string schema(kSchema);
  ASSERT_TRUE(SqlAs({.schema = kSchema}, "CREATE TABLE " + schema + ".t (id int)").ok());
  ASSERT_TRUE(SqlAs({.session = "locks"}, "BEGIN").ok());
  ASSERT_TRUE(SqlAs({.session = "locks"}, "LOCK TABLE " + schema + ".t").ok());
  ASSERT_TRUE(SqlAs({.session = "makes"}, "BEGIN").ok());
  ASSERT_TRUE(SqlAs({.session = "makes"}, "CREATE TABLE " + schema + ".u (id int)").ok());
  ASSERT_TRUE(SqlAs({.session = "other"}, "BEGIN").ok());
  ASSERT_TRUE(SqlAs({.session = "other"}, "INSERT INTO public.t VALUES (1)").ok());

  const std::unique_ptr<StepRunner> cleaner = PostgresStepRunners(SuperuserPolicy())();
  const absl::Status removed = Remove(cleaner.get(), "db", url_, kSchema);
  EXPECT_TRUE(removed.ok()) << removed;
  EXPECT_TRUE(cleaner->CleanUp(In(kLong)).ok());
  EXPECT_EQ(Exists(), "0");
  EXPECT_TRUE(Remove(cleaner.get(), "db", url_, kSchema).ok()) << "it is gone already";
  EXPECT_EQ(SqlAs({.session = "locks"}, "COMMIT").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(SqlAs({.session = "makes"}, "COMMIT").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Value(SqlAs({.session = "other"}, "COMMIT"), "sqlstate"), "\"00000\"")
      << "a session that does not hold it is left alone";
}

TEST_F(PostgresScratch, IsMadeAnewWhenASessionOfADeadProcessStillHoldsIt) {
  const std::string schema(kSchema);
  const std::unique_ptr<StepRunner> next = PostgresStepRunners(SuperuserPolicy())();
  ASSERT_TRUE(SqlAs({.schema = kSchema}, "CREATE TABLE " + schema + ".t (id int)").ok());
  ASSERT_TRUE(Sql("BEGIN").ok());
  ASSERT_TRUE(Sql("LOCK TABLE " + schema + ".t").ok());
  v1::Step step;
  step.mutable_postgres()->set_sql("CREATE TABLE " + schema + ".t (id int)");
  v1::Connection connection;
  connection.set_postgres(url_);
  StepRequest request;
  request.step = &step;
  request.connection_name = "db";
  request.connection = &connection;
  request.scratch_schema = kSchema;
  EXPECT_EQ(Value(next->Run(request, In(std::chrono::seconds(5))), "sqlstate"), "\"00000\"");
  EXPECT_TRUE(next->CleanUp(In(kLong)).ok());
}

TEST_F(PostgresScratch, HeldByAnotherProgramIsReportedInTimeAndLeftAlone) {
  LeaveLocked();
  const testing::Stopwatch watch;
  const absl::Status left =
      Remove(runner_.get(), "db", url_, kSchema, std::chrono::milliseconds(600));
  EXPECT_LT(watch.Elapsed(), std::chrono::milliseconds(600) + kTolerance);
  EXPECT_FALSE(left.ok());
  EXPECT_THAT(std::string(left.message()),
              HasSubstr("the scratch schema \"" + std::string(kSchema) + "\" may be left on"));
  Release();
  EXPECT_TRUE(Remove(runner_.get(), "db", url_, kSchema).ok());
  EXPECT_EQ(Exists(), "0");
}

TEST_F(PostgresScratch, OfAnotherRoleIsLeftToTheConnectionThatOwnsIt) {
  const std::string plain = server_->Url("plain", "plain-canary-0815");
  Must("CREATE SCHEMA " + std::string(kSchema));
  EXPECT_TRUE(Remove(runner_.get(), "app", plain, kSchema).ok());
  const absl::Status still = runner_->CleanUp(In(kLong));
  EXPECT_FALSE(still.ok());
  EXPECT_THAT(std::string(still.message()), HasSubstr("belongs to the role \"postgres\""));
  EXPECT_TRUE(Remove(runner_.get(), "db", url_, kSchema).ok());
  const absl::Status gone = runner_->CleanUp(In(kLong));
  EXPECT_TRUE(gone.ok()) << gone;
  EXPECT_EQ(Exists(), "0");
}

TEST_F(PostgresScratch, NamesAreTheOnlyOnesThatAreDropped) {
  for (const char* name : {"public", "smokemesh_", "smokemesh_0123456789ABCDEF",
                           "smokemesh_0123456789abcdef0", "xsmokemesh_0123456789abcdef", ""}) {
    EXPECT_EQ(Remove(runner_.get(), "db", url_, name).code(), absl::StatusCode::kInvalidArgument)
        << name;
  }
  EXPECT_EQ(
      server_->Exec("SELECT count(*) FROM pg_namespace WHERE nspname = 'public'").value_or("?"),
      "1");
}

}  // namespace
}  // namespace smokemesh::agent
