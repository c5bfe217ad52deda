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
