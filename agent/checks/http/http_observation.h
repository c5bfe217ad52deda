#ifndef SMOKEMESH_AGENT_CHECKS_HTTP_HTTP_OBSERVATION_H_
#define SMOKEMESH_AGENT_CHECKS_HTTP_HTTP_OBSERVATION_H_

#include <string>
#include <string_view>

#include "agent/checks/http/http_client.h"
#include "shared/expectation/expectation.h"

namespace smokemesh::agent {

// An HTTP answer, for expectations and captures.
class HttpObservation final : public shared::Observation {
 public:
  explicit HttpObservation(HttpAnswer answer) : answer_(std::move(answer)) {}

  absl::StatusOr<shared::Value> Get(std::string_view query,
                                    std::string_view argument) const override;
  std::string Summary() const override;
  Implied UnlessAsked() const override;

 private:
  shared::Value Header(std::string_view name) const;
  absl::StatusOr<shared::Value> Certificate(std::string_view part) const;
  // Of the JSON Web Token (RFC 7519) in `access_token` of the body (RFC 6749, 5.1). Its signature
  // is not looked at.
  shared::Value Claim(std::string_view name) const;
  std::string StatusLine() const;

  const HttpAnswer answer_;
};

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_HTTP_HTTP_OBSERVATION_H_
