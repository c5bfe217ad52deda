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
  kStaleVersion,           // an old build answers: version 0.9.3
  kSlow,                   // 300 ms more for each request but /health
  kErrorsAsHtml,           // error pages of some proxy instead of JSON
  kVersionMissing,         // no version in /health and in the headers
  kHealthUnhealthy,        // /health says 503
  kSignatureNotVerified,   // tokens are decoded, not verified
  kExpiryNotVerified,      // expired tokens are good for ever
  kSessionContext,         // row-level security context set for the session, once per connection
  kMethodNotAllowedAs200,  // 405 is answered with status 200
  kJsonAsText,             // JSON is announced as text/plain
  kStackTraces,            // errors tell where in the code they came from
  kStaleReplica,           // every second answer comes from an old build
  kEveryTenthFails,        // 502 for every tenth request of a client but /health
  kSlowUnderLoad,          // 150 ms more for each other request that is being answered
  kHealthStatic,           // /health says that all is well without looking
  kUnsignedTokenAccepted,  // alg: none is good enough
  kInvalidTokenAs500,      // a token that cannot be read is an internal error
  // Gateway.
  kRateLimitOff,
  kRateLimitSharedKey,  // the key is cut to 50 characters: one bucket for all
  kRateLimitNoHeaders,  // 429 without Retry-After
  kCorsAnyOrigin,
  kCorsNoCredentials,
  kPrefixNotStripped,
  kAuthorizationDropped,  // the gateway does not pass the Authorization header on
  kHealthRateLimited,     // /health counts, too
  kWindowNeverSlides,     // who reached the limit is locked out for ever
  kCorsPreflightOnly,     // no CORS headers on the answers themselves
  kQueryDropped,          // the query does not reach the services
  kAnswerHeadersDropped,  // the services' headers do not come back
  kCorrelationDropped,    // each hop gets an id of its own
  kAnswersCached,         // what GET answered is kept for half a minute
  kPageForUnknownPath,    // the frontend's page instead of 404
  // Identity.
  kAnyPasswordAccepted,
  kDuplicateEmailAsOk,  // registering twice answers 201 with the first account
  kWeakPasswordAccepted,
  kTokenLifetimeLong,        // a token lives 30 days
  kTokenClaimsMissing,       // no email, no type in the token
  kUnauthorizedAsForbidden,  // 403 where 401 is promised
  kChallengeMissing,         // 401 without WWW-Authenticate
  kFormLoginRefused,
  kDuplicateEmailAs500,
  kTokenInThePast,  // the clock is 9 hours behind: tokens have expired when they are issued
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
  kNotFoundAs500,
  kValidationWithoutPlace,  // 422 does not say which field
  kAuthMissingOnTeam,
  kAuthMissingOnUpdate,
  kReplicaLags,          // reading shows what was there a second ago
  kSkipIgnored,          // every page is the first one
  kDuplicateMemberAsOk,  // adding a member twice answers 200
  kEventTwice,           // events are published twice
  kEventKeyWrong,        // stored under event: instead of events:
  kEventFieldsMissing,   // events do not tell which engagement
  kCorrelationIgnored,   // events do not carry the correlation id
  // Worker.
  kRetriesNever,
  kBackoffMissing,  // retries follow at once
  kDeadLettersNever,
  kDeadLetterWithoutEvent,  // the entry has no envelope
  kEventsIgnored,           // subscribed, but nothing is handled
  kRetriesFew,              // one retry instead of three
  kRetryCountStuck,         // every retry is the first one, for ever
  kBackoffConstant,         // every retry waits as long as the first
  kDeadLetterTwice,
  kDeadLetterKeyWrong,  // dead: instead of dlq:
  kDeadLetterNoExpiry,
  kDeadLetterWithoutError,  // the entry does not say why
  kDeafAfterCut,            // not subscribed again after the connection broke
  kLags,                    // handles each event 3 s after it came
  kQueueSmall,              // more than three events that wait are dropped
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
