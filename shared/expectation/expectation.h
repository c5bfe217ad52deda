#ifndef SMOKEMESH_SHARED_EXPECTATION_EXPECTATION_H_
#define SMOKEMESH_SHARED_EXPECTATION_EXPECTATION_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/expectation/value.h"

namespace smokemesh::shared {

// The expectation language, one for every kind of check:
//
//   query [argument] [not] predicate [value]
//
//   status == 200            header content-type startsWith application/json
//   json /items/0/id exists  duration < 2s
//   value == "007"           body not contains error
//
// Predicates: `==` `!=` `<` `<=` `>` `>=` `contains` `startsWith` `endsWith` `matches` (RE2, found
// anywhere) and, without a value, `exists` `isEmpty` `isNull` `isInteger` `isNumber` `isBoolean`
// `isString` `isArray` `isObject`; `in` and `between` take two or more values separated by commas
// (`status in 200, 201`, `value between 1, 5`; borders included).
//
// A value is a number, a duration (`2s`), `true`, `false`, `null`, a string in double quotes with
// JSON escapes, or bare text to the end of the line. Bare numbers and bare text compare with
// untyped text by its look; a quoted value is always a string.

// One parsed expectation.
struct Expectation {
  std::string text;       // as written
  std::string query;      // `json`
  std::string argument;   // `/items/0/id`; empty when the query takes none
  bool negated = false;   // `not`
  std::string predicate;  // `==`
  // The operands. `quoted` operands are strings; the others are what they look like.
  struct Operand {
    std::string text;
    bool quoted = false;
  };
  std::vector<Operand> operands;
};

// A query that a kind of step offers.
struct Query {
  std::string name;
  enum class Argument { kNone, kOptional, kRequired };
  Argument argument = Argument::kNone;
};

// The queries of a step kind (`postgres`, `redis`, `http`, `event_bus`), or of one published
// message
// (`message`); empty for any other word.
const std::vector<Query>& QueriesOf(std::string_view step_kind);

// Parses `text`. Errors are INVALID_ARGUMENT and say what is wrong, with a suggestion for a
// misspelt query or predicate.
absl::StatusOr<Expectation> ParseExpectation(std::string_view text,
                                             const std::vector<Query>& queries);

// What a step saw. Implemented by each kind.
class Observation {
 public:
  virtual ~Observation() = default;

  // Returns the value of a query. Absent when there is no such thing; INVALID_ARGUMENT when the
  // argument makes no sense.
  virtual absl::StatusOr<Value> Get(std::string_view query, std::string_view argument) const = 0;

  // One line for people: `201 Created, 312 bytes`.
  virtual std::string Summary() const = 0;

  // A step without an expectation on any of `UnlessAsked().queries` must satisfy this: the sentence
  // of what was expected and what was seen, or nothing when all is well.
  struct Mismatch {
    std::string expected;
    std::string actual;
  };
  struct Implied {
    std::vector<std::string> queries;
    std::optional<Mismatch> mismatch;
  };
  virtual Implied UnlessAsked() const = 0;

  // The answer says that the server does not have the feature that the step uses. An optional check
  // is then SKIPPED, not FAILED.
  virtual bool LacksFeature() const { return false; }
};

// Checks `expectation`, its argument and operands already expanded, against what was seen. Nothing
// when it holds.
absl::StatusOr<std::optional<Observation::Mismatch>> Evaluate(const Expectation& expectation,
                                                              const Observation& observation);

// A value as people read it in `actual`: strings in quotes, nothing as `nothing`.
std::string Describe(const Value& value);

// A value as text for a variable. Absent and Null are NOT_FOUND.
absl::StatusOr<std::string> ToText(const Value& value);

// Looks `pointer` (RFC 6901) up in `json`. Absent when there is no such member or `json` is no
// JSON.
Value JsonPointer(std::string_view json, std::string_view pointer);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_EXPECTATION_EXPECTATION_H_
