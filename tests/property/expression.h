#ifndef SMOKEMESH_TESTS_PROPERTY_EXPRESSION_H_
#define SMOKEMESH_TESTS_PROPERTY_EXPRESSION_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/simulation/sim_random.h"

namespace smokemesh::testing {

// An expression over words, made as a tree and never read from text: what it means is known without
// a parser, and the product gets it in print.
class Expression {
 public:
  static Expression Random(SimRandom* random, const std::vector<std::string>& words, int depth);

  // With as many parentheses and spaces as there must be, and some more.
  std::string Print(SimRandom* random) const;

  bool Holds(const std::function<bool(const std::string&)>& word_holds) const;

 private:
  enum class Kind { kWord, kNot, kAnd, kOr };
  Kind kind_ = Kind::kWord;
  std::string word_;
  std::vector<Expression> parts_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_PROPERTY_EXPRESSION_H_
