#include <hiredis/hiredis.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/checks/redis_client/resp.h"
#include "shared/text.h"

namespace smokemesh::agent {
namespace {

// hiredis' reader calls these to build a reply. Elements live in their parent; only the root is an
// object of its own. A null pointer ends the reading.

#if HIREDIS_MAJOR >= 1
using ArraySize = size_t;
#else
using ArraySize = int;
#endif

// How many elements the reply may still get; the reader's private data.
struct Budget {
  size_t elements = 0;
  bool exceeded = false;
};

RedisReply* Place(const redisReadTask* task, RedisReply::Type type) {
  RedisReply* reply =
      task->parent == nullptr
          ? new RedisReply
          : &static_cast<RedisReply*>(task->parent->obj)->elements[static_cast<size_t>(task->idx)];
  reply->type = type;
  return reply;
}

void* CreateString(const redisReadTask* task, char* text, size_t size) {
  const RedisReply::Type type = task->type == REDIS_REPLY_ERROR    ? RedisReply::Type::kError
                                : task->type == REDIS_REPLY_STATUS ? RedisReply::Type::kStatus
                                                                   : RedisReply::Type::kString;
  RedisReply* reply = Place(task, type);
  reply->text.assign(text, size);
  return reply;
}

void* CreateArray(const redisReadTask* task, ArraySize size) {
  auto* budget = static_cast<Budget*>(task->privdata);
  const auto wanted = static_cast<size_t>(size);
  if (wanted > budget->elements) {
    budget->exceeded = true;
    return nullptr;
  }
  budget->elements -= wanted;
  RedisReply* reply = Place(task, RedisReply::Type::kArray);
  reply->elements.resize(wanted);
  return reply;
}

void* CreateInteger(const redisReadTask* task, long long value) {
  RedisReply* reply = Place(task, RedisReply::Type::kInteger);
  reply->integer = value;
  return reply;
}

void* CreateNil(const redisReadTask* task) { return Place(task, RedisReply::Type::kNil); }

void Free(void* reply) { delete static_cast<RedisReply*>(reply); }

redisReplyObjectFunctions* Functions() {
  static redisReplyObjectFunctions functions = [] {
    redisReplyObjectFunctions made = {};
    made.createString = &CreateString;
    made.createArray = &CreateArray;
    made.createInteger = &CreateInteger;
    made.createNil = &CreateNil;
    made.freeObject = &Free;
    return made;
  }();
  return &functions;
}

}  // namespace

struct ReplyReader::Driver {
  redisReader* reader = redisReaderCreateWithFunctions(Functions());
  Budget budget;
};

ReplyReader::ReplyReader() : driver_(std::make_unique<Driver>()) {
  driver_->reader->privdata = &driver_->budget;
  driver_->budget.elements = kMaxElements;
}

ReplyReader::~ReplyReader() { redisReaderFree(driver_->reader); }

void ReplyReader::Feed(std::string_view bytes) {
  redisReaderFeed(driver_->reader, bytes.data(), bytes.size());
  pending_bytes_ += bytes.size();
}

absl::StatusOr<std::optional<RedisReply>> ReplyReader::Next() {
  void* object = nullptr;
  if (redisReaderGetReply(driver_->reader, &object) != REDIS_OK) {
    if (driver_->budget.exceeded) {
      return absl::DataLossError(
          absl::StrCat("the reply has more than ", kMaxElements, " elements"));
    }
    return absl::DataLossError(absl::StrCat("the reply is not Redis' protocol: ",
                                            shared::EscapeControl(driver_->reader->errstr)));
  }
  if (object == nullptr) {
    if (pending_bytes_ > kMaxBytes) {
      return absl::DataLossError(absl::StrCat("the reply is larger than ", kMaxBytes, " bytes"));
    }
    return std::nullopt;
  }
  std::optional<RedisReply> reply(std::move(*static_cast<RedisReply*>(object)));
  Free(object);
  driver_->budget.elements = kMaxElements;
  pending_bytes_ = driver_->reader->len - driver_->reader->pos;
  return reply;
}

std::string FormatCommand(const std::vector<std::string>& command) {
  std::vector<const char*> pointers;
  std::vector<size_t> sizes;
  for (const std::string& argument : command) {
    pointers.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  char* formatted = nullptr;
  const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(command.size()),
                                           pointers.data(), sizes.data());
  if (size < 0) return "";
  std::string text(formatted, static_cast<size_t>(size));
  redisFreeCommand(formatted);
  return text;
}

}  // namespace smokemesh::agent
