#ifndef SMOKEMESH_COORDINATOR_PLAN_LITERAL_SECRETS_H_
#define SMOKEMESH_COORDINATOR_PLAN_LITERAL_SECRETS_H_

#include <optional>
#include <string>
#include <string_view>

namespace smokemesh::coordinator {

// A plan is stored, sent and shown; a secret must not be in it. Text that has a `${NAME}` or a
// `{{name}}` in the place of the secret is no literal.

// Whether a URL has a literal password, or a libpq key/value string has. Also finds them in the
// default of `${NAME:-default}`.
bool HasLiteralPassword(std::string_view text);

// Whether `value` of the header `name` is a literal credential.
bool IsLiteralCredentialHeader(std::string_view name, std::string_view value);

// Whether a form field, a query parameter or a JSON member of this name holds a secret: `password`,
// `token`, `api_key` and their like.
bool IsSecretName(std::string_view name);

// Whether `text` is a literal: not empty, and without `${` and `{{`.
bool IsLiteral(std::string_view text);

// The first member of the JSON text `json`, on any level, that has a secret's name and a literal
// value.
std::optional<std::string> LiteralSecretInJson(std::string_view json);

// Whether `json` is JSON text, at most 32 levels deep.
bool IsJson(std::string_view json);

// Whether `json` is the text of a JSON object, at most 32 levels deep.
bool IsJsonObject(std::string_view json);

// Whether `json` is the text of a JSON object with the member `name` on its first level.
bool HasJsonMember(std::string_view json, const std::string& name);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_PLAN_LITERAL_SECRETS_H_
