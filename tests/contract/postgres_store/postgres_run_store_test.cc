#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/store/open_store.h"
#include "coordinator/store/pqxx_connection.h"
#include "coordinator/store/pqxx_run_store.h"
#include "coordinator/store/pqxx_target.h"
#include "tests/contract/postgres_store/postgres_place.h"
#include "tests/contract/run_store/run_store_contract.h"

namespace smokemesh::testing {
namespace {

using coordinator::RunStore;
using ::testing::HasSubstr;
using ::testing::Not;

INSTANTIATE_TEST_SUITE_P(
    Postgres, RunStoreContract,
    ::testing::Values(StoreKind{"Server", true, [] { return std::make_unique<PostgresPlace>(); }}),
    [](const ::testing::TestParamInfo<StoreKind>& kind) { return kind.param.name; });

// ---- Epochs ----------------------------------------------------------------------------------

// What a coordinator whose lease is past tries to write.
struct StaleWrite {
  const char* name;
  absl::Status (*write)(RunStore* store);
};

coordinator::StoredRun Known() { return MakeRun("known", "q1"); }

class StaleWriteTest : public ::testing::TestWithParam<StaleWrite> {};

TEST_P(StaleWriteTest, IsRefusedAndChangesNothing) {
  PostgresPlace place;
  const auto old_leader = place.Open();
  ASSERT_TRUE(Put(old_leader.get(), Known()).ok());
  ASSERT_TRUE(Append(old_leader.get(), {MakeResult("known", "c", "a", 1)}).ok());
  const uint64_t epoch = place.LoseLease();
  ASSERT_GT(epoch, place.epoch());
  const auto new_leader = place.Open(epoch);

  const absl::Status refused = GetParam().write(old_leader.get());
  EXPECT_TRUE(coordinator::IsFenced(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("another coordinator leads"));

  ASSERT_EQ(new_leader->ListRuns({})->size(), 1u);
  const auto run = new_leader->GetRun("known");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_FALSE(run->has_manifest);
  EXPECT_EQ(run->cancel_reason, "");
  EXPECT_FALSE(run->final_run.has_value());
  EXPECT_EQ(new_leader->GetResults("known")->size(), 1u);
  EXPECT_TRUE(new_leader->GetOutlines("plan-of-known", v1::DECISION_PROMOTE, 9)->empty());

  // It stays refused, and the new one can write the same.
  EXPECT_TRUE(coordinator::IsFenced(GetParam().write(old_leader.get())));
  EXPECT_TRUE(GetParam().write(new_leader.get()).ok());
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, StaleWriteTest,
    ::testing::Values(StaleWrite{"NewRun",
                                 [](RunStore* store) { return Put(store, MakeRun("r2", "q2")); }},
                      StaleWrite{"Manifest",
                                 [](RunStore* store) {
                                   coordinator::StoredRun run = Known();
                                   run.has_manifest = true;
                                   run.manifest = {{"check", "agent", "service"}};
                                   return Put(store, run);
                                 }},
                      StaleWrite{"Cancellation",
                                 [](RunStore* store) {
                                   coordinator::StoredRun run = Known();
                                   run.cancel_reason = "enough";
                                   return Put(store, run);
                                 }},
                      StaleWrite{"FinalRun",
                                 [](RunStore* store) {
                                   coordinator::StoredRun run = Known();
                                   run.final_run = MakeFinalRun("known", v1::DECISION_PROMOTE);
                                   return Put(store, run);
                                 }},
                      StaleWrite{"Results",
                                 [](RunStore* store) {
                                   return Append(store, {MakeResult("known", "c", "a", 2)});
                                 }}),
    [](const auto& kind) { return kind.param.name; });

TEST(PostgresEpochTest, AnEpochThatNobodyHasHadYetWritesNothing) {
  PostgresPlace place;
  const auto store = place.Open(place.epoch() + 1);
  EXPECT_TRUE(coordinator::IsFenced(Put(store.get(), Known())));
  EXPECT_TRUE(store->ListRuns({})->empty());
}

TEST(PostgresEpochTest, ALeaseWhoseTimeIsOverStillWritesUntilSomebodyTakesIt) {
  const std::string url = UrlOf(NewSchema());
  const auto leases = coordinator::OpenLeaseStore(url);
  ASSERT_TRUE(leases.ok()) << leases.status();
  const uint64_t epoch = TakeLease(leases->get(), "a", std::chrono::milliseconds(1));
  const auto store = coordinator::OpenRunStore(url, epoch);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE(Put(store->get(), Known()).ok());
  TakeLease(leases->get(), "b");
  EXPECT_TRUE(coordinator::IsFenced(Put(store->get(), Known())));
}

// The result's insertion takes a second, as on a slow disk.
void SlowDown(const std::string& schema) {
  for (const std::string& sql :
       {"CREATE FUNCTION " + schema +
            ".slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NEW; "
            "END'",
        "CREATE TRIGGER slow BEFORE INSERT ON " + schema +
            ".result FOR EACH ROW EXECUTE FUNCTION " + schema + ".slow()"}) {
    ASSERT_TRUE(SharedPostgres().Exec(sql).ok());
  }
}

// Waits until a write is in the middle of its transaction.
void AwaitSlowWrite() {
  while (*SharedPostgres().Exec("SELECT count(*) FROM pg_stat_activity WHERE wait_event = "
                                "'PgSleep'") == "0") {
    std::this_thread::yield();
  }
}

TEST(PostgresEpochTest, TakingTheLeaseWaitsForWhatItsHolderIsWriting) {
  const std::string schema = NewSchema();
  const std::string url = UrlOf(schema);
  const auto leases = coordinator::OpenLeaseStore(url);
  const uint64_t epoch = TakeLease(leases->get(), "a", std::chrono::milliseconds(1));
  const auto store = coordinator::OpenRunStore(url, epoch);
  ASSERT_TRUE(Put(store->get(), Known()).ok());
  SlowDown(schema);
  auto written = std::async(
      std::launch::async, [&] { return Append(store->get(), {MakeResult("known", "c", "a", 1)}); });
  AwaitSlowWrite();
  // What the next leader loads holds all that was acknowledged before.
  const auto next = coordinator::OpenRunStore(url, TakeLease(leases->get(), "b"));
  EXPECT_EQ((*next)->GetResults("known")->size(), 1u);
  EXPECT_TRUE(written.get().ok());
}

TEST(PostgresEpochTest, RenewingDoesNotWaitForWrites) {
  const std::string schema = NewSchema();
  const std::string url = UrlOf(schema);
  const auto leases = coordinator::OpenLeaseStore(url);
  const uint64_t epoch = TakeLease(leases->get(), "a");
  const auto store = coordinator::OpenRunStore(url, epoch);
  ASSERT_TRUE(Put(store->get(), Known()).ok());
  SlowDown(schema);
  auto written = std::async(
      std::launch::async, [&] { return Append(store->get(), {MakeResult("known", "c", "a", 1)}); });
  AwaitSlowWrite();
  EXPECT_TRUE((*leases)->Renew(epoch, std::chrono::minutes(1)).ok());
  EXPECT_EQ(written.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  EXPECT_TRUE(written.get().ok());
}

// ---- Errors ----------------------------------------------------------------------------------

TEST(PostgresRunStoreTest, AWriteThatTheServerCannotCarryOutIsNotAcknowledgedAndTheStoreGoesOn) {
  PostgresPlace place;
  const auto store = place.Open();
  ASSERT_TRUE(Put(store.get(), Known()).ok());
  const std::string schema = place.url().substr(place.url().rfind('=') + 1);
  // As with a full disk.
  ASSERT_TRUE(SharedPostgres()
                  .Exec("CREATE FUNCTION " + schema +
                        ".full() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no "
                        "space'' USING ERRCODE = ''53100''; END'")
                  .ok());
  ASSERT_TRUE(SharedPostgres()
                  .Exec("CREATE TRIGGER full_disk BEFORE INSERT ON " + schema +
                        ".result FOR EACH ROW WHEN (NEW.attempt = 2) EXECUTE FUNCTION " + schema +
                        ".full()")
                  .ok());
  const absl::Status failed =
      Append(store.get(), {MakeResult("known", "c", "a", 1), MakeResult("known", "c", "a", 2)});
  EXPECT_TRUE(absl::IsUnavailable(failed)) << failed;
  EXPECT_THAT(std::string(failed.message()), HasSubstr("no space (SQLSTATE 53100)"));
  EXPECT_THAT(std::string(failed.message()), Not(HasSubstr(LocalPostgres::kSuperuserPassword)));
  EXPECT_TRUE(store->GetResults("known")->empty());
  EXPECT_TRUE(Append(store.get(), {MakeResult("known", "c", "a", 3)}).ok());
  EXPECT_EQ(store->GetResults("known")->size(), 1u);
}

TEST(PostgresRunStoreTest, CommitsAreDurableWhateverTheRoleHasSet) {
  ASSERT_TRUE(SharedPostgres().Exec("CREATE ROLE hasty LOGIN PASSWORD 'x' SUPERUSER").ok());
  ASSERT_TRUE(SharedPostgres().Exec("ALTER ROLE hasty SET synchronous_commit = off").ok());
  const auto target = coordinator::ParsePostgresUrl(SharedPostgres().Url("hasty", "x"),
                                                    coordinator::PqxxAccess::kReadAndWrite);
  ASSERT_TRUE(target.ok());
  const auto connection = coordinator::PqxxConnection::Open(*target);
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_EQ((*(*connection)->Execute("SHOW synchronous_commit"))[0][0], "on");
  ASSERT_TRUE(SharedPostgres().Exec("ALTER ROLE hasty SET synchronous_commit = remote_apply").ok());
  const auto stricter = coordinator::PqxxConnection::Open(*target);
  EXPECT_EQ((*(*stricter)->Execute("SHOW synchronous_commit"))[0][0], "remote_apply");
}

TEST(PostgresRunStoreTest, AUrlThatCannotBeReadIsNotShown) {
  for (const char* url :
       {"postgresql://u:canary@h:port/db", "postgresql://u:can@ary@h/db",
        "postgresql://u:canary@h/db?nonsense=1", "postgresql://u:canary@h/db?schema=Bad-Name"}) {
    const auto store = coordinator::OpenRunStore(url, 1);
    EXPECT_FALSE(store.ok()) << url;
    EXPECT_THAT(std::string(store.status().message()), Not(HasSubstr("ary"))) << url;
    EXPECT_TRUE(absl::IsInvalidArgument(coordinator::OpenLeaseStore(url).status()) ||
                absl::IsInvalidArgument(store.status()))
        << store.status();
  }
}

TEST(PostgresRunStoreTest, SaysWhyTheServerRefusesAndNoPassword) {
  const auto wrong = coordinator::OpenRunStore(SharedPostgres().Url("postgres", "wrong-canary"), 1);
  EXPECT_TRUE(absl::IsUnauthenticated(wrong.status())) << wrong.status();
  EXPECT_THAT(std::string(wrong.status().message()), Not(HasSubstr("canary")));
  EXPECT_TRUE(absl::IsUnauthenticated(
      coordinator::OpenLeaseStore(SharedPostgres().Url("postgres", "wrong-canary")).status()));
  // Nobody listens there: a run store needs its server at once, the lease waits for it.
  const std::string nobody = "postgresql://u:canary@127.0.0.1:1/db";
  const auto store = coordinator::OpenRunStore(nobody, 1);
  EXPECT_TRUE(absl::IsUnavailable(store.status())) << store.status();
  EXPECT_THAT(std::string(store.status().message()), Not(HasSubstr("canary")));
  const auto leases = coordinator::OpenLeaseStore(nobody);
  ASSERT_TRUE(leases.ok()) << leases.status();
  const auto lease = (*leases)->Acquire("a", "b", std::chrono::seconds(1));
  EXPECT_TRUE(absl::IsUnavailable(lease.status())) << lease.status();
  EXPECT_THAT(std::string(lease.status().message()), Not(HasSubstr("canary")));
}

TEST(PostgresRunStoreTest, TakesTheFirstServerThatCanBeWrittenTo) {
  const std::string port = std::to_string(SharedPostgres().port());
  const std::string url = std::string("postgresql://postgres:") +
                          LocalPostgres::kSuperuserPassword + "@127.0.0.1:1,127.0.0.1:" + port +
                          "/postgres?schema=" + NewSchema();
  const auto leases = coordinator::OpenLeaseStore(url);
  ASSERT_TRUE(leases.ok()) << leases.status();
  EXPECT_EQ(TakeLease(leases->get(), "a"), 1u);
  ASSERT_TRUE(SharedPostgres().Exec("CREATE ROLE reads LOGIN PASSWORD 'x' SUPERUSER").ok());
  ASSERT_TRUE(
      SharedPostgres().Exec("ALTER ROLE reads SET default_transaction_read_only = on").ok());
  const auto read_only = coordinator::OpenRunStore(SharedPostgres().Url("reads", "x"), 1);
  EXPECT_TRUE(absl::IsUnavailable(read_only.status())) << read_only.status();
  EXPECT_THAT(std::string(read_only.status().message()), HasSubstr("read-only"));
}

}  // namespace
}  // namespace smokemesh::testing
