#ifndef SMOKEMESH_TESTS_INTEGRATION_PLATFORM_API_CLIENT_H_
#define SMOKEMESH_TESTS_INTEGRATION_PLATFORM_API_CLIENT_H_

#include <nlohmann/json.hpp>
#include <string>

#include "tests/platform/http_message.h"

namespace smokemesh::testing {

// What a service answered. `status` 0: it did not.
struct Answer {
  int status = 0;
  std::string text;
  nlohmann::json json;  // discarded when the text is not JSON
  platform::HttpHeaders headers;

  std::string Header(std::string_view name) const { return platform::FindHeader(headers, name); }
};

struct User {
  std::string id;
  std::string email;
  std::string token;
};

// Talks to the platform as a browser or a check would.
class ApiClient {
 public:
  explicit ApiClient(std::string base_url) : base_url_(std::move(base_url)) {}

  Answer Call(const std::string& method, const std::string& target, const std::string& token = "",
              const nlohmann::json& body = nullptr, platform::HttpHeaders headers = {}) const;

  Answer Get(const std::string& target, const std::string& token = "") const {
    return Call("GET", target, token);
  }
  Answer Post(const std::string& target, const std::string& token,
              const nlohmann::json& body) const {
    return Call("POST", target, token, body);
  }

  // Registers an account with a fresh address and logs it in. An empty token when that failed.
  User NewUser() const;
  Answer Register(const std::string& email) const;
  Answer Login(const std::string& email, const std::string& password) const;

  // The id of a new engagement, or an empty string.
  std::string NewEngagement(const User& user) const;

  static constexpr char kPassword[] = "Correct-Horse-7";
  // A body that creates an engagement.
  static nlohmann::json EngagementBody();

 private:
  const std::string base_url_;
};

}  // namespace smokemesh::testing

#endif  // SMOKEMESH_TESTS_INTEGRATION_PLATFORM_API_CLIENT_H_
