#include "agent/checks/event_bus/python_json.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDeepest = 200;

// As Python's repr(): the shortest digits that read as the same number, with an exponent below 1e-4
// and from 1e16 on.
std::string Real(double value) {
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
  std::array<char, 64> buffer = {};
  const auto scientific = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                        std::chars_format::scientific);
  std::string text(buffer.data(), scientific.ptr);
  const int exponent = std::atoi(text.c_str() + text.find('e') + 1);
  if (exponent < -4 || exponent >= 16) return text;
  const auto fixed =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  text.assign(buffer.data(), fixed.ptr);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

absl::Status Append(const Json& value, int depth, std::string* out) {
  if (depth > kDeepest) {
    return absl::InvalidArgumentError(
        absl::StrCat("the event has more than ", kDeepest, " levels"));
  }
  switch (value.type()) {
    case Json::value_t::object: {
      *out += '{';
      bool first = true;
      for (const auto& [name, member] : value.items()) {
        if (!std::exchange(first, false)) *out += ", ";
        RETURN_IF_ERROR(Append(Json(name), depth, out));
        *out += ": ";
        RETURN_IF_ERROR(Append(member, depth + 1, out));
      }
      *out += '}';
      return absl::OkStatus();
    }
    case Json::value_t::array: {
      *out += '[';
      bool first = true;
      for (const Json& element : value) {
        if (!std::exchange(first, false)) *out += ", ";
        RETURN_IF_ERROR(Append(element, depth + 1, out));
      }
      *out += ']';
      return absl::OkStatus();
    }
    case Json::value_t::number_float:
      *out += Real(value.get<double>());
      return absl::OkStatus();
    default:
      break;
  }
  try {
    *out += value.dump(-1, ' ', /*ensure_ascii=*/true);
  } catch (const Json::exception&) {
    return absl::InvalidArgumentError("a text of the event is not UTF-8");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> PythonDumps(const Json& value) {
  std::string text;
  RETURN_IF_ERROR(Append(value, 1, &text));
  return text;
}

absl::StatusOr<Json> ReadJsonObject(std::string_view text, std::string_view what) {
  if (text.empty()) return Json::object();
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat("`", std::string(what), "` is no JSON object"));
  }
  return value;
}

std::string PythonUtcTime(shared::WallTime time) {
  const auto since_epoch = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const auto fraction = (since_epoch - seconds).count();
  const auto clock = static_cast<std::time_t>(seconds.count());
  std::tm parts = {};
  gmtime_r(&clock, &parts);
  std::array<char, 64> buffer = {};
  std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string text = buffer.data();
  if (fraction != 0) {
    std::snprintf(buffer.data(), buffer.size(), ".%06lld", static_cast<long long>(fraction));
    text += buffer.data();
  }
  return text;
}

}  // namespace smokemesh::agent
