#include "tests/testing/process_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace smokemesh::testing {
namespace {

constexpr uint64_t kBlock = 1 << 20;
// What is greater is a sanitizer's notes about the memory, terabytes that nobody has touched.
constexpr uint64_t kGreatestMapping = uint64_t{64} << 30;

}  // namespace

absl::StatusOr<std::vector<std::string>> FindInMemory(pid_t pid,
                                                      const std::vector<std::string>& needles) {
  const std::string folder = absl::StrCat("/proc/", pid);
  const int memory = open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  if (memory < 0) {
    return absl::PermissionDeniedError(absl::StrCat(folder, "/mem: ", std::strerror(errno)));
  }
  std::set<std::string> found;
  uint64_t overlap = 0;
  for (const std::string& needle : needles) overlap = std::max<uint64_t>(overlap, needle.size());
  std::ifstream maps(folder + "/maps");
  std::string line;
  int looked_at = 0;
  while (std::getline(maps, line)) {
    uint64_t begin = 0;
    uint64_t end = 0;
    char rights[5] = "";
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
    if (rights[0] != 'r' || rights[1] != 'w') continue;
    if (end - begin > kGreatestMapping) continue;
    // Blocks overlap: a needle may lie across the border.
    for (uint64_t at = begin; at < end; at += kBlock) {
      std::string bytes(std::min(end - at, kBlock + overlap), '\0');
      const ssize_t got = pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (got <= 0) continue;
      bytes.resize(static_cast<size_t>(got));
      ++looked_at;
      for (const std::string& needle : needles) {
        if (bytes.find(needle) != std::string::npos) found.insert(needle);
      }
    }
  }
  close(memory);
  if (looked_at == 0) return absl::PermissionDeniedError(absl::StrCat("no memory of ", pid));
  return std::vector<std::string>(found.begin(), found.end());
}

std::string CommandLineOf(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/cmdline"), std::ios::binary);
  std::string line((std::istreambuf_iterator<char>(file)), {});
  std::replace(line.begin(), line.end(), '\0', ' ');
  return line;
}

}  // namespace smokemesh::testing
