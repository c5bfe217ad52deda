#ifndef SMOKEMESH_COORDINATOR_STORE_LEASE_STORE_H_
#define SMOKEMESH_COORDINATOR_STORE_LEASE_STORE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "shared/clock.h"

namespace smokemesh::coordinator {

// Who may decide, as the store says.
struct Lease {
  // Grows by one whenever the lease passes to somebody; writes name it (RunStore).
  uint64_t epoch = 0;
  // The holder: a name that is unique to one start of one process. Empty: nobody ever held it.
  std::string holder;
  // Where the holder can be reached by other replicas, `HOST:PORT`.
  std::string address;
  // How long it is still valid by the store's own clock; not positive: it has ended.
  shared::Duration remaining{};
};

// The lease on a store that several coordinators share. One row, changed by single statements that
// compare and set; only the store's clock counts. Calls block, for 5 s at most; UNAVAILABLE when
// the store does not answer. Thread-safe.
class LeaseStore {
 public:
  virtual ~LeaseStore() = default;

  // Takes the lease for `ttl` if nobody holds a valid one, with a new epoch. Returns the lease as
  // it is then, whoever holds it.
  virtual absl::StatusOr<Lease> Acquire(std::string_view holder, std::string_view address,
                                        shared::Duration ttl) = 0;

  // Makes the lease valid for `ttl` from now if `epoch` is still the newest, also when its time is
  // over and nobody has taken it. Returns the lease as it is then: with another epoch it is lost.
  virtual absl::StatusOr<Lease> Renew(uint64_t epoch, shared::Duration ttl) = 0;

  // Ends the lease now if `epoch` is still the newest, and wakes those who wait in AwaitChange.
  virtual absl::Status Release(uint64_t epoch) = 0;

  // Returns when the lease may have been released, or after `most`. Only a hint: it can return too
  // early and can miss a release. Returns at once after Interrupt.
  virtual void AwaitChange(shared::Duration most) = 0;
  virtual void Interrupt() = 0;
};

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_STORE_LEASE_STORE_H_
