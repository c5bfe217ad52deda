#include "agent/checks/redis_client/resp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace smokemesh::agent {
namespace {

using ::testing::HasSubstr;
using Type = RedisReply::Type;

TEST(FormatCommand, WritesBytesOfAnyKind) {
  const std::string bytes("a\0\r\n", 4);
  EXPECT_EQ(FormatCommand({"SET", "k", bytes}),
            "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n" + bytes + "\r\n");
}

TEST(ReplyReader, ReadsEveryTypeInAnyPieces) {
  const std::string stream =
      "+OK\r\n-ERR no\r\n:42\r\n$5\r\nhello\r\n$-1\r\n*-1\r\n*3\r\n:1\r\n*1\r\n$1\r\nx\r\n$-1\r\n";
  ReplyReader reader;
  std::vector<RedisReply> replies;
  for (const char c : stream) {
    reader.Feed(std::string_view(&c, 1));
    auto next = reader.Next();
    ASSERT_TRUE(next.ok()) << next.status();
    if (next->has_value()) replies.push_back(**std::move(next));
  }
  ASSERT_EQ(replies.size(), 7u);
  EXPECT_EQ(replies[0].type, Type::kStatus);
  EXPECT_EQ(replies[0].text, "OK");
  EXPECT_EQ(replies[1].type, Type::kError);
  EXPECT_EQ(replies[2].integer, 42);
  EXPECT_EQ(replies[3].text, "hello");
  EXPECT_EQ(replies[4].type, Type::kNil);
  EXPECT_EQ(replies[5].type, Type::kNil);
  ASSERT_EQ(replies[6].elements.size(), 3u);
  EXPECT_EQ(replies[6].elements[1].elements[0].text, "x");
  EXPECT_EQ(replies[6].elements[2].type, Type::kNil);
}

TEST(ReplyReader, RefusesTooManyElementsBeforeTheyCome) {
  ReplyReader reader;
  reader.Feed("*2147483647\r\n");
  EXPECT_EQ(reader.Next().status().code(), absl::StatusCode::kDataLoss);
}

TEST(ReplyReader, CountsElementsOfNestedArrays) {
  ReplyReader reader;
  reader.Feed("*2\r\n*9998\r\n");
  ASSERT_TRUE(reader.Next().ok());
  for (int i = 0; i < 9'998; ++i) reader.Feed(":1\r\n");
  ASSERT_TRUE(reader.Next().ok());
  reader.Feed("*1\r\n");
  const auto next = reader.Next();
  ASSERT_EQ(next.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(next.status().message()), HasSubstr("10000 elements"));
}

TEST(ReplyReader, RefusesAReplyThatIsTooLarge) {
  ReplyReader reader;
  reader.Feed("$536870912\r\n");
  absl::Status status;
  size_t fed = 0;
  for (; status.ok() && fed < 2 * ReplyReader::kMaxBytes; fed += 4096) {
    reader.Feed(std::string(4096, 'x'));
    status = reader.Next().status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_LT(fed, ReplyReader::kMaxBytes + 8192);
}

TEST(ReplyReader, ReadsManySmallRepliesThatAreLargeTogether) {
  ReplyReader reader;
  const std::string reply = "$4096\r\n" + std::string(4096, 'x') + "\r\n";
  std::string all;
  for (int i = 0; i < 400; ++i) all += reply;
  reader.Feed(all);
  for (int i = 0; i < 400; ++i) {
    const auto next = reader.Next();
    ASSERT_TRUE(next.ok()) << next.status();
    ASSERT_TRUE(next->has_value());
  }
}

TEST(ReplyReader, RefusesWhatIsNotTheProtocol) {
  for (const char* bad : {"HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "*x\r\n", ":abc\r\n",
                          "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"}) {
    ReplyReader reader;
    reader.Feed(bad);
    EXPECT_EQ(reader.Next().status().code(), absl::StatusCode::kDataLoss) << bad;
  }
}

}  // namespace
}  // namespace smokemesh::agent
