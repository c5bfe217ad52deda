#ifndef SMOKEMESH_SHARED_EXPECTATION_LITERAL_H_
#define SMOKEMESH_SHARED_EXPECTATION_LITERAL_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace smokemesh::shared {

// A number as JSON writes it.
using Number = std::variant<int64_t, double>;

// Reads the whole of `text` as a JSON number: `007`, `1.`, `0x1` and ` 1` are none.
std::optional<Number> ReadNumber(std::string_view text);

// Less than, equal to or greater than zero; exact between integers.
int Compare(const Number& a, const Number& b);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_EXPECTATION_LITERAL_H_
