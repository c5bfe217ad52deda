#include "shared/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr size_t kLongestLine = 4096;

spdlog::logger& Logger() {
  static spdlog::logger& logger = *[] {
    auto* made = new spdlog::logger("smokemesh", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-5l %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::warn);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return logger;
}

void Log(spdlog::level::level_enum level, std::string_view text) {
  spdlog::logger& logger = Logger();
  if (!logger.should_log(level)) return;
  logger.log(level, "{}", Shorten(EscapeControl(LogRedactor().Redact(text)), kLongestLine));
}

}  // namespace

absl::Status SetLogLevel(std::string_view level) {
  for (const auto& [name, value] :
       {std::pair<std::string_view, spdlog::level::level_enum>{"debug", spdlog::level::debug},
        {"info", spdlog::level::info},
        {"warn", spdlog::level::warn},
        {"error", spdlog::level::err},
        {"off", spdlog::level::off}}) {
    if (name == level) {
      Logger().set_level(value);
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown log level \"", std::string(level),
                                                 "\": use debug, info, warn, error or off"));
}

Redactor& LogRedactor() {
  static auto& redactor = *new Redactor;
  return redactor;
}

void LogDebug(std::string_view text) { Log(spdlog::level::debug, text); }
void LogInfo(std::string_view text) { Log(spdlog::level::info, text); }
void LogWarn(std::string_view text) { Log(spdlog::level::warn, text); }
void LogError(std::string_view text) { Log(spdlog::level::err, text); }

}  // namespace smokemesh::shared
