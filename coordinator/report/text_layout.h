#ifndef SMOKEMESH_COORDINATOR_REPORT_TEXT_LAYOUT_H_
#define SMOKEMESH_COORDINATOR_REPORT_TEXT_LAYOUT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "smokemesh/v1/result.pb.h"

namespace smokemesh::coordinator {

// Pieces of which text for a terminal is made. They write what they are given: escape first.

enum class Paint { kNone, kGood, kBad, kWarn, kDim, kBold };

// Wraps `text` in the escape sequences of `paint`; returns it as it is when `color` is off.
std::string Painted(std::string_view text, Paint paint, bool color);

// How an outcome and a decision are painted.
Paint PaintOf(v1::Outcome outcome);
Paint PaintOf(v1::Decision decision);

// A sign for an outcome: `✓ ✗ ! – ·`, or `+ x ! - .` without Unicode.
std::string SignOf(v1::Outcome outcome, bool unicode);

// Columns that `text`, which holds no escape sequences, takes on a terminal: one for each
// character, two for wide ones (East Asian, emoji), none for marks that go on top of another.
size_t Columns(std::string_view text);

// As much of the beginning of `text` as fits into `columns`, whole characters.
std::string FirstColumns(std::string_view text, size_t columns);

// `text` for a terminal that shows nothing but ASCII: `µ` becomes `u`, dashes and quotes become
// plain ones, other characters `?`, one for each column.
std::string Ascii(std::string_view text);

// `text` and enough blanks to fill `columns`.
std::string Padded(std::string_view text, size_t columns);

// Breaks `text` into lines of at most `width` columns, at blanks where there are some. At least one
// line; `width` below 20 counts as 20. A line that would begin with `::` gets a `\` before it:
// build servers carry such lines out as commands.
std::vector<std::string> Wrapped(std::string_view text, int width);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_TEXT_LAYOUT_H_
