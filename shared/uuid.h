#ifndef SMOKEMESH_SHARED_UUID_H_
#define SMOKEMESH_SHARED_UUID_H_

#include <string>
#include <string_view>

namespace smokemesh::shared {

// Returns a random UUID (RFC 9562, version 4) in lower case. Aborts if the system has no
// randomness.
std::string RandomUuid();

// Returns the name-based UUID (RFC 9562, version 5) of `name` in smokemesh's own name space.
std::string NameUuid(std::string_view name);

// SHA-256 as 32 bytes.
std::string Sha256(std::string_view bytes);

// SHA-256 in lower-case hex.
std::string Sha256Hex(std::string_view bytes);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_UUID_H_
