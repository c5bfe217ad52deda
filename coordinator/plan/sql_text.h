#ifndef SMOKEMESH_COORDINATOR_PLAN_SQL_TEXT_H_
#define SMOKEMESH_COORDINATOR_PLAN_SQL_TEXT_H_

#include <string>
#include <string_view>

namespace smokemesh::coordinator {

// What can be said about SQL without a server.
struct SqlFacts {
  // Statements that are not empty.
  int statements = 0;
  // Greatest N of `$N`; 0 when there is none.
  int greatest_parameter = 0;
};

// Looks at SQL as PostgreSQL's lexer does: strings, quoted names, dollar quotes and comments hide
// what is in them, and the body of a `BEGIN ATOMIC … END` function is part of its statement.
SqlFacts LookAtSql(std::string_view sql);

// The first `count` words of `text`, joined by single spaces, at most 80 bytes, with `…` where
// something was left out. A template (`{{name}}`, `${NAME}`) is never cut; a name that begins with
// a longer one is longer.
std::string FirstWords(std::string_view text, int count);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_SQL_TEXT_H_
