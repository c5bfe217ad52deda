#include "coordinator/verdict/rounds.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "absl/strings/str_cat.h"

namespace smokemesh::coordinator {
namespace {

constexpr int kMostRounds = 1000;

std::string Rounds(int number) { return absl::StrCat(number, number == 1 ? " round" : " rounds"); }

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
  std::set<int64_t> crossed;
  for (const v1::BakeRound& earlier : round.earlier()) {
    if (earlier.number() < 1 || earlier.number() >= number) continue;
    if (earlier.number() <= number - rounds.of_last()) continue;
    if (std::find(earlier.crossed().begin(), earlier.crossed().end(), rule) !=
        earlier.crossed().end()) {
      crossed.insert(earlier.number());
    }
  }
  result.earlier = static_cast<int>(crossed.size());
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
