#include "coordinator/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "coordinator/report/markup.h"

namespace smokemesh::coordinator {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool LocaleIsUnicode() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = Variable(name);
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return true;  // build servers rarely set one, and read UTF-8
}

}  // namespace

Terminal DescribeTerminal(int descriptor, bool no_color) {
  Terminal terminal;
  terminal.descriptor = descriptor;
  const std::string type = Variable("TERM");
  terminal.interactive = isatty(descriptor) == 1 && !type.empty() && type != "dumb";
  terminal.color = terminal.interactive && !no_color;
  terminal.unicode = LocaleIsUnicode();
  return terminal;
}

ScreenSize SizeOf(const Terminal& terminal) {
  winsize size{};
  if (!terminal.interactive || ioctl(terminal.descriptor, TIOCGWINSZ, &size) != 0) return {};
  ScreenSize screen;
  if (size.ws_col > 0) screen.columns = std::max<int>(20, size.ws_col);
  if (size.ws_row > 0) screen.rows = std::max<int>(2, size.ws_row);
  return screen;
}

int WidthOf(const Terminal& terminal) { return std::clamp(SizeOf(terminal).columns, 40, 160); }

TextOptions TextOptionsFor(const Terminal& terminal) {
  TextOptions options;
  options.color = terminal.color;
  options.unicode = terminal.unicode;
  options.width = WidthOf(terminal);
  return options;
}

void Write(const Terminal& terminal, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(terminal.descriptor, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return;
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
}

void Complain(std::string_view text) {
  Terminal terminal;
  terminal.descriptor = STDERR_FILENO;
  Write(terminal, "smokemesh: " + SafeLines(text) + "\n");
}

}  // namespace smokemesh::coordinator
