#include "tests/platform/http_message.h"

#include <gtest/gtest.h>

namespace smokemesh::platform {
namespace {

using Fields = std::multimap<std::string, std::string>;

TEST(ParseForm, DecodesNamesAndValues) {
  EXPECT_EQ(ParseForm("a=1&b=two+words&c=%41%2b&d&e="),
            (Fields{{"a", "1"}, {"b", "two words"}, {"c", "A+"}, {"d", ""}, {"e", ""}}));
  EXPECT_EQ(ParseForm(""), Fields());
}

TEST(ParseForm, KeepsBrokenEscapesAndFurtherEqualSigns) {
  EXPECT_EQ(ParseForm("a=%4&b=%zz&c=x=y"), (Fields{{"a", "%4"}, {"b", "%zz"}, {"c", "x=y"}}));
}

TEST(FindHeader, IgnoresCaseAndTakesTheFirst) {
  const HttpHeaders headers = {{"Content-Type", "a"}, {"content-type", "b"}};
  EXPECT_EQ(FindHeader(headers, "CONTENT-TYPE"), "a");
  EXPECT_EQ(FindHeader(headers, "content"), "");
}

}  // namespace
}  // namespace smokemesh::platform
