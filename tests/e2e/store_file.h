#ifndef SMOKEMESH_TESTS_E2E_STORE_FILE_H_
#define SMOKEMESH_TESTS_E2E_STORE_FILE_H_

#include <string>

struct sqlite3;

namespace smokemesh::testing {

// A store's SQLite file, looked at and changed behind smokemesh's back. No process may have it
// open.
class StoreFile {
 public:
  // Fails the test when it cannot be opened.
  explicit StoreFile(const std::string& path);
  ~StoreFile();
  StoreFile(const StoreFile&) = delete;
  StoreFile& operator=(const StoreFile&) = delete;

  // The first column of the first row, a blob or text. Fails the test when there is no row.
  std::string Read(const std::string& sql);
  // Carries one statement out, with `value` as its blob ?1 if it has one. Fails the test when it
  // changes another number of rows than one.
  void Change(const std::string& sql, const std::string& value = "");

 private:
  sqlite3* db_ = nullptr;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_E2E_STORE_FILE_H_
