#include "coordinator/cli/certs_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/report/markup.h"
#include "shared/credentials/certificate_authority.h"
#include "shared/credentials/certificate_files.h"
#include "shared/credentials/file_content.h"
#include "shared/credentials/identity.h"
#include "shared/duration.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::coordinator {
namespace {

constexpr auto kDay = std::chrono::hours(24);
constexpr int kAuthorityDays = 3650;
// Clocks of other machines may be behind.
constexpr auto kBackdated = std::chrono::minutes(5);
constexpr int kExitEnded = 1;
constexpr char kAuthority[] = "ca";

using Authority = std::unique_ptr<shared::CertificateAuthority>;

// A pair to issue: `STEM.crt` and `STEM.key`.
struct Wanted {
  std::string stem;
  shared::CertificateRequest request;
};

// A file to write.
struct NewFile {
  std::string path;
  std::string text;
  mode_t mode = 0600;
};

std::string CertFile(const std::string& dir, const std::string& stem) {
  return absl::StrCat(dir, "/", stem, ".crt");
}
std::string KeyFile(const std::string& dir, const std::string& stem) {
  return absl::StrCat(dir, "/", stem, ".key");
}

void Print(const std::string& text) {
  Terminal out;
  out.descriptor = STDOUT_FILENO;
  Write(out, text);
}

absl::StatusOr<std::vector<Wanted>> WantedBy(const CertsArguments& arguments,
                                             const std::string& trust_domain,
                                             shared::WallTime now) {
  shared::CertificateRequest base;
  base.trust_domain = trust_domain;
  base.client = true;
  base.not_before = now - kBackdated;
  base.not_after = now + arguments.days * kDay;
  std::vector<Wanted> wanted;
  if (!arguments.hosts.empty() && arguments.replicas.empty()) {
    Wanted& coordinator = wanted.emplace_back(Wanted{"coordinator", base});
    coordinator.request.role = "coordinator";
    coordinator.request.name = "coordinator";
    coordinator.request.hosts = arguments.hosts;
    coordinator.request.server = true;
    coordinator.request.client = false;
  }
  for (const auto& [role, names] :
       {std::pair{"replica", &arguments.replicas}, std::pair{"agent", &arguments.agents},
        std::pair{"runner", &arguments.runners}, std::pair{"viewer", &arguments.viewers},
        std::pair{"admin", &arguments.admins}}) {
    for (const std::string& name : *names) {
      Wanted& one = wanted.emplace_back(Wanted{absl::StrCat(role, "-", name), base});
      one.request.role = role;
      one.request.name = name;
      if (role != std::string("replica")) continue;
      one.request.hosts = arguments.hosts;
      one.request.server = true;
    }
  }
  std::set<std::string> stems;
  for (const Wanted& one : wanted) {
    if (!stems.insert(one.stem).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          one.request.role, " ", shared::EscapeControl(one.request.name), " is named twice"));
    }
  }
  return wanted;
}

absl::StatusOr<Authority> MakeAuthority(const CertsArguments& arguments, shared::WallTime now,
                                        std::vector<NewFile>* outputs) {
  ASSIGN_OR_RETURN(Authority authority,
                   shared::CertificateAuthority::Make(arguments.trust_domain, now - kBackdated,
                                                      now + kAuthorityDays * kDay));
  outputs->push_back({CertFile(arguments.dir, kAuthority), authority->pair().cert, 0644});
  outputs->push_back({KeyFile(arguments.dir, kAuthority), authority->pair().key, 0600});
  return authority;
}

absl::StatusOr<Authority> LoadAuthority(const std::string& dir) {
  shared::TlsFiles files;
  files.cert = CertFile(dir, kAuthority);
  files.key = KeyFile(dir, kAuthority);
  ASSIGN_OR_RETURN(shared::CertificateSet set, shared::ReadCertificateSet(files));
  absl::StatusOr<Authority> authority =
      shared::CertificateAuthority::Load({std::move(set.cert), std::move(set.key)});
  if (!authority.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(shared::EscapeControl(files.cert), ": ",
                                                   std::string(authority.status().message())));
  }
  if ((*authority)->not_after() <= std::chrono::system_clock::now()) {
    return absl::FailedPreconditionError(
        absl::StrCat(shared::EscapeControl(files.cert), ": the authority has ended at ",
                     shared::FormatWallTime((*authority)->not_after())));
  }
  return authority;
}

absl::Status MakeFolder(const std::string& dir) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(dir, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot make the folder ", shared::EscapeControl(dir), ": ", error.message()));
  }
  if (made) chmod(dir.c_str(), 0700);
  return absl::OkStatus();
}

// All or, as far as can be told before, nothing.
absl::Status WriteAll(const std::vector<NewFile>& outputs) {
  for (const NewFile& output : outputs) {
    if (std::filesystem::exists(std::filesystem::symlink_status(output.path))) {
      return absl::AlreadyExistsError(
          absl::StrCat(shared::EscapeControl(output.path),
                       ": is there already, and is not overwritten; nothing was written"));
    }
  }
  for (const NewFile& output : outputs) {
    RETURN_IF_ERROR(shared::WriteNewFile(output.path, output.text, output.mode));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Make(const CertsArguments& arguments) {
  const shared::WallTime now = std::chrono::system_clock::now();
  std::vector<NewFile> outputs;
  const bool fresh = arguments.action == CertsArguments::Action::kInit;
  ASSIGN_OR_RETURN(const Authority authority,
                   fresh ? MakeAuthority(arguments, now, &outputs) : LoadAuthority(arguments.dir));
  ASSIGN_OR_RETURN(const std::vector<Wanted> wanted,
                   WantedBy(arguments, authority->trust_domain(), now));
  std::string text;
  if (fresh) {
    absl::StrAppend(&text, SafeText(CertFile(arguments.dir, kAuthority)),
                    "  authority of spiffe://", authority->trust_domain(), ", until ",
                    shared::FormatWallTime(authority->not_after()), "\n");
  }
  for (const Wanted& one : wanted) {
    ASSIGN_OR_RETURN(shared::KeyPair pair, authority->Issue(one.request));
    ASSIGN_OR_RETURN(const shared::CertificateIdentity identity, shared::IdentityOf(pair.cert));
    absl::StrAppend(&text, SafeText(CertFile(arguments.dir, one.stem)), "  ",
                    shared::FormatIdentity(identity), ", until ",
                    shared::FormatWallTime(identity.not_after), "\n");
    outputs.push_back({CertFile(arguments.dir, one.stem), std::move(pair.cert), 0644});
    outputs.push_back({KeyFile(arguments.dir, one.stem), std::move(pair.key), 0600});
  }
  RETURN_IF_ERROR(MakeFolder(arguments.dir));
  RETURN_IF_ERROR(WriteAll(outputs));
  return text;
}

std::string Days(shared::Duration duration) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(duration).count();
  return hours >= 48 ? absl::StrCat(hours / 24, " days") : shared::FormatDuration(duration);
}

// `Until` line of a certificate.
std::string Validity(const shared::CertificateFacts& facts, shared::WallTime now) {
  const std::string end = shared::FormatWallTime(facts.not_after);
  if (now >= facts.not_after)
    return absl::StrCat(end, ": ended ", Days(now - facts.not_after), " ago");
  if (now < facts.not_before)
    return absl::StrCat(end, ": not good before ", shared::FormatWallTime(facts.not_before));
  return absl::StrCat(end, ": ", Days(facts.not_after - now), " left");
}

absl::StatusOr<std::string> Show(const std::string& file, bool* ended) {
  const shared::WallTime now = std::chrono::system_clock::now();
  ASSIGN_OR_RETURN(const shared::FileContent content,
                   shared::ReadSmallFile(file, shared::kMaxAuthorityFile));
  const auto all = shared::DescribeCertificates(content.text);
  if (!all.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(shared::EscapeControl(file), ": ", std::string(all.status().message())));
  }
  std::string text;
  for (const shared::CertificateFacts& facts : *all) {
    const bool first = &facts == &all->front();
    const absl::StatusOr<shared::CertificateIdentity> identity = shared::IdentityOf(content.text);
    if (!first) absl::StrAppend(&text, "\n");
    absl::StrAppend(&text, "subject     ", SafeText(facts.subject), "\n");
    if (first) {
      absl::StrAppend(
          &text, "stands for  ",
          identity.ok()
              ? shared::FormatIdentity(*identity)
              : absl::StrCat("nobody: ", SafeText(std::string(identity.status().message()))),
          "\n");
    }
    absl::StrAppend(&text, "issuer      ", SafeText(facts.issuer), "\n",  //
                    "names       ", SafeText(absl::StrJoin(facts.names, ", ")), "\n",
                    "good for    ", absl::StrJoin(facts.purposes, ", "), "\n",  //
                    "from        ", shared::FormatWallTime(facts.not_before), "\n", "until       ",
                    Validity(facts, now), "\n",          //
                    "serial      ", facts.serial, "\n",  //
                    "sha256      ", facts.sha256, "\n");
    *ended = *ended || now >= facts.not_after;
  }
  return text;
}

}  // namespace

int Certs(const CertsArguments& arguments) {
  bool ended = false;
  const absl::StatusOr<std::string> text = arguments.action == CertsArguments::Action::kShow
                                               ? Show(arguments.file, &ended)
                                               : Make(arguments);
  if (!text.ok()) {
    Complain(std::string(text.status().message()));
    return kExitUsage;
  }
  Print(*text);
  return ended ? kExitEnded : 0;
}

}  // namespace smokemesh::coordinator
