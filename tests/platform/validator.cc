#include "tests/platform/validator.h"

#include <chrono>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/platform/json.h"
#include "tests/platform/uuid_text.h"

namespace smokemesh::platform {
namespace {

// Characters of UTF-8 text, as the promised lengths count them.
size_t Length(const std::string& text) {
  size_t length = 0;
  for (const char c : text) length += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return length;
}

bool IsDate(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  int year = 0;
  int month = 0;
  int day = 0;
  if (!absl::SimpleAtoi(text.substr(0, 4), &year) || !absl::SimpleAtoi(text.substr(5, 2), &month) ||
      !absl::SimpleAtoi(text.substr(8, 2), &day) || month < 1 || day < 1) {
    return false;
  }
  return std::chrono::year_month_day(std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

}  // namespace

struct Validator::State {
  Json body = Json::object();
  Json problems = Json::array();
};

Validator::Validator(const HttpRequest& request, Body body)
    : request_(request), state_(std::make_unique<State>()) {
  if (body == Body::kNone) return;
  state_->body = Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (state_->body.is_object()) return;
  state_->problems.push_back(
      {{"type", state_->body.is_discarded() ? "json_invalid" : "model_attributes_type"},
       {"loc", {"body"}},
       {"msg",
        state_->body.is_discarded() ? "JSON decode error" : "Input should be a valid dictionary"}});
  state_->body = Json::object();
}

Validator::~Validator() = default;

void Validator::Add(std::string_view type, std::string_view where, std::string_view field,
                    std::string_view message) {
  Json problem = {{"type", type}, {"loc", {where, field}}, {"msg", message}};
  if (where == "body" && state_->body.contains(std::string(field))) {
    problem["input"] = state_->body[std::string(field)];
  }
  state_->problems.push_back(std::move(problem));
}

bool Validator::ok() const { return state_->problems.empty(); }

HttpResponse Validator::Response() const {
  HttpResponse response;
  response.status = 422;
  response.body =
      Json{{"detail", state_->problems}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

bool Validator::Sent(std::string_view field) const {
  return state_->body.contains(std::string(field));
}

std::optional<std::string> Validator::Find(const char* field, bool required) {
  auto it = state_->body.find(field);
  if (it == state_->body.end() || (it->is_null() && !required)) {
    // One problem for a body that is no object is enough.
    if (required && (state_->problems.empty() || state_->problems[0]["loc"].size() > 1)) {
      Add("missing", "body", field, "Field required");
    }
    return std::nullopt;
  }
  if (!it->is_string()) {
    Add("string_type", "body", field, "Input should be a valid string");
    return std::nullopt;
  }
  return it->get<std::string>();
}

bool Validator::CheckText(const char* field, const std::string& text, size_t least, size_t most) {
  const size_t length = Length(text);
  if (!value_rules_ || (length >= least && length <= most)) return true;
  const bool is_short = length < least;
  const size_t limit = is_short ? least : most;
  Add(is_short ? "string_too_short" : "string_too_long", "body", field,
      absl::StrCat("String should have at ", is_short ? "least " : "most ", limit, " character",
                   limit == 1 ? "" : "s"));
  return false;
}

bool Validator::CheckOneOf(const char* where, const char* field, const std::string& text,
                           const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (text == value) return true;
  }
  Add("enum", where, field, absl::StrCat("Input should be '", absl::StrJoin(values, "', '"), "'"));
  return false;
}

bool Validator::CheckDate(const char* field, const std::string& text) {
  if (IsDate(text)) return true;
  Add("date_from_datetime_parsing", "body", field,
      "Input should be a valid date in the form YYYY-MM-DD");
  return false;
}

bool Validator::CheckUuid(const char* where, const char* field, const std::string& text) {
  if (IsUuid(text)) return true;
  Add("uuid_parsing", where, field, "Input should be a valid UUID");
  return false;
}

std::optional<std::string> Validator::OptionalText(const char* field, size_t least, size_t most) {
  auto text = Find(field, /*required=*/false);
  return text.has_value() && CheckText(field, *text, least, most) ? text : std::nullopt;
}

std::optional<std::string> Validator::OptionalOneOf(const char* field,
                                                    const std::vector<std::string>& values) {
  auto text = Find(field, /*required=*/false);
  return text.has_value() && CheckOneOf("body", field, *text, values) ? text : std::nullopt;
}

std::optional<std::string> Validator::OptionalDate(const char* field) {
  auto text = Find(field, /*required=*/false);
  return text.has_value() && CheckDate(field, *text) ? text : std::nullopt;
}

std::optional<std::string> Validator::OptionalUuid(const char* field) {
  auto text = Find(field, /*required=*/false);
  return text.has_value() && CheckUuid("body", field, *text) ? text : std::nullopt;
}

std::string Validator::Text(const char* field, size_t least, size_t most) {
  auto text = Find(field, /*required=*/true);
  return text.has_value() && CheckText(field, *text, least, most) ? *text : "";
}

std::string Validator::OneOf(const char* field, const std::vector<std::string>& values) {
  auto text = Find(field, /*required=*/true);
  return text.has_value() && CheckOneOf("body", field, *text, values) ? *text : "";
}

std::string Validator::Date(const char* field) {
  auto text = Find(field, /*required=*/true);
  return text.has_value() && CheckDate(field, *text) ? *text : "";
}

std::string Validator::Uuid(const char* field) {
  auto text = Find(field, /*required=*/true);
  return text.has_value() && CheckUuid("body", field, *text) ? *text : "";
}

std::string Validator::Email(const char* field) {
  auto text = Find(field, /*required=*/true);
  if (!text.has_value()) return "";
  const size_t at = text->find('@');
  const bool good = at != std::string::npos && at > 0 &&
                    text->find('@', at + 1) == std::string::npos &&
                    text->find('.', at + 2) != std::string::npos && text->back() != '.' &&
                    text->find_first_of(" \t\r\n") == std::string::npos && text->size() <= 254;
  if (good) return absl::AsciiStrToLower(*text);
  Add("value_error", "body", field, "value is not a valid email address");
  return "";
}

int64_t Validator::QueryInt(const char* name, int64_t otherwise, int64_t least, int64_t most) {
  auto it = request_.query.find(name);
  if (it == request_.query.end()) return otherwise;
  int64_t value = 0;
  if (!absl::SimpleAtoi(it->second, &value)) {
    Add("int_parsing", "query", name, "Input should be a valid integer");
  } else if (value < least) {
    Add("greater_than_equal", "query", name,
        absl::StrCat("Input should be greater than or equal to ", least));
  } else if (value > most) {
    Add("less_than_equal", "query", name,
        absl::StrCat("Input should be less than or equal to ", most));
  } else {
    return value;
  }
  return otherwise;
}

std::optional<std::string> Validator::QueryOneOf(const char* name,
                                                 const std::vector<std::string>& values,
                                                 bool required) {
  auto it = request_.query.find(name);
  if (it == request_.query.end()) {
    if (required) Add("missing", "query", name, "Field required");
    return std::nullopt;
  }
  if (!CheckOneOf("query", name, it->second, values)) return std::nullopt;
  return it->second;
}

std::string Validator::PathUuid(const char* name) {
  auto it = request_.names.find(name);
  const std::string text = it == request_.names.end() ? "" : it->second;
  return CheckUuid("path", name, text) ? absl::AsciiStrToLower(text) : "";
}

}  // namespace smokemesh::platform
