#ifndef SMOKEMESH_COORDINATOR_STORE_PQXX_TEXT_H_
#define SMOKEMESH_COORDINATOR_STORE_PQXX_TEXT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How values travel to and from PostgreSQL: as text, each as one parameter.
namespace smokemesh::coordinator {

// For a column of type text, which can hold neither zero bytes nor invalid UTF-8: those and
// backslashes become escapes (`\00`, `\5c`).
std::string ToPqxxText(std::string_view text);
// What it was. Text that no ToPqxxText made stays as it is.
std::string FromPqxxText(std::string_view stored);

// For a column of type bytea: `\x6869`.
std::string ToPqxxBytes(std::string_view bytes);
// Nothing when the text is none.
std::optional<std::string> FromPqxxBytes(std::string_view stored);

// An array of texts or bytes (from the functions above) or numbers: `{"a","b"}`.
std::string ToPqxxArray(const std::vector<std::string>& values);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_PQXX_TEXT_H_
