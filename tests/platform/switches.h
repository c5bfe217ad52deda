#ifndef SMOKEMESH_TESTS_PLATFORM_SWITCHES_H_
#define SMOKEMESH_TESTS_PLATFORM_SWITCHES_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace smokemesh::platform {

// Ways in which one process of the platform can be broken on purpose. Each one sits at the place
// where the mistake would be made in a real deployment.
enum class Switch {
  // Any service.
  kStaleVersion,          // an old build answers: version 0.9.3
  kSlow,                  // 300 ms more for each request but /health
  kErrorsAsHtml,          // error pages of some proxy instead of JSON
  kVersionMissing,        // no version in /health and in the headers
  kHealthUnhealthy,       // /health says 503
  kSignatureNotVerified,  // tokens are decoded, not verified
  kExpiryNotVerified,     // expired tokens are good for ever
  kSessionContext,        // row-level security context set for the session, once per connection
  // Gateway.
  kRateLimitOff,
  kRateLimitSharedKey,  // the key is cut to 50 characters: one bucket for all
  kRateLimitNoHeaders,  // 429 without Retry-After
  kCorsAnyOrigin,
  kCorsNoCredentials,
  kPrefixNotStripped,
  kAuthorizationDropped,  // the gateway does not pass the Authorization header on
  // Identity.
  kAnyPasswordAccepted,
  kDuplicateEmailAsOk,  // registering twice answers 201 with the first account
  kWeakPasswordAccepted,
  kTokenLifetimeLong,        // a token lives 30 days
  kTokenClaimsMissing,       // no email, no type in the token
  kUnauthorizedAsForbidden,  // 403 where 401 is promised
  kChallengeMissing,         // 401 without WWW-Authenticate
  kFormLoginRefused,
  // Engagement.
  kNotFoundAs200,
  kValidationAs500,
  kFieldRulesLost,  // required fields are checked, their values are not
  kAuthMissingOnList,
  kAuthMissingOnGet,
  kCommitNotDone,    // creating answers 201, the transaction is rolled back
  kUpdateNotStored,  // PATCH answers with the new values, the transaction is rolled back
  kTransitionNotStored,
  kForbiddenTransitionAllowed,
  kTeamNotStored,
  kTenantsMixed,  // a response cache that forgets who asked
  kListEmpty,
  kListUnbounded,  // skip and limit are ignored
  kEventsNotPublished,
  kEventsNotPersisted,
  kEventTtlMissing,
  kEventTtlShort,
  kEventStoredDiffers,  // the stored text is not what was delivered
  kEventChannelWrong,
  // Worker.
  kRetriesNever,
  kBackoffMissing,  // retries follow at once
  kDeadLettersNever,
  kDeadLetterWithoutEvent,  // the entry has no envelope
  kEventsIgnored,           // subscribed, but nothing is handled
};

// The name of a switch as `--fault` takes it.
std::string_view SwitchName(Switch which);

// All names, sorted.
std::vector<std::string> SwitchNames();

using Switches = std::set<Switch>;

// INVALID_ARGUMENT for an unknown name, with a suggestion.
absl::StatusOr<Switches> ParseSwitches(const std::vector<std::string>& names);

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_SWITCHES_H_
