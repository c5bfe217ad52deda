#include "tests/platform/switches.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::platform {
namespace {

struct Named {
  Switch which;
  std::string_view name;
};

constexpr Named kSwitches[] = {
    {Switch::kStaleVersion, "stale_version"},
    {Switch::kSlow, "slow"},
    {Switch::kErrorsAsHtml, "errors_as_html"},
    {Switch::kVersionMissing, "version_missing"},
    {Switch::kHealthUnhealthy, "health_unhealthy"},
    {Switch::kSignatureNotVerified, "signature_not_verified"},
    {Switch::kExpiryNotVerified, "expiry_not_verified"},
    {Switch::kSessionContext, "session_context"},
    {Switch::kRateLimitOff, "rate_limit_off"},
    {Switch::kRateLimitSharedKey, "rate_limit_shared_key"},
    {Switch::kRateLimitNoHeaders, "rate_limit_no_headers"},
    {Switch::kCorsAnyOrigin, "cors_any_origin"},
    {Switch::kCorsNoCredentials, "cors_no_credentials"},
    {Switch::kPrefixNotStripped, "prefix_not_stripped"},
    {Switch::kAuthorizationDropped, "authorization_dropped"},
    {Switch::kAnyPasswordAccepted, "any_password_accepted"},
    {Switch::kDuplicateEmailAsOk, "duplicate_email_as_ok"},
    {Switch::kWeakPasswordAccepted, "weak_password_accepted"},
    {Switch::kTokenLifetimeLong, "token_lifetime_long"},
    {Switch::kTokenClaimsMissing, "token_claims_missing"},
    {Switch::kUnauthorizedAsForbidden, "unauthorized_as_forbidden"},
    {Switch::kChallengeMissing, "challenge_missing"},
    {Switch::kFormLoginRefused, "form_login_refused"},
    {Switch::kNotFoundAs200, "not_found_as_200"},
    {Switch::kValidationAs500, "validation_as_500"},
    {Switch::kFieldRulesLost, "field_rules_lost"},
    {Switch::kAuthMissingOnList, "auth_missing_on_list"},
    {Switch::kAuthMissingOnGet, "auth_missing_on_get"},
    {Switch::kCommitNotDone, "commit_not_done"},
    {Switch::kUpdateNotStored, "update_not_stored"},
    {Switch::kTransitionNotStored, "transition_not_stored"},
    {Switch::kForbiddenTransitionAllowed, "forbidden_transition_allowed"},
    {Switch::kTeamNotStored, "team_not_stored"},
    {Switch::kTenantsMixed, "tenants_mixed"},
    {Switch::kListEmpty, "list_empty"},
    {Switch::kListUnbounded, "list_unbounded"},
    {Switch::kEventsNotPublished, "events_not_published"},
    {Switch::kEventsNotPersisted, "events_not_persisted"},
    {Switch::kEventTtlMissing, "event_ttl_missing"},
    {Switch::kEventTtlShort, "event_ttl_short"},
    {Switch::kEventStoredDiffers, "event_stored_differs"},
    {Switch::kEventChannelWrong, "event_channel_wrong"},
    {Switch::kRetriesNever, "retries_never"},
    {Switch::kBackoffMissing, "backoff_missing"},
    {Switch::kDeadLettersNever, "dead_letters_never"},
    {Switch::kDeadLetterWithoutEvent, "dead_letter_without_event"},
    {Switch::kEventsIgnored, "events_ignored"},
    {Switch::kMethodNotAllowedAs200, "method_not_allowed_as_200"},
    {Switch::kJsonAsText, "json_as_text"},
    {Switch::kStackTraces, "stack_traces"},
    {Switch::kStaleReplica, "stale_replica"},
    {Switch::kEveryTenthFails, "every_tenth_fails"},
    {Switch::kSlowUnderLoad, "slow_under_load"},
    {Switch::kHealthStatic, "health_static"},
    {Switch::kUnsignedTokenAccepted, "unsigned_token_accepted"},
    {Switch::kInvalidTokenAs500, "invalid_token_as_500"},
    {Switch::kHealthRateLimited, "health_rate_limited"},
    {Switch::kWindowNeverSlides, "window_never_slides"},
    {Switch::kCorsPreflightOnly, "cors_preflight_only"},
    {Switch::kQueryDropped, "query_dropped"},
    {Switch::kAnswerHeadersDropped, "answer_headers_dropped"},
    {Switch::kCorrelationDropped, "correlation_dropped"},
    {Switch::kAnswersCached, "answers_cached"},
    {Switch::kPageForUnknownPath, "page_for_unknown_path"},
    {Switch::kDuplicateEmailAs500, "duplicate_email_as_500"},
    {Switch::kTokenInThePast, "token_in_the_past"},
    {Switch::kNotFoundAs500, "not_found_as_500"},
    {Switch::kValidationWithoutPlace, "validation_without_place"},
    {Switch::kAuthMissingOnTeam, "auth_missing_on_team"},
    {Switch::kAuthMissingOnUpdate, "auth_missing_on_update"},
    {Switch::kReplicaLags, "replica_lags"},
    {Switch::kSkipIgnored, "skip_ignored"},
    {Switch::kDuplicateMemberAsOk, "duplicate_member_as_ok"},
    {Switch::kEventTwice, "event_twice"},
    {Switch::kEventKeyWrong, "event_key_wrong"},
    {Switch::kEventFieldsMissing, "event_fields_missing"},
    {Switch::kCorrelationIgnored, "correlation_ignored"},
    {Switch::kRetriesFew, "retries_few"},
    {Switch::kRetryCountStuck, "retry_count_stuck"},
    {Switch::kBackoffConstant, "backoff_constant"},
    {Switch::kDeadLetterTwice, "dead_letter_twice"},
    {Switch::kDeadLetterKeyWrong, "dead_letter_key_wrong"},
    {Switch::kDeadLetterNoExpiry, "dead_letter_no_expiry"},
    {Switch::kDeadLetterWithoutError, "dead_letter_without_error"},
    {Switch::kDeafAfterCut, "deaf_after_cut"},
    {Switch::kLags, "lags"},
    {Switch::kQueueSmall, "queue_small"},
};

}  // namespace

std::string_view SwitchName(Switch which) {
  const auto* it = std::find_if(std::begin(kSwitches), std::end(kSwitches),
                                [which](const Named& named) { return named.which == which; });
  return it == std::end(kSwitches) ? "unknown" : it->name;
}

std::vector<std::string> SwitchNames() {
  std::vector<std::string> names;
  for (const Named& named : kSwitches) names.emplace_back(named.name);
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<Switches> ParseSwitches(const std::vector<std::string>& names) {
  Switches switches;
  for (const std::string& name : names) {
    const auto* it = std::find_if(std::begin(kSwitches), std::end(kSwitches),
                                  [&name](const Named& named) { return named.name == name; });
    if (it == std::end(kSwitches)) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown fault \"", name, "\"", shared::DidYouMean(name, SwitchNames())));
    }
    switches.insert(it->which);
  }
  return switches;
}

}  // namespace smokemesh::platform
