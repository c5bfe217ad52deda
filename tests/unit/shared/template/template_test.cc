#include "shared/template/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace smokemesh::shared {
namespace {

using ::testing::HasSubstr;

Lookup From(std::map<std::string, std::string, std::less<>> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

absl::StatusOr<std::string> ExpandIt(std::string_view text) {
  return Expand(text,
                From({{"HOME", "/root"}, {"EMPTY", ""}, {"TRICKY", "${HOME}{{id}}"}, {"_A1", "u"}}),
                From({{"id", "42"}, {"uuid.x-1", "u-u"}, {"loop", "{{loop}}${HOME}"}}));
}

struct Case {
  std::string_view text;
  std::string_view expanded;
};
class Expands : public ::testing::TestWithParam<Case> {};

TEST_P(Expands, AsDocumented) {
  const auto expanded = ExpandIt(GetParam().text);
  ASSERT_TRUE(expanded.ok()) << expanded.status();
  EXPECT_EQ(*expanded, GetParam().expanded);
}

INSTANTIATE_TEST_SUITE_P(
    Template, Expands,
    ::testing::Values(
        Case{"", ""}, Case{"plain $ text } }} {", "plain $ text } }} {"}, Case{"${HOME}", "/root"},
        Case{"a${HOME}b{{id}}c", "a/rootb42c"}, Case{"{{ id }}", "42"}, Case{"{{uuid.x-1}}", "u-u"},
        Case{"${NONE:-fall back}", "fall back"}, Case{"${NONE:-}", ""},
        Case{"${EMPTY:-other}", "other"}, Case{"[${EMPTY}]", "[]"}, Case{"${_A1}", "u"},
        Case{"$${HOME}", "${HOME}"}, Case{"$$${HOME}", "$${HOME}"},
        Case{"$1 $$body$$", "$1 $$body$$"},
        // What a value holds is not looked at again.
        Case{"${TRICKY}", "${HOME}{{id}}"}, Case{"{{loop}}", "{{loop}}${HOME}"},

        Case{"{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"},
        // Defaults that are not plain text.
        Case{"${NONE:-${HOME}}", "/root"}, Case{"${HOME:-${NONE}}", "/root"},
        Case{"${EMPTY:-a${HOME}b}c", "a/rootbc"}, Case{"${NONE:-${EMPTY:-${NIL:-x}}}", "x"},
        Case{"${NONE:-${HOME}${_A1}}}", "/rootu}"}, Case{"${NONE:-${TRICKY}}", "${HOME}{{id}}"},
        Case{"${NONE:-$${HOME}}", "${HOME}"}, Case{"${NONE:-$${B}", "${B"},
        Case{"${NONE:-{a}", "{a"}, Case{"${NONE:-$x}", "$x"},
        Case{"{{id}}${NONE:-${HOME}}{{id}}", "42/root42"}));

TEST(Template, LooksUpADefaultOnlyWhenItIsNeeded) {
  std::vector<std::string> asked;
  const Lookup environment = [&](std::string_view name) -> std::optional<std::string> {
    asked.emplace_back(name);
    return name == "A" ? std::optional<std::string>("a") : std::nullopt;
  };
  EXPECT_EQ(*Expand("${A:-${B}}", environment, From({})), "a");
  EXPECT_THAT(asked, ::testing::ElementsAre("A"));
  const auto unset = Expand("${B:-${C}}", environment, From({}));
  EXPECT_EQ(unset.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(unset.status().message(), HasSubstr("C is not set"));
}

TEST(Template, BoundsHowDeepDefaultsAreNested) {
  const auto nested = [](int depth) {
    std::string text = "x";
    for (int i = 0; i < depth; ++i) text = "${NONE:-" + text + "}";
    return text;
  };
  EXPECT_EQ(*ExpandIt(nested(8)), "x");
  EXPECT_THAT(ExpandIt(nested(9)).status().message(), HasSubstr("deeper than 8"));
  EXPECT_EQ(References(nested(2000)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Template, NamesTheUnsetEnvironmentVariable) {
  const auto expanded = ExpandIt("x ${DATABASE_URL} y");
  EXPECT_EQ(expanded.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(expanded.status().message(), HasSubstr("DATABASE_URL is not set"));
}

TEST(Template, NamesTheUnsetVariable) {
  const auto expanded = ExpandIt("{{token}}");
  EXPECT_EQ(expanded.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(expanded.status().message(), HasSubstr("{{token}} is not set"));
}

class Malformed : public ::testing::TestWithParam<std::string_view> {};

TEST_P(Malformed, IsInvalidToExpandAndToList) {
  EXPECT_EQ(ExpandIt(GetParam()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(References(GetParam()).status().code(), absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Template, Malformed,
                         ::testing::Values("${HOME", "{{id", "{{id}", "${}", "{{}}", "{{ }}",
                                           "${1A}", "${A-B}", "${:-x}", "{{a b}}", "{{1,2},{3,4}}",
                                           "${HOME}${", "${NONE:-{{id}}}", "${A:-${B}",
                                           "${A:-${B:-}", "${A:-${}}", "${A:-${B:-{{id}}}}"));

TEST(Template, ListsReferencesInOrder) {
  const auto references = References("{{a}} ${B} $${C} ${D:-x} {{ e }}");
  ASSERT_TRUE(references.ok());
  ASSERT_EQ(references->size(), 4u);
  EXPECT_EQ((*references)[0].name, "a");
  EXPECT_EQ((*references)[0].kind, Reference::Kind::kVariable);
  EXPECT_EQ((*references)[1].name, "B");
  EXPECT_EQ((*references)[1].kind, Reference::Kind::kEnvironment);
  EXPECT_FALSE((*references)[1].has_default);
  EXPECT_EQ((*references)[2].name, "D");
  EXPECT_TRUE((*references)[2].has_default);
  EXPECT_EQ((*references)[3].name, "e");
}

TEST(Template, ListsReferencesInDefaults) {
  const auto references = References("${A:-x${B:-${C}}}{{d}}");
  ASSERT_TRUE(references.ok());
  ASSERT_EQ(references->size(), 4u);
  EXPECT_EQ((*references)[0].name, "A");
  EXPECT_TRUE((*references)[0].has_default);
  EXPECT_EQ((*references)[1].name, "B");
  EXPECT_TRUE((*references)[1].has_default);
  EXPECT_EQ((*references)[2].name, "C");
  EXPECT_FALSE((*references)[2].has_default);
  EXPECT_EQ((*references)[3].kind, Reference::Kind::kVariable);
}

}  // namespace
}  // namespace smokemesh::shared
