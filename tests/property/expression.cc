#include "tests/property/expression.h"

namespace smokemesh::testing {

Expression Expression::Random(SimRandom* random, const std::vector<std::string>& words, int depth) {
  Expression expression;
  const int choice = depth <= 0 ? 0 : random->Below(5);
  if (choice < 2) {
    expression.word_ = words[random->Below(static_cast<int>(words.size()))];
    return expression;
  }
  expression.kind_ = choice == 2 ? Kind::kNot : choice == 3 ? Kind::kAnd : Kind::kOr;
  const int parts = choice == 2 ? 1 : 2 + random->Below(2);
  for (int i = 0; i < parts; ++i) {
    expression.parts_.push_back(Random(random, words, depth - 1));
  }
  return expression;
}

std::string Expression::Print(SimRandom* random) const {
  if (kind_ == Kind::kWord) return random->Chance(0.05) ? " ( " + word_ + ")" : word_;
  const std::string space = random->Chance(0.1) ? "  " : " ";
  std::string text;
  for (const Expression& part : parts_) {
    // `or` holds together least, then `and`, then `not`.
    const bool loose = (part.kind_ == Kind::kOr && kind_ != Kind::kOr) ||
                       (part.kind_ == Kind::kAnd && kind_ == Kind::kNot);
    const bool wrap = loose || random->Chance(0.1);
    const std::string inner = wrap ? "(" + part.Print(random) + ")" : part.Print(random);
    if (kind_ == Kind::kNot) return "not" + space + inner;
    if (!text.empty()) text += space + (kind_ == Kind::kAnd ? "and" : "or") + space;
    text += inner;
  }
  return text;
}

bool Expression::Holds(const std::function<bool(const std::string&)>& word_holds) const {
  switch (kind_) {
    case Kind::kWord:
      return word_holds(word_);
    case Kind::kNot:
      return !parts_[0].Holds(word_holds);
    case Kind::kAnd: {
      int held = 0;
      for (const Expression& part : parts_) held += part.Holds(word_holds) ? 1 : 0;
      return held == static_cast<int>(parts_.size());
    }
    case Kind::kOr: {
      int held = 0;
      for (const Expression& part : parts_) held += part.Holds(word_holds) ? 1 : 0;
      return held > 0;
    }
  }
  return false;
}

}  // namespace smokemesh::testing
