#include "agent/checks/redis_client/element.h"

#include <charconv>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace smokemesh::agent {

absl::StatusOr<Element> ReadElement(std::string_view query, std::string_view argument) {
  Element element;
  const size_t slash = argument.find('/');
  const std::string_view number = argument.substr(0, slash);
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, element.index);
  if (error != std::errc() || stop != end) {
    return absl::InvalidArgumentError(absl::StrCat(
        "`", std::string(query), "` takes the number of an element, from 0, and not \"",
        std::string(argument), "\""));
  }
  if (slash != std::string_view::npos) element.pointer = argument.substr(slash);
  return element;
}

}  // namespace smokemesh::agent
