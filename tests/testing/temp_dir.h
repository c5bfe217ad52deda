#ifndef SMOKEMESH_TESTS_TESTING_TEMP_DIR_H_
#define SMOKEMESH_TESTS_TESTING_TEMP_DIR_H_

#include <filesystem>
#include <string>
#include <string_view>

namespace smokemesh::testing {

// A private directory (mode 0700) under $TMPDIR or /tmp, removed with all it holds at the end of
// the object's life. The path is short enough for UNIX sockets. Aborts if it cannot be made.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // Writes a file in it, mode 0600, and returns its path. Aborts if it cannot.
  std::filesystem::path Write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_TESTING_TEMP_DIR_H_
