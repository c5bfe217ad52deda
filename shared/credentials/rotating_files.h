#ifndef SMOKEMESH_SHARED_CREDENTIALS_ROTATING_FILES_H_
#define SMOKEMESH_SHARED_CREDENTIALS_ROTATING_FILES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/clock.h"
#include "shared/credentials/certificate_files.h"
#include "shared/credentials/identity.h"

namespace smokemesh::shared {

struct RotatingFilesOptions {
  // The operator's files. They may be replaced at any time, in any way and order.
  TlsFiles files;
  CertificateUse use = CertificateUse::kClient;
  // What else a set must be; an error says what it is not. Asked after CheckCertificateSet has
  // passed, on the thread that looks. Null: nothing else.
  std::function<absl::Status(const CertificateSet&)> accept = nullptr;
  // How often they are looked at.
  Duration poll = std::chrono::seconds(1);
  // Where the private directory is made; empty: as PrivateDirectory chooses.
  std::string parent;
};

// Keeps a copy of the operator's certificates that is good at every moment. gRPC's own file watcher
// refuses all handshakes while a key does not match its certificate, so it is pointed at the copy:
// a set of files is published there, as a whole, only when it has passed CheckCertificateSet. A set
// that has not is logged once and tried again until it passes; the last good one stays.
// Thread-safe.
class RotatingFiles {
 public:
  // Publishes what is there; an error when that is not good. Looks at the files from then on, on a
  // thread of its own.
  static absl::StatusOr<std::unique_ptr<RotatingFiles>> Start(const RotatingFilesOptions& options);

  // Removes the copy.
  virtual ~RotatingFiles() = default;

  // Paths of the copy, which stay the same. Those that are not named in the options are empty.
  virtual const TlsFiles& published() const = 0;

  // What is published now, and a number that grows with each publication, from 1.
  struct Published {
    CertificateSet set;
    // Of the certificate; nothing when it stands for nobody, or there is none.
    std::optional<CertificateIdentity> identity;
    // Of the certificate; nothing without one.
    std::optional<WallTime> not_after;
    uint64_t generation = 0;
  };
  virtual std::shared_ptr<const Published> current() const = 0;

  // Looks at the files at once, and publishes them if they changed and are good. Returns what is
  // wrong with them.
  virtual absl::Status LookNow() = 0;
};

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_CREDENTIALS_ROTATING_FILES_H_
