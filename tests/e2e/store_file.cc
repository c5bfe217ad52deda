#include "tests/e2e/store_file.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>

namespace smokemesh::testing {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

Statement Prepare(sqlite3* db, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
      << sql << ": " << sqlite3_errmsg(db);
  return Statement(statement);
}

}  // namespace

StoreFile::StoreFile(const std::string& path) {
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK)
      << path << ": " << sqlite3_errmsg(db_);
}

StoreFile::~StoreFile() { sqlite3_close(db_); }

std::string StoreFile::Read(const std::string& sql) {
  const Statement statement = Prepare(db_, sql);
  if (sqlite3_step(statement.get()) != SQLITE_ROW) {
    ADD_FAILURE() << sql << ": no row";
    return "";
  }
  const void* bytes = sqlite3_column_blob(statement.get(), 0);
  const int size = sqlite3_column_bytes(statement.get(), 0);
  return {static_cast<const char*>(bytes), static_cast<size_t>(size)};
}

void StoreFile::Change(const std::string& sql, const std::string& value) {
  const Statement statement = Prepare(db_, sql);
  if (sqlite3_bind_parameter_count(statement.get()) > 0) {
    sqlite3_bind_blob(statement.get(), 1, value.data(), static_cast<int>(value.size()),
                      SQLITE_TRANSIENT);
  }
  EXPECT_EQ(sqlite3_step(statement.get()), SQLITE_DONE) << sql << ": " << sqlite3_errmsg(db_);
  EXPECT_EQ(sqlite3_changes(db_), 1) << sql;
}

}  // namespace smokemesh::testing
