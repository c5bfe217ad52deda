#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "coordinator/report/junit_suites.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/reporter.h"
#include "coordinator/report/run_view.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

// GitLab refuses files from 30 MB on. Beyond the first size passing cases come without their steps,
// beyond the second one all others too, and with short messages.
constexpr size_t kFullDetailBytes = 16 << 20;
constexpr size_t kAnyDetailBytes = 24 << 20;
constexpr size_t kShortMessageBytes = 500;

std::string Seconds(shared::Duration duration) {
  return absl::StrFormat("%.3f", static_cast<double>(duration.count()) / 1e9);
}

struct Totals {
  int tests = 0;
  int failures = 0;
  int errors = 0;
  int skipped = 0;
  shared::Duration time{0};

  void Add(const JunitSuite& suite) {
    for (const JunitCase& c : suite.cases) {
      ++tests;
      failures += c.mark == JunitMark::kFailure;
      errors += c.mark == JunitMark::kError;
      skipped += c.mark == JunitMark::kSkipped;
      time += c.time;
    }
  }
  std::string Attributes() const {
    return absl::StrCat(" tests=\"", tests, "\" failures=\"", failures, "\" errors=\"", errors,
                        "\" skipped=\"", skipped, "\"");
  }
};

std::string Attribute(const std::string& name, const std::string& value) {
  return value.empty() ? "" : absl::StrCat(" ", name, "=\"", EscapeMarkup(value), "\"");
}

// GitLab, and a plugin of Jenkins, take `[[ATTACHMENT|PATH]]` in a text for a file to show: what a
// target answered must not choose one.
std::string Content(const std::string& text) {
  return EscapeMarkupLines(absl::StrReplaceAll(text, {{"[[ATTACHMENT|", "[\\[ATTACHMENT|"}}));
}

// The decision is PROMOTE whatever some round or rule says: a reader that knows only JUnit must not
// see red.
void MakeGreen(JunitSuite* suite) {
  for (JunitCase& c : suite->cases) {
    if (c.mark != JunitMark::kFailure && c.mark != JunitMark::kError) continue;
    c.mark = JunitMark::kSkipped;
    c.message = absl::StrCat("does not count: ", c.message);
  }
}

std::vector<JunitSuite> SuitesOf(const v1::Run& run) {
  std::vector<JunitSuite> suites = JunitCheckSuites(run);
  if (run.has_bake()) suites.push_back(JunitRounds(run));
  suites.push_back(JunitVerdict(run));
  if (DecisionOf(run) == v1::DECISION_PROMOTE) {
    for (JunitSuite& suite : suites) MakeGreen(&suite);
  }
  return suites;
}

class JunitWriter {
 public:
  std::string Write(const v1::Run& run) {
    const std::vector<JunitSuite> suites = SuitesOf(run);
    Totals totals;
    for (const JunitSuite& suite : suites) totals.Add(suite);
    absl::StrAppend(&out_, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites",
                    Attribute("name", run.plan_name()), totals.Attributes(), " time=\"",
                    Seconds(shared::FromProto(run.duration())), "\">\n");
    for (const JunitSuite& suite : suites) WriteSuite(suite);
    out_ += "</testsuites>\n";
    return std::move(out_);
  }

 private:
  void WriteSuite(const JunitSuite& suite) {
    Totals totals;
    totals.Add(suite);
    absl::StrAppend(&out_, "  <testsuite", Attribute("name", suite.name),
                    Attribute("hostname", suite.hostname), Attribute("timestamp", suite.timestamp),
                    " time=\"", Seconds(totals.time), "\"", totals.Attributes(), ">\n");
    if (!suite.properties.empty()) {
      out_ += "    <properties>\n";
      for (const auto& [name, value] : suite.properties) {
        absl::StrAppend(&out_, "      <property", Attribute("name", name),
                        Attribute("value", value), "/>\n");
      }
      out_ += "    </properties>\n";
    }
    for (const JunitCase& c : suite.cases) WriteCase(c);
    out_ += "  </testsuite>\n";
  }

  // Readers drop the second of two equal names: never let a case vanish.
  std::string UniqueName(const JunitCase& c) {
    const std::string base = c.name.empty() ? "unnamed" : SafeText(c.name);
    std::string name = base;
    for (int i = 2; !names_.emplace(SafeText(c.classname), name).second; ++i) {
      name = absl::StrCat(base, " #", i);
    }
    return name;
  }

  void WriteCase(const JunitCase& c) {
    const bool passed = c.mark == JunitMark::kPassed;
    const bool detailed = out_.size() < (passed ? kFullDetailBytes : kAnyDetailBytes);
    absl::StrAppend(&out_, "    <testcase", Attribute("classname", c.classname),
                    Attribute("name", UniqueName(c)), Attribute("file", c.file),
                    c.line > 0 ? absl::StrCat(" line=\"", c.line, "\"") : "", " time=\"",
                    Seconds(c.time), "\"");
    const bool with_output = detailed && !c.output.empty();
    if (passed && !with_output) {
      out_ += "/>\n";
      return;
    }
    out_ += ">\n";
    if (!passed) WriteMark(c, detailed);
    if (with_output) {
      absl::StrAppend(&out_, "      <system-out>", Content(c.output), "</system-out>\n");
    }
    out_ += "    </testcase>\n";
  }

  void WriteMark(const JunitCase& c, bool detailed) {
    const bool skipped = c.mark == JunitMark::kSkipped;
    const char* tag = skipped ? "skipped" : c.mark == JunitMark::kFailure ? "failure" : "error";
    const std::string message =
        detailed ? c.message : shared::Shorten(c.message, kShortMessageBytes);
    // The message stands in the text again: GitLab shows the text only.
    absl::StrAppend(&out_, "      <", tag, Attribute("message", message),
                    skipped ? "" : Attribute("type", c.type), ">",
                    Content(absl::StrCat(message, "\n", detailed ? c.details : "")), "</", tag,
                    ">\n");
  }

  std::string out_;
  std::set<std::pair<std::string, std::string>> names_;
};

}  // namespace

std::string JunitReport(const v1::Run& run) { return JunitWriter().Write(run); }

}  // namespace smokemesh::coordinator
