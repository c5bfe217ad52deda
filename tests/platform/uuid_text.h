#ifndef SMOKEMESH_TESTS_PLATFORM_UUID_TEXT_H_
#define SMOKEMESH_TESTS_PLATFORM_UUID_TEXT_H_

#include <string>
#include <string_view>

namespace smokemesh::platform {

// Whether `text` is a UUID in its usual form of 36 characters.
bool IsUuid(std::string_view text);

// The name-based UUID (version 5, DNS name space) by which the engagement service knows a client
// that was given by name only. Case does not matter.
std::string ClientUuid(std::string_view client_name);

}  // namespace smokemesh::platform

#endif  // SMOKEMESH_TESTS_PLATFORM_UUID_TEXT_H_
