#include "tests/integration/platform/api_client.h"

#include <chrono>

#include "shared/uuid.h"
#include "tests/platform/http_client.h"

namespace smokemesh::testing {

using nlohmann::json;

Answer ApiClient::Call(const std::string& method, const std::string& target,
                       const std::string& token, const json& body,
                       platform::HttpHeaders headers) const {
  platform::HttpRequest request;
  request.method = method;
  request.target = target;
  request.headers = std::move(headers);
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  if (body.is_string()) {
    request.body = body.get<std::string>();
  } else if (!body.is_null()) {
    request.body = body.dump();
    request.headers.emplace_back("Content-Type", "application/json");
  }
  auto response = platform::SendHttp(base_url_, request, std::chrono::seconds(10));
  Answer answer;
  if (!response.ok()) {
    answer.text = std::string(response.status().message());
    return answer;
  }
  answer.status = response->status;
  answer.text = response->body;
  answer.json = json::parse(response->body, nullptr, /*allow_exceptions=*/false);
  answer.headers = response->headers;
  return answer;
}

Answer ApiClient::Register(const std::string& email) const {
  return Post("/api/identity/auth/register", "",
              {{"email", email}, {"full_name", "Smoke Tester"}, {"password", kPassword}});
}

Answer ApiClient::Login(const std::string& email, const std::string& password) const {
  return Post("/api/identity/auth/login", "", {{"email", email}, {"password", password}});
}

User ApiClient::NewUser() const {
  User user;
  user.email = "smoke-" + shared::RandomUuid() + "@example.com";
  const Answer registered = Register(user.email);
  if (registered.status == 201) user.id = registered.json["id"].get<std::string>();
  const Answer login = Login(user.email, kPassword);
  if (login.status == 200) user.token = login.json["access_token"].get<std::string>();
  return user;
}

json ApiClient::EngagementBody() {
  return {{"name", "FY 2024"},
          {"engagement_type", "audit"},
          {"fiscal_year_end", "2024-12-31"},
          {"client_name", "ACME"}};
}

std::string ApiClient::NewEngagement(const User& user) const {
  const Answer answer = Post("/api/engagement/engagements", user.token, EngagementBody());
  return answer.status == 201 ? answer.json["id"].get<std::string>() : "";
}

}  // namespace smokemesh::testing
