#include "coordinator/verdict/rounds.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "absl/strings/str_cat.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kMostRounds = 1000;

std::string Rounds(int number) { return absl::StrCat(number, number == 1 ? " round" : " rounds"); }

// How many rounds with numbers from `first` to `last` crossed the rule's limit.
template <typename List>
int CrossedIn(const List& list, std::string_view rule, int64_t first, int64_t last) {
  std::set<int64_t> numbers;
  for (const v1::BakeRound& round : list) {
    if (round.number() < first || round.number() > last) continue;
    const auto& crossed = round.crossed();
    if (std::find(crossed.begin(), crossed.end(), rule) == crossed.end()) continue;
    numbers.insert(round.number());
  }
  return static_cast<int>(numbers.size());
}

}  // namespace

bool AreValid(const v1::Rounds& rounds) {
  return rounds.at_least() >= 1 && rounds.at_least() <= rounds.of_last() &&
         rounds.of_last() <= kMostRounds;
}

RoundsOfRule LookBack(const v1::Rounds& rounds, std::string_view rule, const v1::Round& round) {
  RoundsOfRule result;
  const int64_t number = std::max(round.number(), 1);
  result.asked = std::min(rounds.at_least(), std::max(round.planned(), 1));
  result.among = static_cast<int>(std::min<int64_t>(rounds.of_last(), number));
  result.earlier = CrossedIn(round.earlier(), rule,
                             std::max<int64_t>(number - rounds.of_last() + 1, 1), number - 1);
  return result;
}

RoundsOfRule AtTheEnd(const v1::Rounds& rounds, std::string_view rule,
                      const std::vector<v1::BakeRound>& rounds_of_bake) {
  int64_t number = 0;
  for (const v1::BakeRound& round : rounds_of_bake)
    number = std::max<int64_t>(number, round.number());
  RoundsOfRule result;
  result.asked = static_cast<int>(std::clamp<int64_t>(number, 1, rounds.at_least()));
  result.among = static_cast<int>(std::min<int64_t>(rounds.of_last(), number));
  result.earlier =
      CrossedIn(rounds_of_bake, rule, std::max<int64_t>(number - rounds.of_last() + 1, 1), number);
  return result;
}

std::string RoundsText(const RoundsOfRule& rounds, bool crossed_now) {
  return absl::StrCat("crossed in ", rounds.earlier + (crossed_now ? 1 : 0), " of the last ",
                      Rounds(rounds.among), ", limit ", rounds.asked);
}

std::string RoundsWhatIf(const RoundsOfRule& rounds, bool crossed_now,
                         const std::string& in_this_round) {
  if (rounds.Holds(crossed_now)) {
    if (!rounds.Holds(false)) return in_this_round;
    return "would hold whatever had come of this round: the rounds before it are enough";
  }
  if (!crossed_now && rounds.Holds(true)) return in_this_round;
  const int more = rounds.asked - rounds.earlier - (crossed_now ? 1 : 0);
  if (rounds.asked > rounds.among) {
    return absl::StrCat("would hold once crossed in ", Rounds(more), " more");
  }
  return absl::StrCat("would hold if crossed in ", more, " more of the last ",
                      Rounds(rounds.among));
}

}  // namespace smokemesh::coordinator
