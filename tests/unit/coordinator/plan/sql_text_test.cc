#include "coordinator/plan/sql_text.h"

#include <gtest/gtest.h>

namespace smokemesh::coordinator {
namespace {

int Statements(std::string_view sql) { return LookAtSql(sql).statements; }

TEST(SqlTextTest, CountsStatementsAsPostgresDoes) {
  EXPECT_EQ(Statements(""), 0);
  EXPECT_EQ(Statements(" ; -- nothing\n /* ; */ ;"), 0);
  EXPECT_EQ(Statements("SELECT 1"), 1);
  EXPECT_EQ(Statements("SELECT 1; -- done\n"), 1);
  EXPECT_EQ(Statements("SELECT 1; SELECT 2"), 2);
  EXPECT_EQ(Statements("DROP TABLE t;;DROP TABLE u;"), 2);
}

TEST(SqlTextTest, LooksOverSemicolonsInLiteralsAndComments) {
  EXPECT_EQ(Statements("SELECT ';', 'it''s; x', \"a;b\""), 1);
  EXPECT_EQ(Statements("SELECT E'\\'; DROP TABLE t'"), 1);
  EXPECT_EQ(Statements("SELECT '\\'; DROP TABLE t"), 2);  // a plain string ends at the backslash
  EXPECT_EQ(Statements("DO $$ BEGIN a; b; END $$"), 1);
  EXPECT_EQ(Statements("DO $x$ a; $$ b; $x$; SELECT 1"), 2);
  EXPECT_EQ(Statements("SELECT 1 /* ; /* ; */ ; */ + 1"), 1);
  EXPECT_EQ(Statements("SELECT 1 -- ; x\n + 1"), 1);
  EXPECT_EQ(Statements("SELECT a$b$c; SELECT 2"), 2);  // no dollar quote within a name
}

TEST(SqlTextTest, TakesAFunctionBodyAsOneStatement) {
  EXPECT_EQ(Statements("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; "
                       "SELECT CASE WHEN true THEN 1 END; END"),
            1);
  EXPECT_EQ(Statements("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; SELECT 2"), 2);
}

TEST(SqlTextTest, FindsTheGreatestParameter) {
  EXPECT_EQ(LookAtSql("SELECT $1, $12, '$99', \"$98\" -- $97").greatest_parameter, 12);
  EXPECT_EQ(LookAtSql("SELECT $$ $5 $$").greatest_parameter, 0);
  EXPECT_EQ(LookAtSql("SELECT $99999999999999999999").greatest_parameter, 99'999);
}

TEST(SqlTextTest, EndsWithinUnfinishedText) {
  for (const char* sql : {"'", "\"", "E'\\", "/*", "/* /*", "--", "$", "$$", "$x$ ;", "$x", "e'"}) {
    EXPECT_LE(Statements(sql), 1) << sql;
  }
}

TEST(SqlTextTest, ShortensToFirstWords) {
  EXPECT_EQ(FirstWords("SELECT  1\n  FROM t", 6), "SELECT 1 FROM t");
  EXPECT_EQ(FirstWords("a b c d e f g", 6), "a b c d e f…");
  EXPECT_EQ(FirstWords("", 6), "");
  EXPECT_EQ(FirstWords(std::string(200, 'x'), 6), std::string(80, 'x') + "…");
  EXPECT_EQ(FirstWords(std::string(79, 'x') + "üü", 6), std::string(79, 'x') + "…");
}

TEST(SqlTextTest, NeverCutsATemplate) {
  EXPECT_EQ(FirstWords("DEL {{ a name }} b", 2), "DEL {{ a name }}…");
  EXPECT_EQ(FirstWords("a ${B:-${C:-d e}} f", 2), "a ${B:-${C:-d e}}…");
  const std::string before(70, 'x');
  EXPECT_EQ(FirstWords(before + "{{uuid.session}}", 6), before + "…");
  EXPECT_EQ(FirstWords(before + ":{{n}}:{{uuid.session}}", 6), before + ":{{n}}:…");
  const std::string name = "{{" + std::string(100, 'n') + "}}";
  EXPECT_EQ(FirstWords(name + "abc", 6), name + "…");
  EXPECT_EQ(FirstWords(name, 6), name);
  EXPECT_EQ(FirstWords("a $${ b", 2), "a $${…");
  EXPECT_EQ(FirstWords("{{ open and never closed at all ever", 6), "{{ open and never closed at…");
}

}  // namespace
}  // namespace smokemesh::coordinator
