#include "coordinator/store/pqxx_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace smokemesh::coordinator {
namespace {

TEST(PqxxTextTest, PlainTextStaysReadable) {
  EXPECT_EQ(ToPqxxText("aura-smoke: \"ü\" 𝄞\n"), "aura-smoke: \"ü\" 𝄞\n");
  EXPECT_EQ(FromPqxxText("aura-smoke: \"ü\""), "aura-smoke: \"ü\"");
}

TEST(PqxxTextTest, WhatATextColumnCannotHoldIsEscaped) {
  EXPECT_EQ(ToPqxxText(std::string("a\0b", 3)), "a\\00b");
  EXPECT_EQ(ToPqxxText("\\"), "\\5c");
  EXPECT_EQ(ToPqxxText("\xff\xc3"), "\\ff\\c3");
  EXPECT_EQ(ToPqxxText("\xed\xa0\x80"), "\\ed\\a0\\80");  // half of a surrogate pair
  EXPECT_EQ(ToPqxxText("\xc0\x80"), "\\c0\\80");          // longer than it must be
  EXPECT_EQ(ToPqxxText("\xf4\x90\x80\x80"), "\\f4\\90\\80\\80");
}

TEST(PqxxTextTest, EveryTextComesBackAndNoTwoAreTheSame) {
  std::minstd_rand random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (int length = static_cast<int>(random() % 8); length > 0; --length) {
      constexpr char kLikely[] = {'\0',   '\\',   '0',    '5',    'c',
                                  '\xc3', '\xbc', '\xed', '\xa0', '\x80'};
      text += random() % 2 == 0 ? kLikely[random() % sizeof(kLikely)]
                                : static_cast<char>(random() % 256);
    }
    ASSERT_EQ(FromPqxxText(ToPqxxText(text)), text);
    ASSERT_EQ(FromPqxxBytes(ToPqxxBytes(text)), text);
  }
}

TEST(PqxxTextTest, TextOfOthersStaysAsItIs) {
  EXPECT_EQ(FromPqxxText("a\\"), "a\\");
  EXPECT_EQ(FromPqxxText("a\\0"), "a\\0");
  EXPECT_EQ(FromPqxxText("\\zz"), "\\zz");
}

TEST(PqxxTextTest, BytesThatAreNoneAreSaid) {
  EXPECT_EQ(FromPqxxBytes("\\x"), "");
  EXPECT_EQ(FromPqxxBytes("\\x6869"), "hi");
  for (const char* text : {"", "6869", "\\x686", "\\x68zz"}) {
    EXPECT_FALSE(FromPqxxBytes(text).has_value()) << text;
  }
}

TEST(PqxxTextTest, ArraysQuoteEveryElement) {
  EXPECT_EQ(ToPqxxArray({}), "{}");
  EXPECT_EQ(ToPqxxArray({"", "a,b", "\"}", "\\x00", "NULL"}),
            "{\"\",\"a,b\",\"\\\"}\",\"\\\\x00\",\"NULL\"}");
}

}  // namespace
}  // namespace smokemesh::coordinator
