#include "coordinator/cli/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Seen {
  const char* check;
  v1::Outcome outcome;
  int milliseconds = 0;  // 0: it never ran
};

v1::Run RunOf(int number, v1::Decision decision, const std::vector<Seen>& seen) {
  v1::Run run;
  run.set_run_id("r" + std::to_string(number));
  run.set_plan_name("p");
  run.set_state(v1::Run::STATE_FINISHED);
  run.mutable_create_time()->set_seconds(1'800'000'000 + number * 60);
  run.mutable_verdict()->set_decision(decision);
  for (const Seen& one : seen) {
    v1::CheckRecord& check = *run.add_checks();
    check.set_name(one.check);
    check.set_suite("s");
    check.set_outcome(one.outcome);
    if (one.milliseconds == 0) continue;
    v1::TaskResult& result = *check.add_tasks()->mutable_result();
    *result.mutable_duration() = shared::ToProto(milliseconds(one.milliseconds));
  }
  return run;
}

constexpr auto kPassed = v1::OUTCOME_PASSED;
constexpr auto kFlaky = v1::OUTCOME_FLAKY;
constexpr auto kFailed = v1::OUTCOME_FAILED;
constexpr auto kMissing = v1::OUTCOME_MISSING;
constexpr auto kSkipped = v1::OUTCOME_SKIPPED;

// Four runs: `login` fails since r3, `old` is in r1 only, `new` in r4 only.
std::vector<v1::Run> FourRuns() {
  return {RunOf(1, v1::DECISION_PROMOTE,
                {{"login", kPassed, 100}, {"old", kPassed, 5}, {"shaky", kFlaky, 40}}),
          RunOf(2, v1::DECISION_PROMOTE, {{"login", kPassed, 300}, {"shaky", kPassed, 10}}),
          RunOf(3, v1::DECISION_ROLLBACK, {{"login", kFailed, 900}, {"shaky", kSkipped}}),
          RunOf(4, v1::DECISION_INCONCLUSIVE,
                {{"new", kPassed, 7}, {"login", kMissing}, {"shaky", kFailed, 20}})};
}

const HistoryRow& RowOf(const History& history, const std::string& check) {
  for (const HistoryRow& row : history.rows) {
    if (row.check == check) return row;
  }
  static const HistoryRow none;
  ADD_FAILURE() << "no row of " << check;
  return none;
}

TEST(History, RowsComeInTheOrderOfTheNewestRunThatHasThem) {
  std::vector<std::string> names;
  for (const HistoryRow& row : MakeHistory(FourRuns()).rows) names.push_back(row.check);
  EXPECT_THAT(names, ElementsAre("new", "login", "shaky", "old"));
}

TEST(History, SaysSinceWhenACheckFails) {
  const History history = MakeHistory(FourRuns());
  EXPECT_EQ(RowOf(history, "login").failing_since, "r3");
  EXPECT_EQ(RowOf(history, "shaky").failing_since, "r4") << "a skipped run says nothing";
  EXPECT_EQ(RowOf(history, "new").failing_since, "");
  EXPECT_EQ(RowOf(history, "old").failing_since, "");
  const History always = MakeHistory({RunOf(1, v1::DECISION_HOLD, {{"a", kFailed, 1}}),
                                      RunOf(2, v1::DECISION_HOLD, {{"a", kFailed, 1}})});
  EXPECT_EQ(always.rows[0].failing_since, "") << "it never passed here";
  EXPECT_EQ(always.rows[0].not_passed, 2);
}

TEST(History, TellsNoEvidenceFromFailures) {
  const auto runs = [](v1::Outcome first, v1::Outcome second) {
    return std::vector<v1::Run>{RunOf(1, v1::DECISION_PROMOTE, {{"a", kPassed, 1}}),
                                RunOf(2, v1::DECISION_INCONCLUSIVE, {{"a", first}}),
                                RunOf(3, v1::DECISION_INCONCLUSIVE, {{"a", second}})};
  };
  EXPECT_THAT(HistoryText(MakeHistory(runs(kMissing, v1::OUTCOME_ERRORED)), {}),
              HasSubstr("no evidence since r2"));
  EXPECT_THAT(HistoryText(MakeHistory(runs(kMissing, kFailed)), {}),
              HasSubstr("newly failing since r2"));
  EXPECT_FALSE(MakeHistory(runs(kMissing, kPassed)).rows[0].without_evidence);
}

TEST(History, TimesAreThoseOfPasses) {
  const History history = MakeHistory(FourRuns());
  EXPECT_EQ(RowOf(history, "login").median, milliseconds(200)) << "between 100 and 300";
  EXPECT_EQ(RowOf(history, "login").last, milliseconds(900)) << "it did not run in r4";
  EXPECT_EQ(RowOf(history, "shaky").median, milliseconds(25));
  EXPECT_EQ(RowOf(history, "shaky").flaky, 1);
  EXPECT_EQ(RowOf(history, "shaky").judged, 3);
}

TEST(History, SlownessIsTheComparisonsToSay) {
  std::vector<v1::Run> runs = FourRuns();
  v1::CheckComparison& comparison = *runs.back().mutable_checks(0)->mutable_comparison();
  comparison.set_newly_slow(true);
  *comparison.mutable_usual() = shared::ToProto(milliseconds(2));
  EXPECT_THAT(HistoryText(MakeHistory(runs), {}), HasSubstr("newly slow (7ms, usually 2ms)"));
  runs.push_back(RunOf(5, v1::DECISION_PROMOTE, {{"new", kPassed, 2}}));
  EXPECT_THAT(HistoryText(MakeHistory(runs), {}), Not(HasSubstr("newly slow")))
      << "in an older run only";
}

TEST(History, IsAGrid) {
  TextOptions options;
  options.width = 80;
  EXPECT_EQ(HistoryText(MakeHistory(FourRuns()), options),
            "History of p: 4 runs, 2027-01-15T08:01:00Z to 2027-01-15T08:04:00Z\n"
            "\n"
            "CHECK  PPRI  MEDIAN   LAST\n"
            "new       ✓  7ms      7ms\n"
            "login  ✓✓✗!  200ms    900ms    newly failing since r3\n"
            "shaky  ~✓–✗  25ms     20ms     newly failing since r4, flaky in 1\n"
            "old    ✓     5ms      5ms\n"
            "\n"
            "✓ passed  ~ flaky  ✗ failed  ! blocked or no evidence  – left out\n"
            "P promote  R rollback  H hold  I inconclusive; the newest run is on the right\n");
}

TEST(History, HasAnAsciiVariant) {
  TextOptions options;
  options.unicode = false;
  const std::string text = HistoryText(MakeHistory(FourRuns()), options);
  EXPECT_THAT(text, HasSubstr("login  ++x!  "));
  EXPECT_THAT(text, HasSubstr("shaky  ~+-x  "));
  for (const char c : text) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
}

TEST(History, FitsTheWidthAndKeepsTheNewest) {
  std::vector<v1::Run> runs;
  for (int i = 1; i <= 100; ++i) {
    runs.push_back(RunOf(i, i == 100 ? v1::DECISION_ROLLBACK : v1::DECISION_PROMOTE,
                         {{"a_check_with_a_name_that_takes_very_much_room_on_every_line",
                           i == 100 ? kFailed : kPassed, 1200}}));
  }
  for (const int width : {40, 60, 100, 160}) {
    TextOptions options;
    options.width = width;
    options.unicode = false;
    const std::string text = HistoryText(MakeHistory(runs), options);
    std::istringstream lines(text.substr(text.find("CHECK"), text.find("\n\n+") - 80));
    int count = 0;
    for (std::string line; std::getline(lines, line) && ++count <= 3;) {
      EXPECT_LE(line.size(), static_cast<size_t>(width)) << line;
    }
    EXPECT_THAT(text, HasSubstr("x  1.2s     1.2s"));
    EXPECT_THAT(text, HasSubstr("newly failing since r100"));
    EXPECT_EQ(text.find("which fit the width") != std::string::npos, width < 160);
  }
}

TEST(History, EscapesWhatItShows) {
  const History history =
      MakeHistory({RunOf(1, v1::DECISION_PROMOTE, {{"a\x1b[2Jb", kPassed, 1}})});
  EXPECT_THAT(HistoryText(history, {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(HistoryJson(history), Not(HasSubstr("\x1b")));
}

TEST(History, OfNoRunsIsEmpty) {
  EXPECT_EQ(HistoryText(MakeHistory({}), {}), "no runs\n");
  EXPECT_EQ(nlohmann::json::parse(HistoryJson(MakeHistory({})))["plan_name"], nullptr);
}

TEST(History, IsJson) {
  const auto json = nlohmann::json::parse(HistoryJson(MakeHistory(FourRuns())));
  EXPECT_EQ(json["format"], "smokemesh.history.v1");
  EXPECT_EQ(json["plan_name"], "p");
  EXPECT_EQ(json["runs"][0]["run_id"], "r1");
  EXPECT_EQ(json["runs"][2]["decision"], "ROLLBACK");
  const auto& login = json["checks"][1];
  EXPECT_EQ(login["name"], "login");
  EXPECT_EQ(login["outcomes"].dump(), R"(["PASSED","PASSED","FAILED","MISSING"])");
  EXPECT_EQ(login["durations_ms"].dump(), "[100.0,300.0,900.0,null]");
  EXPECT_EQ(login["failing_since"], "r3");
  EXPECT_EQ(json["checks"][0]["outcomes"].dump(), R"([null,null,null,"PASSED"])");
}

}  // namespace
}  // namespace smokemesh::coordinator
