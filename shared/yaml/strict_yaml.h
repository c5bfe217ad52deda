#ifndef SMOKEMESH_SHARED_YAML_STRICT_YAML_H_
#define SMOKEMESH_SHARED_YAML_STRICT_YAML_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/yaml/problem.h"

namespace smokemesh::shared {

// One key of a map.
struct YamlKey {
  std::string text;
  Position position;
};

// A node of a document: a tree, because aliases are refused. At most `kMaxYamlDepth` levels deep,
// so that recursion over it is safe.
struct YamlNode {
  enum class Kind {
    kNull,     // nothing, `~`, `null`
    kScalar,   // `text`
    kList,     // `items`
    kMap,      // `keys[i]` has the value `items[i]`
    kRefused,  // something that was reported already; say no more about it
  };
  Kind kind = Kind::kNull;
  std::string text;
  bool quoted = false;  // quotes or a block: always text, never a number or a boolean
  std::vector<YamlKey> keys;
  std::vector<YamlNode> items;
  Position position;

  // The value of `key`, or null.
  const YamlNode* Find(std::string_view key) const;
};

inline constexpr int kMaxYamlDepth = 32;
inline constexpr int kMaxYamlNodes = 50'000;
inline constexpr int kMaxYamlBytes = 1 << 20;

// Reads one document of the part of YAML that has one meaning only. Refused: anchors, aliases,
// tags, merge keys, duplicate keys, keys that are no text, a second document, text that is not
// UTF-8, control characters, and more than the limits above. Appends what is wrong to `problems`;
// nothing when there is no tree to go on with. Messages call the document `what` (`plan`) and say
// of an empty one that it needs at least `needs`.
std::optional<YamlNode> ReadStrictYaml(std::string_view yaml, std::string_view file,
                                       std::string_view what, std::string_view needs,
                                       std::vector<Problem>* problems);

}  // namespace smokemesh::shared

#endif  // SMOKEMESH_SHARED_YAML_STRICT_YAML_H_
