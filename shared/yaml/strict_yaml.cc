#include "shared/yaml/strict_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/text.h"

namespace smokemesh::shared {
namespace {

constexpr int kMaxShownProblems = 100;
constexpr std::string_view kNoClosingQuote =
    "a quoted value does not end: the closing quote is missing";

// Thrown by the handler to leave yaml-cpp's parser; caught in ReadStrictYaml.
struct Stop {};

// The text behind the marks of yaml-cpp, which count lines and bytes from 0.
class Source {
 public:
  explicit Source(std::string_view text) : text_(text), starts_{0} {
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  // What stands at a mark and after it.
  std::string_view From(const YAML::Mark& mark) const { return text_.substr(Offset(mark)); }

  // The place as people count: from 1, and characters, not bytes. Remembers the last place, because
  // marks come in order and lines can be as long as the text.
  Position At(const YAML::Mark& mark) {
    const size_t offset = Offset(mark);
    if (mark.line != line_ || offset < offset_) {
      line_ = mark.line;
      offset_ = LineStart(mark.line);
      column_ = 1;
    }
    for (; offset_ < offset; ++offset_) {
      if ((static_cast<unsigned char>(text_[offset_]) & 0xc0) != 0x80) ++column_;
    }
    return {mark.line + 1, column_};
  }

 private:
  size_t LineStart(int line) const {
    const bool exists = line >= 0 && static_cast<size_t>(line) < starts_.size();
    return exists ? starts_[static_cast<size_t>(line)] : text_.size();
  }
  size_t Offset(const YAML::Mark& mark) const {
    return std::min(LineStart(mark.line) + static_cast<size_t>(mark.column), text_.size());
  }

  const std::string_view text_;
  std::vector<size_t> starts_;  // of lines
  int line_ = -1;
  size_t offset_ = 0;
  int column_ = 1;
};

// Whether the quoted value that `text` begins with has its closing quote. yaml-cpp takes the end of
// the file for one.
bool IsClosed(std::string_view text) {
  if (text.empty() || (text[0] != '"' && text[0] != '\'')) return true;
  const char quote = text[0];
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return true;
      ++i;
    }
  }
  return false;
}

// Builds the tree from yaml-cpp's events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view yaml, std::string_view file, std::string what,
              std::vector<Problem>* problems)
      : source_(yaml), file_(file), what_(std::move(what)), problems_(*problems) {}

  std::optional<YamlNode> TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    Refuse(source_.At(mark), absl::StrCat("a second document begins here: a ", what_,
                                          " is one document, so write one file for each ", what_));
    throw Stop();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = NewNode(mark, "?", anchor);
    Attach(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Refuse(source_.At(mark),
           "aliases (*name) are not supported: write the value out, or use a "
           "variable");
    YamlNode node = NewNode(mark, "?", 0);
    node.kind = YamlNode::Kind::kRefused;
    Attach(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = NewNode(mark, tag, anchor);
    if (node.kind != YamlNode::Kind::kRefused) node.kind = YamlNode::Kind::kScalar;
    node.text = value;
    node.quoted = tag != "?";
    if (value.find('\0') != std::string::npos) {
      Refuse(node.position, "a NUL character cannot be part of a value");
      node.kind = YamlNode::Kind::kRefused;
    }
    if (node.quoted && !IsClosed(source_.From(mark))) {
      Refuse(node.position, std::string(kNoClosingQuote));
      node.kind = YamlNode::Kind::kRefused;
    }
    Attach(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or a map that has not ended yet.
  struct Frame {
    YamlNode node;
    YamlNode::Kind kind;               // of the events, also when the node is refused
    std::optional<YamlNode> key;       // of the value that comes next
    std::map<std::string, int> known;  // keys so far, and their lines
  };

  void Refuse(const Position& place, std::string message) {
    if (problems_.size() >= kMaxShownProblems) throw Stop();
    problems_.push_back({std::string(file_), place.line, place.column, std::move(message)});
  }

  YamlNode NewNode(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    YamlNode node;
    node.position = source_.At(mark);
    if (++nodes_ > kMaxYamlNodes) {
      Refuse(node.position, absl::StrCat("the ", what_, " has more than ", kMaxYamlNodes,
                                         " values: split it into several"));
      throw Stop();
    }
    const std::string_view text = source_.From(mark);
    if (anchor != 0) {
      Refuse(node.position,
             "anchors (&name) are not supported: write the value out, or use a "
             "variable");
      node.kind = YamlNode::Kind::kRefused;
    }
    // yaml-cpp writes "?" for a plain value and "!" for a quoted one, but "!" also for the bare
    // tag.
    if (text.starts_with('!') || (tag != "?" && tag != "!" && !tag.empty())) {
      Refuse(node.position,
             "tags (!name) are not supported: fields have the types of the plan "
             "reference; write text in quotes");
      node.kind = YamlNode::Kind::kRefused;
    }
    return node;
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    YamlNode node = NewNode(mark, tag, anchor);
    if (stack_.size() >= kMaxYamlDepth) {
      Refuse(node.position,
             absl::StrCat("more than ", kMaxYamlDepth, " levels of lists and maps in each other"));
      throw Stop();
    }
    if (node.kind != YamlNode::Kind::kRefused) node.kind = kind;
    stack_.push_back({std::move(node), kind, std::nullopt, {}});
  }

  void Close() {
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    Attach(std::move(node));
  }

  void Attach(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& parent = stack_.back();
    if (parent.kind == YamlNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
      return;
    }
    if (!parent.key.has_value()) {
      CheckKey(&parent, &node);
      parent.key = std::move(node);
      return;
    }
    if (parent.key->kind == YamlNode::Kind::kScalar) {
      parent.node.keys.push_back({std::move(parent.key->text), parent.key->position});
      parent.node.items.push_back(std::move(node));
    }
    parent.key.reset();
  }

  void CheckKey(Frame* parent, YamlNode* key) {
    switch (key->kind) {
      case YamlNode::Kind::kRefused:
        return;
      case YamlNode::Kind::kNull:
        Refuse(key->position, "a key is missing before \":\"");
        break;
      case YamlNode::Kind::kList:
      case YamlNode::Kind::kMap:
        Refuse(key->position,
               "a key must be a word, not a list or a map; if this is a value that begins with "
               "{{, put it in quotes: \"{{name}}\"");
        break;
      case YamlNode::Kind::kScalar:
        if (key->text == "<<" && !key->quoted) {
          Refuse(key->position, "merge keys (<<) are not supported: write the fields out");
          break;
        }
        if (const auto [first, is_new] = parent->known.emplace(key->text, key->position.line);
            !is_new) {
          Refuse(key->position,
                 absl::StrCat("\"", Shorten(key->text, 64),
                              "\" is here twice: the first one is on line ", first->second));
          break;
        }
        return;
    }
    key->kind = YamlNode::Kind::kRefused;
  }

  Source source_;
  const std::string_view file_;
  const std::string what_;
  std::vector<Problem>& problems_;
  std::vector<Frame> stack_;
  std::optional<YamlNode> root_;
  int documents_ = 0;
  int nodes_ = 0;
};

// Reports the first bytes that are no text. YAML allows no control characters but tab and line end.
bool IsText(std::string_view yaml, std::string_view file, const std::string& what,
            std::vector<Problem>* problems) {
  int line_number = 0;
  while (!yaml.empty()) {
    ++line_number;
    const size_t end = std::min(yaml.find('\n'), yaml.size());
    std::string line(yaml.substr(0, end));
    yaml.remove_prefix(std::min(end + 1, yaml.size()));
    if (!line.empty() && line.back() == '\r') line.pop_back();
    for (char& c : line) {
      if (c == '\t') c = ' ';
    }
    const std::string escaped = EscapeControl(line);
    if (escaped == line) continue;
    size_t at = 0;
    while (escaped[at] == line[at]) ++at;
    problems->push_back(
        {std::string(file), line_number, static_cast<int>(at) + 1,
         absl::StrCat("the character ", escaped.substr(at, escaped[at + 1] == 'x' ? 4 : 2),
                      " cannot stand in a ", what,
                      ": save the file as UTF-8, and write control "
                      "characters as escapes in double quotes")});
    return false;
  }
  return true;
}

// yaml-cpp's messages as sentences that say what to do.
std::string Explain(const std::string& message) {
  const auto has = [&](std::string_view part) {
    return absl::StrContains(message, absl::string_view(part.data(), part.size()));
  };
  if (has("tab")) return "a tab cannot indent: use spaces";
  if (has("end of map not found") || has("end of sequence not found")) {
    return "the indentation does not fit, or a value that holds \": \" or \"#\" needs quotes: "
           "entries of one list or map begin in the same column";
  }
  if (has("end of map flow not found")) {
    return "a map in {…} does not end here as it should: check commas, the closing }, and quotes "
           "around values that hold { } [ ] , or \": \"";
  }
  if (has("end of sequence flow not found")) {
    return "a list in […] does not end here as it should: check commas, the closing ], and quotes "
           "around values that hold { } [ ] , or \": \"";
  }
  if (has("illegal map value")) {
    return "\": \" cannot stand here: put a value that holds it in quotes, or check the "
           "indentation";
  }
  if (has("illegal block entry")) return "\"- \" cannot stand here: check the indentation";
  if (has("illegal flow end")) return "a ] or } without its beginning; put the value in quotes";
  if (has("illegal EOF in scalar") || has("illegal document indicator in scalar")) {
    return std::string(kNoClosingQuote);
  }
  if (has("anchor") || has("alias")) {
    return "anchors (&name) and aliases (*name) are not supported; a value that begins with & or * "
           "needs quotes";
  }
  if (has("EOF")) return "the file ends in the middle of a value";
  if (has("escape")) {
    return absl::StrCat("double quotes: ", message,
                        "; write a backslash as \\\\ or use single quotes");
  }
  if (has("unexpected character in block scalar") || has("block")) {
    return absl::StrCat("the text block is not well formed: ", message);
  }
  if (has("unknown token")) {
    return "this character cannot begin a value: put the value in quotes";
  }
  return absl::StrCat("this is not YAML: ", message);
}

// Column of the tab that a line is indented with, or 0.
int ColumnOfIndentingTab(std::string_view yaml, int line) {
  for (int i = 1; i < line; ++i) {
    const size_t end = yaml.find('\n');
    if (end == std::string_view::npos) return 0;
    yaml.remove_prefix(end + 1);
  }
  const size_t tab = yaml.find_first_not_of(' ');
  return tab != std::string_view::npos && yaml[tab] == '\t' ? static_cast<int>(tab) + 1 : 0;
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) return &items[i];
  }
  return nullptr;
}

std::optional<YamlNode> ReadStrictYaml(std::string_view yaml, std::string_view file,
                                       std::string_view what, std::string_view needs,
                                       std::vector<Problem>* problems) {
  const std::string name(what);
  if (yaml.size() > kMaxYamlBytes) {
    problems->push_back({std::string(file), 0, 0,
                         absl::StrCat("the ", name, " has ", yaml.size(), " bytes; at most ",
                                      kMaxYamlBytes, " are read: split it into several")});
    return std::nullopt;
  }
  if (!IsText(yaml, file, name, problems)) return std::nullopt;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (yaml.starts_with(kByteOrderMark)) yaml.remove_prefix(kByteOrderMark.size());
  TreeBuilder builder(yaml, file, name, problems);
  try {
    std::istringstream input{std::string(yaml)};
    YAML::Parser parser(input);
    // The second call finds out whether there is a second document.
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
  } catch (const Stop&) {
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    Position place;
    if (error.mark.line >= 0) place = Source(yaml).At(error.mark);
    // What follows a problem on the same line is most often its consequence.
    if (problems->empty() || problems->back().line != place.line) {
      const int tab = ColumnOfIndentingTab(yaml, place.line);
      problems->push_back({std::string(file), place.line, tab > 0 ? tab : place.column,
                           Explain(tab > 0 ? "tab" : error.msg)});
    }
    return std::nullopt;
  }
  std::optional<YamlNode> root = builder.TakeRoot();
  if (!root.has_value() || root->kind == YamlNode::Kind::kNull) {
    problems->push_back(
        {std::string(file), 0, 0,
         absl::StrCat("the ", name, " is empty: it needs at least ", std::string(needs))});
    return std::nullopt;
  }
  return root;
}

}  // namespace smokemesh::shared
