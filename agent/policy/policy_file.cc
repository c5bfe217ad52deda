#include "agent/policy/policy_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/redis_commands/redis_commands.h"
#include "shared/text.h"
#include "shared/yaml/strict_yaml.h"
#include "shared/yaml/yaml_message.h"

namespace smokemesh::agent {
namespace {

using shared::Positions;
using Strings = google::protobuf::RepeatedPtrField<std::string>;

const std::vector<std::string>& Kinds() {
  static const auto& kinds =
      *new std::vector<std::string>{"event_bus", "http", "postgres", "redis"};
  return kinds;
}

bool IsWord(std::string_view text, std::string_view further) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           further.find(c) != std::string_view::npos;
  });
}

// Labels between dots. An address that is miswritten (`10.0.0`, `999.0.0.1`) is none.
bool IsHostName(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return false;
  bool has_letter = false;
  for (const absl::string_view label :
       absl::StrSplit(absl::string_view(name.data(), name.size()), '.')) {
    const std::string_view part(label.data(), label.size());
    if (!IsWord(part, "-_") || part.size() > 63 || part.starts_with('-') || part.ends_with('-')) {
      return false;
    }
    has_letter = has_letter || std::any_of(part.begin(), part.end(), [](char c) {
                   return absl::ascii_isalpha(static_cast<unsigned char>(c));
                 });
  }
  return has_letter;
}

// Finds all that is wrong with a policy.
class Validator {
 public:
  Validator(std::string_view file, const Positions& positions,
            std::vector<shared::Problem>* problems)
      : file_(file), positions_(positions), problems_(*problems) {}

  void Check(const v1::AgentPolicy& policy) {
    CheckKinds("kinds", policy.kinds());
    CheckFilled("targets", policy.targets_size());
    for (int i = 0; i < policy.targets_size(); ++i) {
      CheckTarget(absl::StrCat("targets[", i, "]"), policy.targets(i));
    }
    CheckFilled("variables", policy.variables_size());
    CheckEach("variables", policy.variables(), [](std::string_view name) {
      if (name.ends_with('*')) name.remove_suffix(1);
      return IsWord(absl::StrCat("x", std::string(name)), "_")
                 ? ""
                 : "is neither the name of a variable nor the beginning of one with `*` at the end";
    });
    CheckFilled("postgres.roles", policy.postgres().roles_size());
    CheckEach("postgres.roles", policy.postgres().roles(),
              [](std::string_view role) { return role.empty() ? "is empty" : ""; });
    CheckCommands("redis.commands", policy.redis().commands());
    CheckCommands("redis.more_commands", policy.redis().more_commands());
    if (policy.redis().commands_size() > 0 && policy.redis().more_commands_size() > 0) {
      Report("redis.more_commands",
             "`more_commands` adds to the built-in list, and `commands` replaces it: put all of "
             "them into `commands`");
    }
  }

 private:
  void Report(const std::string& path, std::string message) {
    const auto it = positions_.find(path);
    const shared::Position place = it == positions_.end() ? shared::Position() : it->second;
    problems_.push_back({std::string(file_), place.line, place.column, std::move(message)});
  }

  // To most readers an empty list allows nothing, and here it would allow everything.
  void CheckFilled(const std::string& path, int size) {
    if (size > 0 || !positions_.contains(path)) return;
    Report(path, absl::StrCat("`", path,
                              "` is empty, which would allow all: list what is allowed, "
                              "or remove the field to allow all"));
  }

  template <typename What>
  void CheckEach(const std::string& path, const Strings& list, const What& what) {
    for (int i = 0; i < list.size(); ++i) {
      const std::string problem = what(list[i]);
      if (problem.empty()) continue;
      Report(absl::StrCat(path, "[", i, "]"),
             absl::StrCat("\"", shared::Shorten(shared::EscapeControl(list[i]), 64), "\" of `",
                          path, "` ", problem));
    }
  }

  void CheckKinds(const std::string& path, const Strings& kinds) {
    CheckFilled(path, kinds.size());
    CheckEach(path, kinds, [](const std::string& kind) {
      if (std::find(Kinds().begin(), Kinds().end(), kind) != Kinds().end()) return std::string();
      return absl::StrCat("is not a kind of step", shared::DidYouMean(kind, Kinds()),
                          "; known: ", absl::StrJoin(Kinds(), ", "));
    });
  }

  void CheckTarget(const std::string& path, const v1::AllowedTarget& target) {
    CheckKinds(path + ".kinds", target.kinds());
    CheckFilled(path + ".ports", target.ports_size());
    for (int i = 0; i < target.ports_size(); ++i) {
      if (target.ports(i) >= 1 && target.ports(i) <= 65535) continue;
      Report(absl::StrCat(path, ".ports[", i, "]"),
             absl::StrCat(target.ports(i), " is not a port: 1 to 65535"));
    }
    if (target.host().empty()) {
      return Report(path,
                    "the target has no `host`: a name, `*.` and a name, an address or a "
                    "network");
    }
    if (const std::string problem = ProblemOfHost(target); !problem.empty()) {
      Report(path + ".host",
             absl::StrCat("\"", shared::Shorten(shared::EscapeControl(target.host()), 64), "\" ",
                          problem));
    }
  }

  static std::string ProblemOfHost(const v1::AllowedTarget& target) {
    const std::string& host = target.host();
    if (const auto network = IpNetwork::Parse(host); network.has_value()) {
      if (!IsMetadataNetwork(*network) || target.allow_metadata_address()) return "";
      return "holds only link-local or metadata addresses, which stay forbidden without "
             "`allow_metadata_address: true`";
    }
    if (host.starts_with('/')) return "";  // the directory of a UNIX socket
    if (host == "*") return "is no name: remove `targets` to let plans reach every server";
    if (host.find("://") != std::string::npos) return "is a URL: write its host, and `ports`";
    const size_t slash = host.find('/');
    if (slash != std::string::npos) {
      return IpAddress::Parse(host.substr(0, slash)).has_value()
                 ? "is not a network: after the slash comes the number of bits, and those of the "
                   "address behind them are zero, as in 10.0.0.0/8"
                 : "is neither a name nor a network";
    }
    if (host.find(':') != std::string::npos || host.starts_with('[')) {
      return "is no host: ports go into `ports`, and IPv6 addresses have no brackets";
    }
    if (IsHostName(host.starts_with("*.") ? host.substr(2) : host)) return "";
    return "is neither a name, nor `*.` and a name, nor an address, nor a network";
  }

  void CheckCommands(const std::string& path, const Strings& commands) {
    CheckFilled(path, commands.size());
    CheckEach(path, commands, [](const std::string& entry) -> std::string {
      const std::vector<std::string> words = absl::StrSplit(entry, ' ', absl::SkipEmpty());
      const bool good = !words.empty() && words.size() <= 2 &&
                        std::all_of(words.begin(), words.end(),
                                    [](const std::string& word) { return IsWord(word, ".-_|"); });
      if (!good || absl::StrJoin(words, " ") != entry) {
        return "is not a Redis command, such as GET or CONFIG GET";
      }
      std::vector<std::string> command = words;
      command.emplace_back("x");
      const absl::Status status = shared::CheckRedisSession(command);
      return status.ok() ? "" : absl::StrCat("cannot be allowed: ", std::string(status.message()));
    });
  }

  const std::string_view file_;
  const Positions& positions_;
  std::vector<shared::Problem>& problems_;
};

}  // namespace

ParsedPolicy ParsePolicy(std::string_view yaml, std::string_view file) {
  ParsedPolicy parsed;
  const std::optional<shared::YamlNode> root =
      shared::ReadStrictYaml(yaml, file, "agent policy", "one field", &parsed.problems);
  if (root.has_value() && parsed.problems.empty()) {
    v1::AgentPolicy message;
    Positions positions;
    std::vector<std::string> unread;
    shared::YamlReading reading{positions, parsed.problems, unread};
    shared::ReadYamlMessage(*root, file, "", "the agent policy", &message, &reading);
    if (parsed.problems.empty()) Validator(file, positions, &parsed.problems).Check(message);
    if (parsed.problems.empty()) {
      parsed.policy = std::make_shared<const Policy>(std::move(message), std::string(file),
                                                     std::move(positions));
    }
  }
  shared::SortAndBound(file, &parsed.problems);
  return parsed;
}

absl::StatusOr<std::shared_ptr<const Policy>> ReadPolicyFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read the policy ", path, ": ", std::strerror(errno)));
  }
  std::string text(shared::kMaxYamlBytes + 1, '\0');  // one more is too large for the reader
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read the policy ", path));
  }
  ParsedPolicy parsed = ParsePolicy(text, path);
  if (parsed.policy != nullptr) return parsed.policy;
  return absl::InvalidArgumentError(shared::FormatProblems(parsed.problems));
}

}  // namespace smokemesh::agent
