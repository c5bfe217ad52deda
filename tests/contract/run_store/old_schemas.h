#ifndef SMOKEMESH_TESTS_CONTRACT_RUN_STORE_OLD_SCHEMAS_H_
#define SMOKEMESH_TESTS_CONTRACT_RUN_STORE_OLD_SCHEMAS_H_

namespace smokemesh::testing {

// The tables of earlier versions, as these made them. They stay as they are.

inline constexpr char kSchemaVersion1[] = R"sql(
  CREATE TABLE run (
    number       INTEGER PRIMARY KEY,
    run_id       TEXT NOT NULL UNIQUE,
    request_id   TEXT NOT NULL UNIQUE,
    plan_name    TEXT NOT NULL,
    create_time  INTEGER NOT NULL,
    request      BLOB NOT NULL,
    manifest     BLOB,
    cancel_reason TEXT NOT NULL,
    final_run    BLOB,
    decision     INTEGER NOT NULL,
    summary      TEXT NOT NULL
  );
  CREATE INDEX run_open ON run (number) WHERE final_run IS NULL;
  CREATE TABLE name (
    number INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE
  );
  CREATE TABLE result (
    run     INTEGER NOT NULL REFERENCES run (number),
    check_  INTEGER NOT NULL REFERENCES name (number),
    agent   INTEGER NOT NULL REFERENCES name (number),
    attempt INTEGER NOT NULL,
    result  BLOB NOT NULL,
    UNIQUE (run, check_, agent, attempt)
  );
  PRAGMA journal_mode = WAL;
  PRAGMA application_id = 1399672168;
  PRAGMA user_version = 1;
)sql";

inline constexpr char kSchemaVersion2[] = R"sql(
  CREATE TABLE run (
    number       INTEGER PRIMARY KEY,
    run_id       TEXT NOT NULL UNIQUE,
    request_id   TEXT NOT NULL UNIQUE,
    plan_name    TEXT NOT NULL,
    create_time  INTEGER NOT NULL,
    request      BLOB NOT NULL,
    manifest     BLOB,
    cancel_reason TEXT NOT NULL,
    final_run    BLOB,
    decision     INTEGER NOT NULL,
    summary      TEXT NOT NULL,
    clean_up     INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX run_open ON run (number) WHERE final_run IS NULL;
  CREATE TABLE name (
    number INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE
  );
  CREATE TABLE result (
    run     INTEGER NOT NULL REFERENCES run (number),
    check_  INTEGER NOT NULL REFERENCES name (number),
    agent   INTEGER NOT NULL REFERENCES name (number),
    attempt INTEGER NOT NULL,
    result  BLOB NOT NULL,
    UNIQUE (run, check_, agent, attempt)
  );
  PRAGMA journal_mode = WAL;
  PRAGMA application_id = 1399672168;
  PRAGMA user_version = 2;
)sql";

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_CONTRACT_RUN_STORE_OLD_SCHEMAS_H_
