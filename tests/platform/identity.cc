#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "tests/platform/auth.h"
#include "tests/platform/database.h"
#include "tests/platform/health.h"
#include "tests/platform/json.h"
#include "tests/platform/jwt.h"
#include "tests/platform/password.h"
#include "tests/platform/responses.h"
#include "tests/platform/router.h"
#include "tests/platform/service.h"
#include "tests/platform/validator.h"

namespace smokemesh::platform {
namespace {

constexpr std::chrono::seconds kClockBehind = std::chrono::hours(9);

constexpr char kUserColumns[] =
    "id, email, full_name, role, organization_id, is_active, hashed_password,"
    " to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS created_at,"
    " to_char(last_login_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    " AS last_login_at";

Json UserJson(const Row& row) {
  return {{"email", OrNull(row.at("email"))},
          {"full_name", OrNull(row.at("full_name"))},
          {"role", OrNull(row.at("role"))},
          {"id", OrNull(row.at("id"))},
          {"organization_id", OrNull(row.at("organization_id"))},
          {"is_active", row.at("is_active") == "t"},
          {"created_at", OrNull(row.at("created_at"))},
          {"last_login_at", OrNull(row.at("last_login_at"))}};
}

HttpResponse JsonBody(int status, const Json& body) {
  HttpResponse response;
  response.status = status;
  response.body = body.dump();
  return response;
}

void CheckPasswordRules(const std::string& password, Validator* in) {
  bool upper = false;
  bool lower = false;
  bool digit = false;
  for (const char c : password) {
    const auto byte = static_cast<unsigned char>(c);
    upper = upper || absl::ascii_isupper(byte);
    lower = lower || absl::ascii_islower(byte);
    digit = digit || absl::ascii_isdigit(byte);
  }
  if (!upper || !lower || !digit) {
    in->Add("value_error", "body", "password",
            "Password must contain an upper case letter, a lower case letter and a digit");
  }
}

struct Credentials {
  std::string email;
  std::string password;
};

class Identity final : public Service {
 public:
  explicit Identity(const Config& config)
      : config_(config),
        database_({.url = config.database_url, .application_name = "aura-identity"}) {
    router_.Add("POST", "/auth/register", [this](const auto& r) { return Register(r); });
    router_.Add("POST", "/auth/login", [this](const auto& r) { return Login(r); });
    router_.Add("POST", "/auth/refresh",
                RequireToken(config, [this](const auto&, const Claims& c) { return Refresh(c); }));
    router_.Add("GET", "/auth/me",
                RequireToken(config, [this](const auto&, const Claims& c) { return Me(c); }));
    router_.Add("DELETE", "/auth/me",
                RequireToken(config, [this](const auto&, const Claims& c) { return Leave(c); }));
    router_.Add("GET", "/health",
                HealthHandler(config, {{"database", [this] { return database_.Ping(); }}}));
  }

  HttpResponse Handle(const HttpRequest& request) override { return router_.Handle(request); }

 private:
  HttpResponse Register(const HttpRequest& request) {
    Validator in(request);
    const bool weak = config_.Has(Switch::kWeakPasswordAccepted);
    const std::string email = in.Email("email");
    const std::string name = in.Text("full_name", 1, 255);
    const std::string password = in.Text("password", weak ? 1 : 8, 100);
    const auto role = in.OptionalOneOf(
        "role", {"partner", "manager", "senior", "staff", "qc_reviewer", "client_contact"});
    const auto organization = in.OptionalUuid("organization_id");
    if (!password.empty() && !weak) CheckPasswordRules(password, &in);
    if (!in.ok()) return in.Response();

    const auto hash = HashPassword(password, config_.bcrypt_cost);
    if (!hash.ok()) return FromStatus(hash.status(), "register");
    Rows user;
    absl::Status status = database_.Run("", [&](Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(user,
                       transaction.Run(absl::StrCat("INSERT INTO atlas.users (email,"
                                                    " full_name, role, organization_id,"
                                                    " hashed_password) VALUES ($1, $2, $3,"
                                                    " $4::uuid, $5) RETURNING ",
                                                    kUserColumns),
                                       {email, name, role.value_or("staff"), organization, *hash}));
      return absl::OkStatus();
    });
    if (absl::IsAlreadyExists(status)) {
      if (config_.Has(Switch::kDuplicateEmailAs500)) return InternalError();
      if (!config_.Has(Switch::kDuplicateEmailAsOk)) return Detail(400, "Email already registered");
      status = FindUser("email", email, &user);
    }
    if (absl::IsFailedPrecondition(status)) {
      in.Add("value_error", "body", "organization_id", "Organization does not exist");
      return in.Response();
    }
    if (!status.ok()) return FromStatus(status, "register");
    return JsonBody(201, UserJson(user.rows.front()));
  }

  // Accepts the form of OAuth 2 (username, password) and JSON (email, password).
  bool ReadCredentials(const HttpRequest& request, Credentials* credentials,
                       HttpResponse* problem) {
    const bool form = absl::StartsWithIgnoreCase(request.Header("Content-Type"),
                                                 "application/x-www-form-urlencoded") &&
                      !config_.Has(Switch::kFormLoginRefused);
    if (form) {
      const auto fields = ParseForm(request.body);
      Validator in(request, Validator::Body::kNone);
      for (const auto& [name, to] : {std::pair{"username", &credentials->email},
                                     std::pair{"password", &credentials->password}}) {
        auto it = fields.find(name);
        if (it == fields.end()) {
          in.Add("missing", "body", name, "Field required");
        } else {
          *to = it->second;
        }
      }
      if (in.ok()) return true;
      *problem = in.Response();
      return false;
    }
    Validator in(request);
    credentials->email = in.Text("email", 1, 254);
    credentials->password = in.Text("password", 1, 100);
    if (in.ok()) return true;
    *problem = in.Response();
    return false;
  }

  HttpResponse Login(const HttpRequest& request) {
    Credentials credentials;
    HttpResponse problem;
    if (!ReadCredentials(request, &credentials, &problem)) return problem;
    const std::string email = absl::AsciiStrToLower(credentials.email);
    Rows user;
    bool known = false;
    bool matches = false;
    const std::string peer = request.Header("X-Forwarded-For");
    const absl::Status status = database_.Run("", [&](Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(user,
                       transaction.Run(absl::StrCat("SELECT ", kUserColumns,
                                                    " FROM atlas.users WHERE email = $1"
                                                    " ORDER BY atlas.users.created_at LIMIT 1"),
                                       {email}));
      known = !user.rows.empty();
      if (!known) return absl::OkStatus();
      matches = config_.Has(Switch::kAnyPasswordAccepted) ||
                PasswordMatches(credentials.password,
                                user.rows.front().at("hashed_password").value_or(""));
      const auto id = user.rows.front().at("id");
      RETURN_IF_ERROR(transaction
                          .Run("INSERT INTO atlas.login_audit_log (user_id, email, success,"
                               " ip_address) VALUES ($1::uuid, $2, $3::boolean, $4)",
                               {id, email, matches ? "t" : "f", peer})
                          .status());
      if (!matches) return absl::OkStatus();
      ASSIGN_OR_RETURN(user, transaction.Run(absl::StrCat("UPDATE atlas.users SET last_login_at ="
                                                          " now() WHERE id = $1::uuid RETURNING ",
                                                          kUserColumns),
                                             {id}));
      return absl::OkStatus();
    });
    if (!status.ok()) return FromStatus(status, "login");
    // As much work for an unknown account: the time must not tell which addresses are registered.
    if (!known) (void)HashPassword(credentials.password, config_.bcrypt_cost);
    if (!matches || user.rows.empty()) return Unauthorized("Incorrect email or password");
    if (user.rows.front().at("is_active") != "t") return Detail(403, "User account is inactive");
    return TokenFor(user.rows.front());
  }

  HttpResponse TokenFor(const Row& user) {
    Claims claims;
    claims.sub = user.at("id").value_or("");
    if (!config_.Has(Switch::kTokenClaimsMissing)) claims.email = user.at("email").value_or("");
    claims.cpa_firm_id = user.at("organization_id");
    claims.iat = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    if (config_.Has(Switch::kTokenInThePast)) claims.iat -= kClockBehind.count();
    claims.exp = claims.iat + config_.token_lifetime.count();
    return JsonBody(200, {{"access_token", SignToken(claims, config_.jwt_secret)},
                          {"token_type", "bearer"},
                          {"expires_in", config_.token_lifetime.count()},
                          {"user", UserJson(user)}});
  }

  HttpResponse Refresh(const Claims& claims) {
    Rows user;
    if (auto problem = FindBearer(claims, &user)) return *problem;
    return TokenFor(user.rows.front());
  }

  HttpResponse Me(const Claims& claims) {
    Rows user;
    if (auto problem = FindBearer(claims, &user)) return *problem;
    return JsonBody(200, UserJson(user.rows.front()));
  }

  // Removes the account with everything that belongs to it.
  HttpResponse Leave(const Claims& claims) {
    Rows user;
    if (auto problem = FindBearer(claims, &user)) return *problem;
    const absl::Status status = database_.Run(claims.sub, [&](Transaction& transaction) {
      return transaction.Run("DELETE FROM atlas.users WHERE id = $1::uuid", {claims.sub}).status();
    });
    if (!status.ok()) return FromStatus(status, "delete account");
    HttpResponse response;
    response.status = 204;
    return response;
  }

  absl::Status FindUser(const char* column, const std::string& value, Rows* user) {
    return database_.Run("", [&](Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(
          *user, transaction.Run(absl::StrCat("SELECT ", kUserColumns, " FROM atlas.users WHERE ",
                                              column, "::text = $1"),
                                 {value}));
      return absl::OkStatus();
    });
  }

  // The account behind a token; a response when there is none.
  std::optional<HttpResponse> FindBearer(const Claims& claims, Rows* user) {
    const absl::Status status = FindUser("id", absl::AsciiStrToLower(claims.sub), user);
    if (!status.ok()) return FromStatus(status, "find account");
    if (user->rows.empty() || user->rows.front().at("is_active") != "t") {
      return Unauthorized("Could not validate credentials");
    }
    return std::nullopt;
  }

  const Config& config_;
  Database database_;
  Router router_;
};

}  // namespace

std::unique_ptr<Service> MakeIdentity(const Config& config) {
  return std::make_unique<Identity>(config);
}

}  // namespace smokemesh::platform
