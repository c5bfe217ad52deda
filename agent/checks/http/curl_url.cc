#include "agent/checks/http/curl_url.h"

#include "shared/redactor.h"
#include "shared/status_macros.h"

namespace smokemesh::agent {

absl::StatusOr<Url> ParseUrl(const std::string& text) {
  Url url(curl_url());
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) {
    return absl::InvalidArgumentError(absl::StrCat("\"", shared::WithoutCredentials(text),
                                                   "\" is not a URL: ", curl_url_strerror(code)));
  }
  return url;
}

std::string Part(CURLU* url, CURLUPart part, unsigned int flags) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

absl::StatusOr<Place> PlaceOf(const std::string& text) {
  ASSIGN_OR_RETURN(const Url url, ParseUrl(text));
  Place place{Part(url.get(), CURLUPART_SCHEME), Part(url.get(), CURLUPART_HOST),
              Part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
  if (place.scheme != "http" && place.scheme != "https") {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", place.scheme, "\" is not a scheme of HTTP: use http or https"));
  }
  return place;
}

}  // namespace smokemesh::agent
