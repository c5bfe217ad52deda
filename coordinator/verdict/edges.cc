#include "coordinator/verdict/edges.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/verdict/suite_time.h"
#include "coordinator/verdict/verdict.h"
#include "shared/duration.h"

namespace smokemesh::coordinator {
namespace {

using Checks = google::protobuf::RepeatedPtrField<v1::CheckRecord>;

constexpr size_t kNamedServices = 3;

// What one agent saw of one edge.
struct Sight {
  enum class What {
    kUnknown,     // no evidence, or the agent cannot say how far it got
    kOpen,        // not decided yet
    kReached,     // the callee answered, rightly or wrongly
    kNotReached,  // see `reach`
  };

  std::string check;
  std::string agent;
  std::string from;
  std::string to;
  What what = What::kUnknown;
  v1::Reach reach = v1::REACH_UNSPECIFIED;  // of the first failure
  bool failed = false;
  bool is_stand_in = false;  // the agent is not beside the caller: it stands for it

  bool IsReached() const { return what == What::kReached; }
  bool IsNotReached() const { return what == What::kNotReached; }
  bool HasAddress() const {
    return IsReached() || (IsNotReached() && reach != v1::REACH_NO_ADDRESS);
  }
};

Sight SightOf(const v1::CheckRecord& check, const v1::Task& task) {
  Sight sight;
  sight.check = check.name();
  sight.agent = task.agent_id();
  sight.from = check.edge().from();
  sight.to = check.edge().to();
  sight.is_stand_in = !task.service().empty() && task.service() != sight.from;
  if (task.outcome() == v1::OUTCOME_UNSPECIFIED) {
    sight.what = Sight::What::kOpen;
  } else if (CountsAsPassed(task.outcome())) {
    sight.what = Sight::What::kReached;
  } else if (task.outcome() == v1::OUTCOME_FAILED) {
    sight.failed = true;
    if (!task.result().failures().empty()) sight.reach = task.result().failures(0).reach();
    switch (sight.reach) {
      case v1::REACH_ANSWERED:
        sight.what = Sight::What::kReached;
        break;
      case v1::REACH_NO_ADDRESS:
      case v1::REACH_NO_CONNECTION:
      case v1::REACH_REFUSED:
      case v1::REACH_CONNECTED:
      case v1::REACH_NO_ANSWER:
        sight.what = Sight::What::kNotReached;
        break;
      default:
        break;
    }
  }
  return sight;
}

// All that was seen of all edges.
struct Sights {
  using Index = std::map<std::string, std::vector<const Sight*>>;

  explicit Sights(const Checks& checks) {
    for (const v1::CheckRecord& check : checks) {
      if (!check.has_edge()) continue;
      for (const v1::Task& task : check.tasks()) all.push_back(SightOf(check, task));
    }
    for (const Sight& sight : all) {
      by_check[sight.check].push_back(&sight);
      by_agent[sight.agent].push_back(&sight);
      by_callee[sight.to].push_back(&sight);
      if (sight.IsReached()) reached.insert(sight.to);
      if (sight.HasAddress()) resolved.insert(sight.to);
    }
  }
  Sights(const Sights&) = delete;
  Sights& operator=(const Sights&) = delete;

  static const std::vector<const Sight*>& Of(const Index& index, const std::string& key) {
    static const auto& none = *new std::vector<const Sight*>;
    const auto found = index.find(key);
    return found == index.end() ? none : found->second;
  }

  std::vector<Sight> all;
  Index by_check;
  Index by_agent;
  Index by_callee;
  std::set<std::string> reached;   // callees that anybody reaches
  std::set<std::string> resolved;  // callees whose name resolves for anybody
};

// `a`, `a and b`, `a, b, c and 2 more`.
std::string List(const std::set<std::string>& names) {
  std::string text;
  size_t shown = 0;
  for (const std::string& name : names) {
    if (shown == kNamedServices) {
      return absl::StrCat(text, " and ", names.size() - shown, " more");
    }
    ++shown;
    const bool is_last = shown == names.size();
    absl::StrAppend(&text, shown == 1 ? "" : is_last ? " and " : ", ", name);
  }
  return text;
}

std::string Verb(const std::set<std::string>& names, const char* singular, const char* plural) {
  return absl::StrCat(List(names), names.size() == 1 ? singular : plural);
}

const char* WhatHappened(v1::Reach reach) {
  switch (reach) {
    case v1::REACH_NO_ADDRESS:
      return "its name does not resolve";
    case v1::REACH_NO_CONNECTION:
      return "nothing came back";
    case v1::REACH_REFUSED:
      return "the connection was refused";
    case v1::REACH_CONNECTED:
      return "no agreement on encryption";
    default:
      return "no whole answer came in time";
  }
}

// Tells the causes of one edge apart by what else was seen.
class EdgeJudge {
 public:
  EdgeJudge(const Sights& all, const v1::CheckRecord& check, v1::EdgeRecord* record)
      : all_(all),
        check_(check.name()),
        from_(check.edge().from()),
        to_(check.edge().to()),
        record_(*record) {}

  void Judge() {
    if (record_.outcome() == v1::OUTCOME_BLOCKED) {
      return Unknown("not asked: a check that it needs did not pass");
    }
    if (record_.outcome() != v1::OUTCOME_FAILED) {
      return Unknown(absl::StrCat("no evidence: ", std::string(Name(record_.outcome()))));
    }
    Look();
    if (answered_wrongly_) {
      return Say(v1::EDGE_CAUSE_CALLEE, absl::StrCat(to_, " was reached, and answered wrongly"));
    }
    if (reach_ == v1::REACH_UNSPECIFIED) return Unknown("the agent cannot say how far it got");
    if (reach_ == v1::REACH_REFUSED && reaching_.empty() && !reached_otherwise_) {
      return JudgeRefused();
    }
    if (is_stand_in_) {
      return Unknown(absl::StrCat(
          WhatHappened(reach_),
          "; one agent stands for several services, and cannot tell their sides apart"));
    }
    if (reach_ == v1::REACH_NO_ADDRESS) return JudgeNoAddress();
    JudgeByOthers();
  }

 private:
  // Sorts what is known by what it says about this edge.
  void Look() {
    std::set<std::string> agents;  // that failed on this edge
    for (const Sight* sight : all_.Of(all_.by_check, check_)) {
      if (!sight->failed) continue;
      agents.insert(sight->agent);
      answered_wrongly_ = answered_wrongly_ || sight->reach == v1::REACH_ANSWERED;
      if (reach_ == v1::REACH_UNSPECIFIED && sight->IsNotReached()) reach_ = sight->reach;
    }
    for (const Sight* sight : all_.Of(all_.by_callee, to_)) {
      if (agents.count(sight->agent) > 0) {
        reached_otherwise_ = reached_otherwise_ || (sight->IsReached() && sight->from != from_);
        continue;
      }
      const std::string who =
          sight->from == from_ ? absl::StrCat("another agent of ", from_) : sight->from;
      is_open_ = is_open_ || sight->what == Sight::What::kOpen;
      if (sight->IsReached()) reaching_.insert(who);
      if (sight->IsNotReached()) not_reaching_.insert(who);
      if (sight->HasAddress()) resolving_.insert(who);
    }
    for (const std::string& agent : agents) {
      for (const Sight* sight : all_.Of(all_.by_agent, agent)) {
        is_stand_in_ = is_stand_in_ || sight->is_stand_in || sight->from != from_;
        if (sight->to == to_) continue;
        is_open_ = is_open_ || sight->what == Sight::What::kOpen;
        if (sight->IsReached()) reached_here_.insert(sight->to);
        if (sight->IsNotReached()) not_reached_here_.insert(sight->to);
      }
    }
    for (const std::string& callee : not_reached_here_) {
      for (const Sight* sight : all_.Of(all_.by_callee, callee)) {
        if (sight->IsReached() && agents.count(sight->agent) == 0) served_.insert(callee);
      }
    }
  }

  // The machine answered, and nobody is known to be served there.
  void JudgeRefused() {
    if (is_open_) return TooEarly();
    Say(v1::EDGE_CAUSE_CALLEE,
        absl::StrCat(
            "nothing listens: the connection was refused",
            not_reaching_.empty()
                ? ""
                : absl::StrCat(", and ", Verb(not_reaching_, " does not reach ", " do not reach "),
                               to_, " either")));
  }

  void JudgeNoAddress() {
    if (!resolving_.empty()) {
      return Say(v1::EDGE_CAUSE_CALLER,
                 absl::StrCat("the name of ", to_, " does not resolve there, and does for ",
                              List(resolving_)));
    }
    if (is_open_) return TooEarly();
    if (not_reaching_.empty()) {
      return Say(v1::EDGE_CAUSE_CALLER,
                 absl::StrCat("the name of ", to_, " does not resolve there; nobody else calls ",
                              to_, " to compare with"));
    }
    if (all_.resolved.empty()) {
      return Unknown("no name resolves for anybody: nothing to compare with");
    }
    Say(v1::EDGE_CAUSE_CALLEE, absl::StrCat("the name of ", to_, " resolves for nobody, not for ",
                                            List(not_reaching_), " either, and others do"));
  }

  void JudgeByOthers() {
    if (!reaching_.empty() && !reached_here_.empty()) {
      return Say(
          v1::EDGE_CAUSE_NETWORK,
          absl::StrCat(WhatHappened(reach_), ", while ", Verb(reaching_, " reaches ", " reach "),
                       to_, ", and ", from_, " reaches ", List(reached_here_)));
    }
    if (is_open_) return TooEarly();
    if (!reaching_.empty()) {
      if (not_reached_here_.empty()) {
        return Unknown(
            absl::StrCat(Verb(reaching_, " reaches ", " reach "), to_, ", but ", from_,
                         " calls nobody else that could tell its side from the network"));
      }
      std::set<std::string> failing = not_reached_here_;
      failing.insert(to_);
      return Say(v1::EDGE_CAUSE_CALLER,
                 absl::StrCat(from_, " reaches nothing that it calls (", List(failing), "), while ",
                              Verb(reaching_, " reaches ", " reach "), to_));
    }
    if (!not_reaching_.empty()) {
      if (all_.reached.empty() && all_.by_callee.size() > 1) {
        return Unknown("nobody reaches anybody: nothing to compare with");
      }
      return Say(v1::EDGE_CAUSE_CALLEE,
                 absl::StrCat("nobody reaches ", to_, ", ", List(not_reaching_),
                              not_reaching_.size() == 1 ? " does not either" : " do not either"));
    }
    if (!reached_here_.empty()) {
      return Unknown(absl::StrCat(from_, " reaches ", List(reached_here_),
                                  ", but nobody else calls ", to_,
                                  " who could tell its side from the network"));
    }
    if (!served_.empty()) {
      return Say(v1::EDGE_CAUSE_CALLER,
                 absl::StrCat(from_, " reaches nothing that it calls, while others reach ",
                              List(served_)));
    }
    Unknown(absl::StrCat(WhatHappened(reach_), "; nobody else calls ", to_,
                         ", and nothing else that ", from_, " calls could be compared"));
  }

  void TooEarly() { Unknown("too early to tell: other edges are open"); }
  void Unknown(const std::string& why) { Say(v1::EDGE_CAUSE_UNSPECIFIED, why); }
  void Say(v1::EdgeCause cause, const std::string& why) {
    record_.set_cause(cause);
    record_.set_explanation(why);
  }

  const Sights& all_;
  const std::string& check_;
  const std::string& from_;
  const std::string& to_;
  v1::EdgeRecord& record_;

  // About the agents that failed on this edge, and what others saw.
  v1::Reach reach_ = v1::REACH_UNSPECIFIED;
  bool answered_wrongly_ = false;
  bool reached_otherwise_ = false;  // they reach the callee as stand-ins of another caller
  bool is_stand_in_ = false;
  bool is_open_ = false;                    // something that comparison would look at
  std::set<std::string> reaching_;          // others that reach the callee
  std::set<std::string> not_reaching_;      // others that do not
  std::set<std::string> resolving_;         // others for which its name resolves
  std::set<std::string> reached_here_;      // other callees that are reached from here
  std::set<std::string> not_reached_here_;  // other callees that are not
  std::set<std::string> served_;            // of these, what others reach
};

bool IsBroken(const v1::CheckRecord& check) {
  return check.outcome() != v1::OUTCOME_UNSPECIFIED && check.outcome() != v1::OUTCOME_SKIPPED &&
         !CountsAsPassed(check.outcome());
}

}  // namespace

google::protobuf::RepeatedPtrField<v1::EdgeRecord> EdgeMatrix(const Checks& checks) {
  const Sights sights(checks);
  google::protobuf::RepeatedPtrField<v1::EdgeRecord> edges;
  for (const v1::CheckRecord& check : checks) {
    if (!check.has_edge()) continue;
    v1::EdgeRecord& edge = *edges.Add();
    edge.set_check(check.name());
    edge.set_from(check.edge().from());
    edge.set_to(check.edge().to());
    edge.set_outcome(check.outcome());
    *edge.mutable_duration() = shared::ToProto(TimeOf(check));
    if (IsBroken(check)) EdgeJudge(sights, check, &edge).Judge();
  }
  return edges;
}

}  // namespace smokemesh::coordinator
