#include "coordinator/report/html_page.h"

#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "coordinator/report/html_assets.h"
#include "coordinator/report/markup.h"
#include "shared/uuid.h"

namespace smokemesh::coordinator {
namespace {

// The value that names a script in a content security policy.
std::string ScriptHash(std::string_view script) {
  return absl::StrCat("sha256-", absl::Base64Escape(shared::Sha256(script)));
}

}  // namespace

std::string HtmlPage(const std::string& title, const std::string& body) {
  return absl::StrCat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; script-src '",
      ScriptHash(kHtmlScript),
      "'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
      EscapeMarkup(title), "</title>\n<style>", kHtmlStyle, "</style>\n</head>\n<body>\n", body,
      "<script>", kHtmlScript, "</script>\n</body>\n</html>\n");
}

}  // namespace smokemesh::coordinator
