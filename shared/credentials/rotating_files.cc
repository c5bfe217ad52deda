#include "shared/credentials/rotating_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/credentials/file_content.h"
#include "shared/credentials/private_directory.h"
#include "shared/duration.h"
#include "shared/logging.h"
#include "shared/mutex.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr char kCert[] = "cert.pem";
constexpr char kKey[] = "key.pem";
constexpr char kCa[] = "ca.pem";
// Or a fifth of a certificate's time, if that is shorter.
constexpr Duration kWarnBefore = std::chrono::hours(7 * 24);
constexpr auto kWarnEvery = std::chrono::hours(24);

WallTime WallNow() { return std::chrono::system_clock::now(); }

// `89 days`, `3h`: what is left of a certificate.
std::string LeftUntil(WallTime end, WallTime now) {
  if (end <= now) return "ended";
  const auto days = std::chrono::duration_cast<std::chrono::hours>(end - now).count() / 24;
  return days >= 2 ? absl::StrCat(days, " days left")
                   : absl::StrCat(FormatDuration(end - now), " left");
}

class RotatingFilesImpl final : public RotatingFiles {
 public:
  RotatingFilesImpl(RotatingFilesOptions options, std::unique_ptr<PrivateDirectory> directory)
      : options_(std::move(options)), directory_(std::move(directory)) {
    const std::string current = absl::StrCat(directory_->path(), "/current/");
    if (!options_.files.cert.empty()) published_.cert = current + kCert;
    if (!options_.files.key.empty()) published_.key = current + kKey;
    if (!options_.files.ca.empty()) published_.ca = current + kCa;
  }

  ~RotatingFilesImpl() override {
    {
      MutexLock lock(&mutex_);
      stopping_ = true;
      wake_.NotifyAll();
    }
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Begin() ABSL_LOCKS_EXCLUDED(look_mutex_) {
    MutexLock looking(&look_mutex_);
    RETURN_IF_ERROR(Look());
    thread_ = std::thread([this] { Poll(); });
    return absl::OkStatus();
  }

  const TlsFiles& published() const override { return published_; }

  std::shared_ptr<const Published> current() const override ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    return current_;
  }

  absl::Status LookNow() override ABSL_LOCKS_EXCLUDED(look_mutex_) {
    MutexLock looking(&look_mutex_);
    const absl::Status status = Look();
    Tell(status);
    return status;
  }

 private:
  void Poll() ABSL_LOCKS_EXCLUDED(mutex_) {
    while (true) {
      {
        MutexLock lock(&mutex_);
        const SteadyTime next = std::chrono::steady_clock::now() + options_.poll;
        while (!stopping_ && std::chrono::steady_clock::now() < next) {
          wake_.WaitUntil(&mutex_, next);
        }
        if (stopping_) return;
      }
      LookNow().IgnoreError();  // it is logged
      MutexLock looking(&look_mutex_);
      WarnOfEnd();
    }
  }

  // Logs a problem when it is another one than before.
  void Tell(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(look_mutex_) {
    const std::string problem(status.message());
    if (problem == told_) return;
    told_ = problem;
    if (problem.empty()) return;
    LogError(absl::StrCat("certificates are not replaced, the last good ones stay: ", problem));
  }

  void WarnOfEnd() ABSL_EXCLUSIVE_LOCKS_REQUIRED(look_mutex_) ABSL_LOCKS_EXCLUDED(mutex_) {
    const std::shared_ptr<const Published> now_published = current();
    const WallTime now = WallNow();
    if (!now_published->not_after || *now_published->not_after - now > warn_before_) return;
    if (warned_ && std::chrono::steady_clock::now() - *warned_ < kWarnEvery) return;
    warned_ = std::chrono::steady_clock::now();
    LogWarn(absl::StrCat("the certificate ", EscapeControl(options_.files.cert), " ends at ",
                         FormatWallTime(*now_published->not_after), ": ",
                         LeftUntil(*now_published->not_after, now)));
  }

  absl::Status Look() ABSL_EXCLUSIVE_LOCKS_REQUIRED(look_mutex_) ABSL_LOCKS_EXCLUDED(mutex_) {
    ASSIGN_OR_RETURN(CertificateSet set, ReadCertificateSet(options_.files));
    const std::shared_ptr<const Published> before = current();
    if (before != nullptr && before->set == set) return absl::OkStatus();
    RETURN_IF_ERROR(CheckCertificateSet(set, options_.files, options_.use, WallNow()));
    if (options_.accept) RETURN_IF_ERROR(options_.accept(set));
    RETURN_IF_ERROR(Publish(set));
    auto now = std::make_shared<Published>();
    now->generation = before == nullptr ? 1 : before->generation + 1;
    if (!set.cert.empty()) {
      const absl::StatusOr<CertificateIdentity> identity = IdentityOf(set.cert);
      if (identity.ok()) now->identity = *identity;
      const auto facts = DescribeCertificates(set.cert);
      if (facts.ok()) {
        now->not_after = facts->front().not_after;
        warn_before_ = std::min<Duration>(
            kWarnBefore, (facts->front().not_after - facts->front().not_before) / 5);
      }
    }
    now->set = std::move(set);
    LogPublished(*now);
    warned_.reset();
    MutexLock lock(&mutex_);
    current_ = std::move(now);
    return absl::OkStatus();
  }

  void LogPublished(const Published& published) const {
    std::string text =
        absl::StrCat("certificates ", published.generation == 1 ? "read" : "replaced", ": ");
    if (published.identity) {
      absl::StrAppend(&text, FormatIdentity(*published.identity), ", ");
    }
    if (published.not_after) {
      absl::StrAppend(&text, "until ", FormatWallTime(*published.not_after), ", ",
                      LeftUntil(*published.not_after, WallNow()));
    } else {
      absl::StrAppend(&text, "authorities of ", EscapeControl(options_.files.ca));
    }
    LogInfo(text);
  }

  // Writes the set beside the one before and then turns one link over to it.
  absl::Status Publish(const CertificateSet& set) ABSL_EXCLUSIVE_LOCKS_REQUIRED(look_mutex_) {
    const std::string name = absl::StrCat("set-", ++sets_);
    const std::string folder = absl::StrCat(directory_->path(), "/", name);
    if (mkdir(folder.c_str(), 0700) != 0) return Failed("make", folder);
    for (const auto& [file, text] :
         {std::pair{kCert, &set.cert}, std::pair{kKey, &set.key}, std::pair{kCa, &set.ca}}) {
      if (text->empty()) continue;
      const std::string path = absl::StrCat(folder, "/", file);
      RETURN_IF_ERROR(WriteNewFile(path, *text, 0600));
      RETURN_IF_ERROR(SetTime(path));
    }
    const std::string link = absl::StrCat(directory_->path(), "/next");
    unlink(link.c_str());
    if (symlink(name.c_str(), link.c_str()) != 0) return Failed("link", link);
    const std::string current = absl::StrCat(directory_->path(), "/current");
    if (rename(link.c_str(), current.c_str()) != 0) return Failed("rename", link);
    // The set before may be being read; the one before that is not any more.
    std::error_code ignored;
    if (sets_ > 2) {
      std::filesystem::remove_all(absl::StrCat(directory_->path(), "/set-", sets_ - 2), ignored);
    }
    return absl::OkStatus();
  }

  // gRPC reads the key, then the certificate, and takes them for a pair unless the time of a file
  // changed meanwhile. It looks at whole seconds: each set is given another one.
  absl::Status SetTime(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(look_mutex_) {
    const time_t now = std::chrono::system_clock::to_time_t(WallNow());
    if (set_of_time_ != sets_) {
      time_ = std::max(now, time_ + 1);
      set_of_time_ = sets_;
    }
    const timespec times[2] = {{time_, 0}, {time_, 0}};
    if (utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) return Failed("date", path);
    return absl::OkStatus();
  }

  static absl::Status Failed(const char* what, const std::string& path) {
    return absl::UnavailableError(absl::StrCat("cannot ", what, " ", path, ": ", strerror(errno)));
  }

  const RotatingFilesOptions options_;
  const std::unique_ptr<PrivateDirectory> directory_;
  TlsFiles published_;

  // One look at a time.
  Mutex look_mutex_;
  uint64_t sets_ ABSL_GUARDED_BY(look_mutex_) = 0;
  uint64_t set_of_time_ ABSL_GUARDED_BY(look_mutex_) = 0;
  time_t time_ ABSL_GUARDED_BY(look_mutex_) = 0;
  std::string told_ ABSL_GUARDED_BY(look_mutex_);
  std::optional<SteadyTime> warned_ ABSL_GUARDED_BY(look_mutex_);
  Duration warn_before_ ABSL_GUARDED_BY(look_mutex_) = kWarnBefore;

  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const Published> current_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// What is odd about how the options name files.
absl::Status CheckNamed(const TlsFiles& files) {
  if (files.ca.empty()) return absl::InvalidArgumentError("no file of authorities is named");
  if (files.cert.empty() != files.key.empty()) {
    return absl::InvalidArgumentError("a certificate and its key are named together or not at all");
  }
  return absl::OkStatus();
}

void WarnIfReadable(const std::string& path) {
  struct stat info = {};
  if (path.empty() || stat(path.c_str(), &info) != 0 || (info.st_mode & S_IROTH) == 0) return;
  LogWarn(absl::StrCat("every user of this machine can read the private key ", EscapeControl(path),
                       ": chmod o-r"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RotatingFiles>> RotatingFiles::Start(
    const RotatingFilesOptions& options) {
  RETURN_IF_ERROR(CheckNamed(options.files));
  ASSIGN_OR_RETURN(std::unique_ptr<PrivateDirectory> directory,
                   PrivateDirectory::Make(options.parent));
  auto files = std::make_unique<RotatingFilesImpl>(options, std::move(directory));
  RETURN_IF_ERROR(files->Begin());
  WarnIfReadable(options.files.key);
  return files;
}

}  // namespace smokemesh::shared
