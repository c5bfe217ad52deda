#include "coordinator/cli/text_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <istream>

#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr size_t kMaxRead = (1 << 20) + 1;

std::string ReadFrom(std::istream& stream) {
  std::string text(kMaxRead, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(stream.gcount()));
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path, std::string_view what) {
  if (path == "-") return ReadFrom(std::cin);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return absl::InvalidArgumentError(absl::StrCat(
        shared::EscapeControl(path), " is a folder: name a ", std::string(what), " file"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    return absl::NotFoundError(absl::StrCat("cannot read the ", std::string(what), " ",
                                            shared::EscapeControl(path), ": ",
                                            std::strerror(errno)));
  }
  return ReadFrom(file);
}

std::string NameOfFile(const std::string& path) { return path == "-" ? "stdin" : path; }

}  // namespace smokemesh::coordinator
