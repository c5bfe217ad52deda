#ifndef SMOKEMESH_SHARED_POSTGRES_SERVER_MESSAGE_H_
#define SMOKEMESH_SHARED_POSTGRES_SERVER_MESSAGE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace smokemesh::shared {

// What the server said about an error.
struct ServerMessage {
  std::string sqlstate;  // empty when the text has none
  std::string text;      // the primary message alone: no detail, which may hold rows
};

// Reads a message in libpq's verbose form, `ERROR:  23514: new row … violates …\nDETAIL:  …`. The
// severity may be in any language.
ServerMessage ParseServerMessage(std::string_view message);

// What libpq's message about a failed connection to `target` means for a step. The message is in
// the verbose form; it is quoted only where it cannot hold credentials.
absl::Status ConnectionError(std::string_view message, const std::string& target);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_POSTGRES_SERVER_MESSAGE_H_
