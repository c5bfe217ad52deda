// docs/migrating-from-pytest.md speaks of what there is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/e2e/aura_plan.h"
#include "tests/e2e/mesh_fixture.h"

namespace smokemesh::testing {
namespace {

using ::testing::HasSubstr;

const char kPage[] = SMOKEMESH_SOURCE_DIR "/docs/migrating-from-pytest.md";

// The cells of a table's row, without blanks around them; empty for a line that is none.
std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  if (!line.starts_with("|")) return cells;
  for (const auto& cell : absl::StrSplit(line, '|')) {
    cells.emplace_back(absl::StripAsciiWhitespace(cell));
  }
  return cells;
}

TEST(MigrationPage, MapsEveryTestToTheCheckOfItsName) {
  std::multiset<std::string> mapped;
  std::istringstream lines(ReadFile(kPage));
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> cells = Cells(line);
    if (cells.size() < 6 || !cells[1].starts_with("`test_")) continue;
    EXPECT_EQ(cells[1], "`test_" + cells[2].substr(1)) << line;
    EXPECT_FALSE(cells[3].empty() || cells[4].empty()) << line;
    mapped.insert(cells[2].substr(1, cells[2].size() - 2));
  }
  std::multiset<std::string> planned;
  for (const AuraCheck& check : AuraChecks()) planned.insert(check.name);
  EXPECT_EQ(planned.size(), 47u);
  EXPECT_EQ(mapped, planned);
}

using MigrationPageTest = MeshTest;

// The second column of the table of options.
TEST_F(MigrationPageTest, NamesOptionsThatThereAre) {
  const std::string help = Run({"run", "--help"}).out;
  std::istringstream lines(ReadFile(kPage));
  bool in_table = false;
  int options = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) in_table = line == "## Options";
    const std::vector<std::string> cells = Cells(line);
    if (!in_table || cells.size() < 5) continue;
    for (const auto& text : absl::StrSplit(cells[2], '`')) {
      const std::string word(text.substr(0, text.find_first_of("= ")));
      if (!word.starts_with("-") || word.starts_with("---")) continue;
      EXPECT_THAT(help, HasSubstr(word)) << line;
      ++options;
    }
  }
  EXPECT_GE(options, 10);
}

}  // namespace
}  // namespace smokemesh::testing
