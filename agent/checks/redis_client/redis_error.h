#ifndef SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_ERROR_H_
#define SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_ERROR_H_

#include <string>
#include <string_view>

namespace smokemesh::agent {

// What an error reply (`READONLY You can't write …`) means for who has to repair it, and where to
// look; empty when there is nothing to add.
std::string RedisErrorHint(std::string_view error);

// The error reply and its hint.
std::string ExplainRedisError(std::string_view error);

}  // namespace smokemesh::agent

#endif  // SMOKEMESH_AGENT_CHECKS_REDIS_CLIENT_REDIS_ERROR_H_
