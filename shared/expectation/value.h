#ifndef SMOKEMESH_SHARED_EXPECTATION_VALUE_H_
#define SMOKEMESH_SHARED_EXPECTATION_VALUE_H_

#include <cstdint>
#include <string>
#include <variant>

#include "shared/clock.h"

namespace smokemesh::shared {

// Nothing is there: no such header, column, element or JSON member.
struct Absent {};
// JSON null, SQL NULL, Redis nil.
struct Null {};
// Text whose type the source does not tell (a header, a Redis reply, a body). Compares with a
// number literal as a number when it reads as one.
struct Text {
  std::string text;
};
// A string that its source says is one (JSON, a text column). Never equals a number literal.
struct String {
  std::string text;
};
// A JSON array or object, as compact JSON text.
struct Json {
  std::string text;
};

// What a query returns.
using Value = std::variant<Absent, Null, bool, int64_t, double, Text, String, Json, Duration>;

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_EXPECTATION_VALUE_H_
