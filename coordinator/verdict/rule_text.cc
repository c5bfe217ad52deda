#include "coordinator/verdict/rule_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace smokemesh::coordinator {
namespace {

using Shape = Limit::Shape;
using Subject = Limit::Subject;

std::string Percent(double ratio) {
  std::string text = absl::StrFormat("%.1f", ratio * 100);
  if (text.size() > 2 && text.compare(text.size() - 2, 2, ".0") == 0) text.resize(text.size() - 2);
  return text + "%";
}

bool IsRatio(const Limit& limit) {
  return limit.shape != Shape::kAtLeast && limit.shape != Shape::kAtMost;
}

// `20%`, `3`.
std::string Threshold(const Limit& limit) {
  return IsRatio(limit) ? absl::StrFormat("%.6g%%", limit.ratio * 100) : absl::StrCat(limit.number);
}

const char* Noun(Subject subject) {
  switch (subject) {
    case Subject::kSuitesOverTarget:
      return "suite";
    case Subject::kServicesCutOff:
      return "service";
    default:
      return "check";
  }
}

const char* Adjective(Subject subject) {
  switch (subject) {
    case Subject::kNotPassed:
      return "not passed";
    case Subject::kFlaky:
      return "flaky";
    case Subject::kNewlyFailing:
      return "newly failing";
    case Subject::kNewlySlow:
      return "newly slow";
    case Subject::kSuitesOverTarget:
      return "over target";
    case Subject::kServicesCutOff:
      return "cut off";
  }
  return "";
}

const char* Comparative(Shape shape) {
  switch (shape) {
    case Shape::kAtLeast:
    case Shape::kRatioAtLeast:
      return "at least ";
    case Shape::kRatioAbove:
      return "more than ";
    case Shape::kAtMost:
    case Shape::kRatioAtMost:
      return "at most ";
  }
  return "";
}

// `2 failures more`, `1 suite fewer over target`, `3 more flaky`.
std::string Change(const Limit& limit, int number, const char* way) {
  switch (limit.subject) {
    case Subject::kNotPassed:
      if (limit.counts == v1::COUNTS_FAILURES_AND_MISSING) break;
      return absl::StrCat(CountOf(number, "failure"), " ", way);
    case Subject::kSuitesOverTarget:
    case Subject::kServicesCutOff:
      return absl::StrCat(CountOf(number, Noun(limit.subject)), " ", way, " ",
                          Adjective(limit.subject));
    default:
      break;
  }
  return absl::StrCat(number, " ", way, " ", Adjective(limit.subject));
}

// How many more or fewer (`step` 1 or -1) turn `Holds` into `wanted`; 0 when no number from 0 to
// `most` does.
int Needed(const Limit& limit, int counted, int of, int step, int most, bool wanted) {
  for (int change = 1; change <= most; ++change) {
    if (limit.Holds(counted + step * change, of) == wanted) return change;
  }
  return 0;
}

std::string OverNothing(const Limit& limit, const RuleCount& count) {
  if (count.selected == 0) return "is over nothing: it selects no check of this run";
  if (limit.subject == Subject::kSuitesOverTarget) {
    return absl::StrCat("is over nothing: no suite of the ", CountOf(count.selected, "check"),
                        " that it selects has a target");
  }
  if (limit.subject == Subject::kServicesCutOff) {
    return absl::StrCat("is over nothing: none of the ", CountOf(count.selected, "check"),
                        " that it selects probes an edge, or all are SKIPPED");
  }
  return absl::StrCat("is over nothing: ", CountOf(count.selected, "check"),
                      " selected, all SKIPPED");
}

// Why a rule could not have held whatever had come of its checks.
std::string CouldNotHold(const Limit& limit, const RuleCount& count) {
  const int most = static_cast<int>(count.counted.size()) + count.could;
  switch (limit.subject) {
    case Subject::kNewlyFailing:
      return absl::StrCat("could not hold: ", most,
                          " of its checks passed in earlier promoted runs");
    case Subject::kNewlySlow:
      return absl::StrCat("could not hold: ", most,
                          " of its checks passed and have promoted runs enough to compare with");
    default:
      return absl::StrCat("could not hold: it is over ", CountOf(most, Noun(limit.subject)),
                          " only");
  }
}

}  // namespace

std::string CountOf(size_t count, std::string_view noun) {
  return absl::StrCat(count, " ", std::string(noun), count == 1 ? "" : "s");
}

std::string LimitText(const Limit& limit, int denominator) {
  return absl::StrCat(Comparative(limit.shape), Threshold(limit), " of ",
                      CountOf(denominator, Noun(limit.subject)), " ", Adjective(limit.subject));
}

std::string ValueText(int counted, int denominator) {
  if (denominator == 0) return "0 of 0";
  return absl::StrCat(counted, " of ", denominator, " (",
                      Percent(static_cast<double>(counted) / denominator), ")");
}

std::string InShort(const Limit& limit, int counted, int denominator) {
  std::string text = absl::StrCat(counted);
  if (IsRatio(limit)) absl::StrAppend(&text, " of ", denominator);
  if (std::string_view(Noun(limit.subject)) != "check") {
    absl::StrAppend(&text, " ", Noun(limit.subject), counted == 1 ? "" : "s");
  }
  absl::StrAppend(&text, " ", Adjective(limit.subject));
  if (IsRatio(limit)) {
    const double share = denominator == 0 ? 0 : static_cast<double>(counted) / denominator;
    absl::StrAppend(&text, " (", Percent(share), ")");
  }
  return absl::StrCat(text, ", limit ", Threshold(limit));
}

std::string RuleWhatIf(const Limit& limit, const RuleCount& count) {
  if (count.denominator == 0) return OverNothing(limit, count);
  const int counted = static_cast<int>(count.counted.size());
  if (limit.Holds(counted, count.denominator)) {
    const int fewer = Needed(limit, counted, count.denominator, -1, counted, false);
    return absl::StrCat("would not hold with ", Change(limit, fewer, "fewer"));
  }
  const int more = Needed(limit, counted, count.denominator, 1, count.could, true);
  if (more == 0) return CouldNotHold(limit, count);
  return absl::StrCat("would hold with ", Change(limit, more, "more"));
}

std::string ToleranceWhatIf(const Limit& limit, const RuleCount& count) {
  if (count.denominator == 0) return OverNothing(limit, count);
  const int counted = static_cast<int>(count.counted.size());
  if (!limit.Holds(counted, count.denominator)) {
    const int fewer = Needed(limit, counted, count.denominator, -1, counted, true);
    if (fewer == counted) return "could not tolerate any: its limit is below 1";
    return absl::StrCat("would tolerate them with ", Change(limit, fewer, "fewer"));
  }
  const std::string open =
      count.open == 0 ? ""
                      : absl::StrCat("undecided, ", CountOf(count.open, "check"), " of it open: ");
  const int more = Needed(limit, counted, count.denominator, 1, count.could, false);
  if (more == 0) return open + "would tolerate all of them";
  return absl::StrCat(open, "would tolerate none with ", Change(limit, more, "more"));
}

}  // namespace smokemesh::coordinator
