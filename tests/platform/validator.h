#ifndef SMOKEMESH_TESTS_PLATFORM_VALIDATOR_H_
#define SMOKEMESH_TESTS_PLATFORM_VALIDATOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/platform/http_message.h"

namespace smokemesh::platform {

// Reads a request's fields and collects everything that is wrong with them, so that the client gets
// all problems in one 422: `{"detail": [{"type", "loc", "msg", "input"}, …]}`.
//
//   Validator in(request);
//   const std::string name = in.Text("name", 1, 500);
//   if (!in.ok()) return in.Response();
class Validator {
 public:
  enum class Body { kNone, kJson };

  // With kJson reads the body as a JSON object. `request` must outlive it.
  explicit Validator(const HttpRequest& request, Body body = Body::kJson);
  ~Validator();
  Validator(const Validator&) = delete;
  Validator& operator=(const Validator&) = delete;

  // Leaves the rules for values out; required fields stay required.
  void IgnoreValueRules() { value_rules_ = false; }

  // Whether the field was sent, null included.
  bool Sent(std::string_view field) const;

  // Required fields. An empty text stands for one that was reported as wrong.
  std::string Text(const char* field, size_t least, size_t most);
  std::string OneOf(const char* field, const std::vector<std::string>& values);
  std::string Date(const char* field);
  std::string Uuid(const char* field);
  std::string Email(const char* field);

  // Optional fields: nothing when absent, null or wrong.
  std::optional<std::string> OptionalText(const char* field, size_t least, size_t most);
  std::optional<std::string> OptionalOneOf(const char* field,
                                           const std::vector<std::string>& values);
  std::optional<std::string> OptionalDate(const char* field);
  std::optional<std::string> OptionalUuid(const char* field);

  // Parameters of the query and of the path.
  int64_t QueryInt(const char* name, int64_t otherwise, int64_t least, int64_t most);
  std::optional<std::string> QueryOneOf(const char* name, const std::vector<std::string>& values,
                                        bool required);
  std::string PathUuid(const char* name);

  // Adds a problem found outside.
  void Add(std::string_view type, std::string_view where, std::string_view field,
           std::string_view message);

  bool ok() const;
  HttpResponse Response() const;

 private:
  struct State;
  // The field's text; nothing when it is absent, null or not a text (then a problem is noted).
  std::optional<std::string> Find(const char* field, bool required);
  bool CheckText(const char* field, const std::string& text, size_t least, size_t most);
  bool CheckOneOf(const char* where, const char* field, const std::string& text,
                  const std::vector<std::string>& values);
  bool CheckDate(const char* field, const std::string& text);
  bool CheckUuid(const char* where, const char* field, const std::string& text);

  const HttpRequest& request_;
  std::unique_ptr<State> state_;  // the parsed body and the problems
  bool value_rules_ = true;
};

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_VALIDATOR_H_
