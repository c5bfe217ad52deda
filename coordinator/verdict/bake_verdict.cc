#include "coordinator/verdict/bake_verdict.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/verdict/rounds.h"
#include "coordinator/verdict/rule_text.h"
#include "coordinator/verdict/verdict.h"

namespace smokemesh::coordinator {
namespace {

// `round 3: 1 of 6 checks did not pass, …`: a round's summary without its decision's word.
std::string TextOf(const v1::BakeRound& round) {
  const std::string number = absl::StrCat("round ", round.number());
  if (round.decision() == v1::DECISION_UNSPECIFIED) return number + " has no verdict";
  const std::string word = absl::StrCat(std::string(Name(round.decision())), ": ");
  const std::string& summary = round.summary();
  return absl::StrCat(number, ": ",
                      summary.rfind(word, 0) == 0 ? summary.substr(word.size()) : summary);
}

// `round 3 (RUN): HOLD: …`.
std::string ReasonOf(const v1::BakeRound& round) {
  const std::string number = absl::StrCat("round ", round.number(), " (", round.run_id(), ")");
  if (round.decision() == v1::DECISION_UNSPECIFIED) return number + " has no verdict";
  return absl::StrCat(number, ": ", round.summary());
}

// Everything that stands against PROMOTE, in classes.
struct Objection {
  std::string text;
  bool is_verdict = false;  // that of a round, which the reasons show in full
};
struct Objections {
  std::vector<Objection> rollback;
  std::vector<Objection> doubts;
  std::vector<Objection> hold;
};

void LookAtRounds(const std::vector<v1::BakeRound>& rounds, int first_that_counts,
                  Objections* objections) {
  for (const v1::BakeRound& round : rounds) {
    const bool counts = round.number() >= first_that_counts || round.number() < 1;
    switch (round.decision()) {
      case v1::DECISION_ROLLBACK:
        objections->rollback.push_back({TextOf(round), true});
        break;
      case v1::DECISION_HOLD:
        if (counts) objections->hold.push_back({TextOf(round), true});
        break;
      case v1::DECISION_PROMOTE:
        if (round.number() < 1) {
          objections->doubts.push_back(
              {absl::StrCat("run ", round.run_id(), " is no round of a bake")});
        }
        break;
      default:  // INCONCLUSIVE, none, and decisions that this program does not know
        if (counts) objections->doubts.push_back({TextOf(round), true});
    }
  }
}

// `rounds` are sorted.
void LookForGaps(const std::vector<v1::BakeRound>& rounds, int first_that_counts,
                 Objections* objections) {
  int64_t expected = first_that_counts;
  for (const v1::BakeRound& round : rounds) {
    if (round.number() < expected) continue;
    if (round.number() == expected + 1) {
      objections->doubts.push_back({absl::StrCat("round ", expected, " is not there")});
    } else if (round.number() > expected) {
      objections->doubts.push_back(
          {absl::StrCat("rounds ", expected, " to ", round.number() - 1, " are not there")});
    }
    expected = int64_t{round.number()} + 1;
  }
}

// Rules over several rounds that did not hold in any round, because there were fewer than they ask
// for.
void LookAtRules(const google::protobuf::RepeatedPtrField<v1::Rule>& rules,
                 const std::vector<v1::BakeRound>& rounds, std::vector<Objection>* objections) {
  for (const v1::Rule& rule : rules) {
    if (!rule.has_rounds() || !AreValid(rule.rounds())) continue;
    const RoundsOfRule seen = AtTheEnd(rule.rounds(), rule.rule(), rounds);
    if (!seen.Holds(false)) continue;
    objections->push_back(
        {absl::StrCat("rule ", rule.rule(), " was ", RoundsText(seen, /*crossed_now=*/false))});
  }
}

void Decide(v1::Decision decision, const std::string& why, v1::Bake* bake) {
  bake->set_decision(decision);
  bake->set_summary(absl::StrCat(std::string(Name(decision)), ": ", why));
  bake->set_final(decision != v1::DECISION_UNSPECIFIED);
}

// The first objection, and how many more there are.
std::string FirstOf(const std::vector<Objection>& objections) {
  if (objections.size() == 1) return objections[0].text;
  return absl::StrCat(objections[0].text, "; and ", objections.size() - 1, " more");
}

std::string PromoteText(int last, int counting) {
  if (counting < last) {
    return absl::StrCat("the last ", CountOf(counting, "round"), " of ", last, " passed");
  }
  return absl::StrCat(last == 1 ? "" : "all ", CountOf(last, "round"), " passed");
}

void AddReasons(const std::vector<v1::BakeRound>& rounds, const Objections& objections,
                v1::Bake* bake) {
  for (const auto* list : {&objections.rollback, &objections.doubts, &objections.hold}) {
    for (const Objection& objection : *list) {
      if (!objection.is_verdict) bake->add_reasons(objection.text);
    }
  }
  for (const v1::Decision decision : {v1::DECISION_ROLLBACK, v1::DECISION_UNSPECIFIED,
                                      v1::DECISION_INCONCLUSIVE, v1::DECISION_HOLD}) {
    for (const v1::BakeRound& round : rounds) {
      const bool is_known = round.decision() != v1::DECISION_UNSPECIFIED;
      if (round.decision() == decision && (is_known || bake->final())) {
        bake->add_reasons(ReasonOf(round));
      }
    }
  }
}

}  // namespace

v1::BakeRound RoundOf(const v1::Run& run) {
  v1::BakeRound round;
  round.set_run_id(run.run_id());
  round.set_number(run.options().round().number());
  if (run.verdict().final()) round.set_decision(run.verdict().decision());
  round.set_summary(run.verdict().summary());
  for (const v1::RuleResult& rule : run.verdict().rules()) {
    if (rule.crossed() && rule.effect() != v1::RULE_EFFECT_TOLERATE) round.add_crossed(rule.rule());
  }
  *round.mutable_create_time() = run.create_time();
  *round.mutable_duration() = run.duration();
  return round;
}

v1::Bake JudgeBake(const std::string& bake_id, const std::string& plan_name,
                   const std::vector<v1::BakeRound>& rounds, const v1::Policy& policy, bool ended) {
  v1::Bake bake;
  bake.set_bake_id(bake_id);
  bake.set_plan_name(plan_name);
  std::vector<v1::BakeRound> sorted = rounds;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.number() < b.number(); });
  for (const v1::BakeRound& round : sorted) *bake.add_rounds() = round;

  const int last = sorted.empty() ? 0 : std::max(sorted.back().number(), 0);
  const int clean = policy.clean_rounds();
  const int counting = clean > 0 ? std::min(clean, last) : last;
  Objections objections;
  LookAtRounds(sorted, last - counting + 1, &objections);
  if (ended) {
    LookForGaps(sorted, last - counting + 1, &objections);
    LookAtRules(policy.rollback(), sorted, &objections.rollback);
    LookAtRules(policy.hold(), sorted, &objections.hold);
    if (sorted.empty()) {
      objections.doubts.push_back({"no round began"});
    } else if (last < clean) {
      objections.doubts.push_back({absl::StrCat(
          "only ", CountOf(last, "round"), ", and the policy asks for ", clean, " clean rounds")});
    }
  }

  if (!objections.rollback.empty()) {
    Decide(v1::DECISION_ROLLBACK, FirstOf(objections.rollback), &bake);
  } else if (!ended) {
    Decide(v1::DECISION_UNSPECIFIED, absl::StrCat(CountOf(last, "round"), " so far"), &bake);
  } else if (!objections.doubts.empty()) {
    Decide(v1::DECISION_INCONCLUSIVE, FirstOf(objections.doubts), &bake);
  } else if (!objections.hold.empty()) {
    Decide(v1::DECISION_HOLD, FirstOf(objections.hold), &bake);
  } else {
    Decide(v1::DECISION_PROMOTE, PromoteText(last, counting), &bake);
  }
  AddReasons(sorted, objections, &bake);
  return bake;
}

}  // namespace smokemesh::coordinator
