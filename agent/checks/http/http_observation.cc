#include "agent/checks/http/http_observation.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/text.h"

namespace smokemesh::agent {

absl::StatusOr<shared::Value> HttpObservation::Get(std::string_view query,
                                                   std::string_view argument) const {
  if (query == "status") return int64_t{answer_.status};
  if (query == "header") return Header(argument);
  if (query == "body") return shared::Text{answer_.body};
  if (query == "json") return shared::JsonPointer(answer_.body, argument);
  if (query == "bytes") return static_cast<int64_t>(answer_.body.size());
  if (query == "url") return shared::Text{answer_.url};
  if (query == "duration") return answer_.duration;
  if (query == "certificate") return Certificate(argument);
  if (query == "claim") return Claim(argument);
  return absl::InvalidArgumentError(
      absl::StrCat("an HTTP answer has no \"", std::string(query), "\""));
}

// Several headers of one name are one value (RFC 9110, 5.2).
shared::Value HttpObservation::Header(std::string_view name) const {
  std::optional<std::string> joined;
  for (const auto& [key, value] : answer_.headers) {
    if (!absl::EqualsIgnoreCase(key, std::string(name))) continue;
    joined = joined.has_value() ? absl::StrCat(*joined, ", ", value) : value;
  }
  if (!joined.has_value()) return shared::Absent{};
  return shared::Text{*std::move(joined)};
}

absl::StatusOr<shared::Value> HttpObservation::Certificate(std::string_view part) const {
  static const auto& parts =
      *new std::vector<std::string>{"issuer", "subject", "names", "days_left"};
  const std::string name(part);
  if (std::find(parts.begin(), parts.end(), name) == parts.end()) {
    return absl::InvalidArgumentError(absl::StrCat("a certificate has no part \"", name,
                                                   "\": use issuer, subject, names or days_left",
                                                   shared::DidYouMean(name, parts)));
  }
  if (!answer_.certificate.has_value()) {
    if (!absl::StartsWithIgnoreCase(answer_.url, "https:")) return shared::Absent{};
    return absl::UnimplementedError(
        "this libcurl does not tell certificates: smokemesh needs one that is built with OpenSSL");
  }
  const HttpCertificate& certificate = *answer_.certificate;
  if (name == "issuer") return shared::Text{certificate.issuer};
  if (name == "subject") return shared::Text{certificate.subject};
  if (name == "names") return shared::Text{absl::StrJoin(certificate.names, ", ")};
  return certificate.days_left;
}

shared::Value HttpObservation::Claim(std::string_view name) const {
  const shared::Value token = shared::JsonPointer(answer_.body, "/access_token");
  const absl::StatusOr<std::string> text = shared::ToText(token);
  if (!text.ok()) return shared::Absent{};
  const std::vector<std::string> parts = absl::StrSplit(*text, '.');
  std::string claims;
  if (parts.size() != 3 || !absl::WebSafeBase64Unescape(parts[1], &claims)) return shared::Absent{};
  if (name != "lifetime") {
    return shared::JsonPointer(claims, absl::StrCat("/", std::string(name)));
  }
  const auto seconds = [&claims](std::string_view claim) -> std::optional<int64_t> {
    const absl::StatusOr<std::string> value = shared::ToText(shared::JsonPointer(claims, claim));
    int64_t number = 0;
    if (!value.ok() || !absl::SimpleAtoi(*value, &number) || number < 0) return std::nullopt;
    return number;
  };
  const std::optional<int64_t> issued = seconds("/iat");
  const std::optional<int64_t> expires = seconds("/exp");
  if (!issued.has_value() || !expires.has_value()) return shared::Absent{};
  return *expires - *issued;
}

std::string HttpObservation::StatusLine() const {
  return absl::StrCat(answer_.status, answer_.reason.empty() ? "" : " ", answer_.reason);
}

std::string HttpObservation::Summary() const {
  std::string summary = absl::StrCat(StatusLine(), ", ", answer_.body.size(), " bytes");
  if (!answer_.note.empty()) absl::StrAppend(&summary, ", ", answer_.note);
  // The body of an error says what was wrong. It is cut after secrets are hidden, not here.
  if (answer_.status >= 400 && !answer_.body.empty()) absl::StrAppend(&summary, ": ", answer_.body);
  return summary;
}

shared::Observation::Implied HttpObservation::UnlessAsked() const {
  Implied implied{{"status"}, std::nullopt};
  if (answer_.status >= 200 && answer_.status <= 299) return implied;
  implied.mismatch = Mismatch{"status between 200, 299", StatusLine()};
  if (!answer_.note.empty()) absl::StrAppend(&implied.mismatch->actual, " (", answer_.note, ")");
  if (!answer_.body.empty()) absl::StrAppend(&implied.mismatch->actual, ": ", answer_.body);
  return implied;
}

}  // namespace smokemesh::agent
