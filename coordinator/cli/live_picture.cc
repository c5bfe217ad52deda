#include "coordinator/cli/live_picture.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_view.h"
#include "coordinator/report/text_layout.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using shared::SteadyTime;
using std::chrono::milliseconds;

// One line of the picture, cut to the width: a line that wraps would break the redrawing.
class PictureLine {
 public:
  explicit PictureLine(size_t columns, bool color) : left_(columns), color_(color) {}

  PictureLine& Add(const std::string& text, Paint paint = Paint::kNone) {
    const std::string fits = FirstColumns(text, left_);
    left_ -= Columns(fits);
    absl::StrAppend(&out_, Painted(fits, paint, color_));
    return *this;
  }
  size_t left() const { return left_; }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
  size_t left_;
  const bool color_;
};

// `4.2s`, `1m5s`: of even length while it runs.
std::string Age(shared::Duration age) {
  const auto tenths =
      std::max<int64_t>(0, std::chrono::duration_cast<milliseconds>(age).count() / 100);
  if (tenths < 600) return absl::StrCat(tenths / 10, ".", tenths % 10, "s");
  const int64_t seconds = tenths / 10;
  if (seconds < 3600) return absl::StrCat(seconds / 60, "m", seconds % 60, "s");
  return absl::StrCat(seconds / 3600, "h", seconds / 60 % 60, "m");
}

class Picture {
 public:
  Picture(const LiveState& state, SteadyTime now, const ScreenSize& size, const Terminal& terminal)
      : state_(state),
        view_(Arrange(state.run)),
        now_(now),
        columns_(static_cast<size_t>(std::max(2, size.columns)) - 1),
        rows_(static_cast<size_t>(std::max(2, size.rows)) - 1),
        terminal_(terminal) {}

  std::vector<std::string> Draw() {
    // The last line, and the bake's, come before all others.
    const bool with_bake = state_.bake.has_value() && rows_ >= 2;
    size_t left = rows_ - 1 - (with_bake ? 1 : 0);
    if (with_bake) lines_.push_back(BakeLine());
    left -= Suites(left);
    left -= Agents(left);
    Running(left);
    lines_.push_back(Foot());
    if (!terminal_.unicode) {
      for (std::string& line : lines_) line = Ascii(line);
    }
    return std::move(lines_);
  }

 private:
  PictureLine NewLine() const { return PictureLine(columns_, terminal_.color); }
  std::string Dot() const { return terminal_.unicode ? " · " : ", "; }

  std::string BakeLine() const {
    const BakeProgress& bake = *state_.bake;
    PictureLine line = NewLine();
    line.Add(absl::StrCat("round ", bake.round, " of ", bake.planned), Paint::kBold);
    std::map<v1::Decision, int> tally;
    for (const v1::BakeRound& round : bake.ended) ++tally[round.decision()];
    for (const auto& [decision, count] : tally) {
      line.Add(Dot()).Add(absl::StrCat(count, " ", std::string(Name(decision))), PaintOf(decision));
    }
    if (bake.next) {
      // Rounded up: "in 0s" would be a lie until the round begins.
      const auto seconds = std::chrono::ceil<std::chrono::seconds>(*bake.next - now_).count();
      line.Add(absl::StrCat(Dot(), "next in ", std::max<int64_t>(0, seconds), "s"), Paint::kDim);
    }
    return line.Take();
  }

  // Each returns how many lines it took of those that are `left`.
  size_t Suites(size_t left) {
    std::vector<const SuiteView*> suites;
    for (const SuiteView& suite : view_.suites) {
      if (suite.counts.planned() > 0) suites.push_back(&suite);
    }
    // What goes on, and what is bad, before what is over or has not begun.
    if (suites.size() > left) {
      std::stable_sort(suites.begin(), suites.end(), [this](const auto* a, const auto* b) {
        return !Matters(*a) < !Matters(*b);
      });
      suites.resize(left);
    }
    size_t widest = 0;
    for (const SuiteView* suite : suites) widest = std::max(widest, Columns(suite->title));
    widest = std::min(widest, columns_ / 3);
    for (const SuiteView* suite : suites) lines_.push_back(SuiteLine(*suite, widest));
    return suites.size();
  }

  bool Matters(const SuiteView& suite) const {
    return Bad(suite.counts) > 0 ||
           (suite.counts.open() > 0 && state_.suite_starts.count(suite.name) > 0);
  }

  static int Bad(const v1::OutcomeCounts& counts) {
    return counts.failed() + counts.blocked() + counts.errored() + counts.missing() +
           counts.aborted();
  }

  std::string SuiteLine(const SuiteView& suite, size_t widest) const {
    const v1::OutcomeCounts& counts = suite.counts;
    const int bad = Bad(counts);
    const int done = counts.planned() - counts.open();
    PictureLine line = NewLine();
    const std::string title = FirstColumns(suite.title, widest);
    line.Add(title + std::string(widest + 1 - Columns(title), ' '));
    const std::string numbers = absl::StrCat(" ", done, "/", counts.planned());
    const std::string not_passed = bad > 0 ? absl::StrCat("  ", bad, " not passed") : "";
    bool over = false;
    const std::string time = TimeText(suite, &over);
    const size_t rest = Columns(numbers) + Columns(not_passed) + Columns(time) + 2;
    const size_t room = line.left() > rest ? line.left() - rest : 0;
    if (room >= 4) AddBar(std::min<size_t>(20, room), done, counts.planned(), bad > 0, &line);
    line.Add(numbers).Add(not_passed, Paint::kBad);
    if (!time.empty()) line.Add("  ").Add(time, over ? Paint::kBad : Paint::kDim);
    return line.Take();
  }

  void AddBar(size_t columns, int done, int planned, bool bad, PictureLine* line) const {
    const size_t filled = columns * static_cast<size_t>(done) / static_cast<size_t>(planned);
    std::string full;
    std::string rest;
    for (size_t i = 0; i < columns; ++i) {
      (i < filled ? full : rest) +=
          terminal_.unicode ? (i < filled ? "━" : "─") : (i < filled ? "#" : ".");
    }
    line->Add(full, bad ? Paint::kBad : Paint::kGood).Add(rest, Paint::kDim);
  }

  // `581ms of 30s`; empty until the suite's first check runs.
  std::string TimeText(const SuiteView& suite, bool* over) const {
    std::string time;
    if (suite.counts.open() == 0) {
      *over = suite.over_target;
      if (suite.time.count() > 0) time = shared::FormatDuration(suite.time);
    } else if (const auto start = state_.suite_starts.find(suite.name);
               start != state_.suite_starts.end()) {
      const shared::Duration elapsed = now_ - start->second;
      *over = suite.target.count() > 0 && elapsed > suite.target;
      time = Age(elapsed);
    }
    if (time.empty() || suite.target.count() == 0) return time;
    return absl::StrCat(time, " of ", shared::FormatDuration(suite.target));
  }

  size_t Agents(size_t left) {
    struct Agent {
      int running = 0;
      bool lost = false;
    };
    std::map<std::string, Agent> agents;
    for (const v1::CheckRecord& check : state_.run.checks()) {
      for (const v1::Task& task : check.tasks()) {
        if (task.agent_id().empty()) continue;
        Agent& agent = agents[task.agent_id()];
        if (task.state() == v1::Task::STATE_RUNNING) ++agent.running;
        if (task.outcome() == v1::OUTCOME_MISSING &&
            absl::StrContains(task.reason(), " was lost")) {
          agent.lost = true;
        }
      }
    }
    if (left == 0 || agents.empty()) return 0;
    // The lost ones first, then the busiest.
    std::vector<std::pair<std::string, Agent>> sorted(agents.begin(), agents.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
      return std::make_tuple(!a.second.lost, -a.second.running) <
             std::make_tuple(!b.second.lost, -b.second.running);
    });
    PictureLine line = NewLine();
    line.Add("agents  ", Paint::kDim);
    size_t shown = 0;
    for (const auto& [name, agent] : sorted) {
      const std::string more = absl::StrCat(Dot(), sorted.size() - shown, " more");
      const std::string state = agent.lost          ? " lost"
                                : agent.running > 0 ? absl::StrCat(" ", agent.running, " running")
                                                    : " idle";
      const std::string text = absl::StrCat(shown > 0 ? Dot() : "", SafeText(name), state);
      const bool last = shown + 1 == sorted.size();
      if (shown > 0 && Columns(text) + (last ? 0 : Columns(more)) > line.left()) {
        line.Add(more, Paint::kDim);
        break;
      }
      line.Add(text, agent.lost ? Paint::kBad : (agent.running > 0 ? Paint::kNone : Paint::kDim));
      ++shown;
    }
    lines_.push_back(line.Take());
    return 1;
  }

  void Running(size_t left) {
    constexpr size_t kMax = 8;
    std::vector<std::pair<SteadyTime, std::string>> running;
    for (const auto& [key, since] : state_.running) {
      running.emplace_back(since, absl::StrCat(SafeText(key.first), " on ", SafeText(key.second)));
    }
    std::sort(running.begin(), running.end());
    const size_t shown = std::min({running.size(), left, kMax});
    for (size_t i = 0; i < shown; ++i) {
      const std::string age = "  " + Age(now_ - running[i].first);
      PictureLine line = NewLine();
      line.Add(terminal_.unicode ? "  › " : "  > ", Paint::kDim);
      const size_t room = line.left() > Columns(age) ? line.left() - Columns(age) : 0;
      line.Add(FirstColumns(running[i].second, room), Paint::kDim).Add(age, Paint::kDim);
      lines_.push_back(line.Take());
    }
    more_running_ = running.size() - shown;
  }

  std::string Foot() const {
    PictureLine line = NewLine();
    const v1::Verdict& verdict = state_.run.verdict();
    if (verdict.decision() == v1::DECISION_ROLLBACK && verdict.final()) {
      line.Add("ROLLBACK is certain", Paint::kBad).Add(Dot());
    }
    // Checks come one by one: the run itself may still be as it was when it was made.
    std::string text = "running";
    if (state_.run.run_id().empty()) {
      text = "starting";
    } else if (state_.run.state() == v1::Run::STATE_FINISHED) {
      text = "finished";
    } else if (state_.run.state() == v1::Run::STATE_PENDING && state_.suite_starts.empty()) {
      text = "waiting for agents";
    }
    line.Add(absl::StrCat(text, "  ", Age(now_ - state_.start)), Paint::kDim);
    if (more_running_ > 0) {
      line.Add(absl::StrCat(Dot(), more_running_, " more running"), Paint::kDim);
    }
    return line.Take();
  }

  const LiveState& state_;
  const RunView view_;
  const SteadyTime now_;
  const size_t columns_;
  const size_t rows_;
  const Terminal& terminal_;
  std::vector<std::string> lines_;
  size_t more_running_ = 0;
};

}  // namespace

void TakeRun(const v1::Run& run, SteadyTime now, LiveState* state) {
  if (run.run_id() != state->run.run_id()) {
    state->start = now;
    state->running.clear();
    state->suite_starts.clear();
  }
  state->run = run;
  std::map<std::pair<std::string, std::string>, SteadyTime> running;
  for (const v1::CheckRecord& check : run.checks()) {
    bool begun = false;
    for (const v1::Task& task : check.tasks()) {
      begun = begun || task.state() == v1::Task::STATE_RUNNING || task.has_result();
      if (task.state() != v1::Task::STATE_RUNNING) continue;
      const std::pair<std::string, std::string> key(check.name(), task.agent_id());
      const auto known = state->running.find(key);
      running[key] = known == state->running.end() ? now : known->second;
    }
    if (begun) state->suite_starts.emplace(check.suite(), now);
  }
  state->running = std::move(running);
}

std::vector<std::string> LivePicture(const LiveState& state, SteadyTime now, const ScreenSize& size,
                                     const Terminal& terminal) {
  return Picture(state, now, size, terminal).Draw();
}

}  // namespace smokemesh::coordinator
