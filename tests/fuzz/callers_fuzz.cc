// Whatever says who somebody is: a certificate, a passed-on identity, a file of tokens. Either it
// is well formed, or it is refused with a sentence; what is read is written the same way again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "coordinator/access/forwarded_identity.h"
#include "coordinator/access/method_table.h"
#include "coordinator/access/token_file.h"
#include "shared/credentials/certificate_files.h"
#include "shared/credentials/identity.h"

namespace {

using namespace smokemesh::coordinator;  // NOLINT(google-build-using-namespace): own file
namespace shared = smokemesh::shared;

void ReadCertificate(const std::string& pem) {
  const auto identity = shared::IdentityOf(pem);
  if (identity.ok()) {
    if (!shared::IsTrustDomain(identity->trust_domain) || !shared::IsIdentityName(identity->role) ||
        !shared::IsIdentityName(identity->name)) {
      std::abort();
    }
  } else if (identity.status().message().empty()) {
    std::abort();
  }
  (void)shared::DescribeCertificates(pem);
  (void)shared::CheckVouchedFor(pem, pem, shared::WallTime());
}

void ReadTokens(std::string_view text) {
  const auto tokens = ParseTokens(text, "tokens");
  if (!tokens.ok()) {
    if (tokens.status().message().empty()) std::abort();
    return;
  }
  std::string written;
  for (const Token& token : *tokens) written += FormatToken(token);
  const auto again = ParseTokens(written, "tokens");
  if (!again.ok() || again->size() != tokens->size()) std::abort();
}

void ReadForwarded(std::string_view text) {
  const auto caller = DecodeForwarded(text);
  if (!caller.ok()) return;
  if (caller->role == Role::kReplica || caller->proof == Caller::Proof::kLocal) std::abort();
  const auto again = DecodeForwarded(EncodeForwarded(*caller));
  if (!again.ok() || again->name != caller->name || again->role != caller->role) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  ReadCertificate(text);
  ReadTokens(text);
  ReadForwarded(text);
  (void)MayForward(text);
  Caller viewer;
  viewer.role = Role::kViewer;
  viewer.proof = Caller::Proof::kToken;
  viewer.name = "v";
  if (CheckAccess(viewer, text).ok() && text.find("/Get") == std::string::npos &&
      text.find("/List") == std::string::npos && text.find("/Watch") == std::string::npos &&
      text.find("/Check") == std::string::npos) {
    std::abort();
  }
  return 0;
}
