#include "coordinator/plan/selection.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/status_macros.h"
#include "shared/text.h"

namespace smokemesh::coordinator {

// One operator or word. `and` and `or` have two or more operands, `not` has one.
struct Selection::Node {
  enum class Kind { kWord, kNot, kAnd, kOr };
  Kind kind = Kind::kWord;
  std::string word;
  std::vector<std::shared_ptr<const Node>> operands;

  bool Holds(const std::function<bool(const std::string&)>& word_holds) const {
    const auto holds = [&](const auto& operand) { return operand->Holds(word_holds); };
    switch (kind) {
      case Kind::kWord:
        return word_holds(word);
      case Kind::kNot:
        return !holds(operands[0]);
      case Kind::kAnd:
        return std::all_of(operands.begin(), operands.end(), holds);
      case Kind::kOr:
        return std::any_of(operands.begin(), operands.end(), holds);
    }
    return false;
  }

  void AppendWords(std::vector<std::string>* words) const {
    if (kind == Kind::kWord) words->push_back(word);
    for (const auto& operand : operands) operand->AppendWords(words);
  }

  // Recursive descent over one expression.
  //
  //   or   = and { "or" and }
  //   and  = not { "and" not }
  //   not  = "not" not | "(" or ")" | word
  class Parser {
   public:
    explicit Parser(std::string_view text) : text_(text) { Advance(); }

    absl::StatusOr<std::shared_ptr<const Node>> Parse() {
      ASSIGN_OR_RETURN(auto root, Chain(Kind::kOr, 0));
      if (token_.empty()) return root;
      if (token_ == ")") return Error("a ) without its (");
      return Error(absl::StrCat("\"and\" or \"or\" is missing before ", Shown()));
    }

   private:
    static constexpr int kMaxDepth = 64;

    static bool IsWordCharacter(char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ||
             c == '.' || c == ':';
    }

    void Advance() {
      while (end_ < text_.size() && absl::ascii_isspace(static_cast<unsigned char>(text_[end_]))) {
        ++end_;
      }
      start_ = end_;
      while (end_ < text_.size() && IsWordCharacter(text_[end_])) ++end_;
      if (end_ == start_ && end_ < text_.size()) ++end_;
      token_ = text_.substr(start_, end_ - start_);
    }

    std::string Shown() const {
      return token_.empty()
                 ? "the end"
                 : absl::StrCat("\"", shared::EscapeControl(shared::Shorten(token_, 40)), "\"");
    }

    absl::Status Error(const std::string& what) const {
      return absl::InvalidArgumentError(absl::StrCat("column ", start_ + 1, ": ", what));
    }

    absl::StatusOr<std::shared_ptr<const Node>> Chain(Kind join, int depth) {
      auto node = std::make_shared<Node>();
      node->kind = join;
      while (true) {
        ASSIGN_OR_RETURN(auto operand, join == Kind::kOr ? Chain(Kind::kAnd, depth) : Not(depth));
        node->operands.push_back(std::move(operand));
        if (token_ != (join == Kind::kOr ? "or" : "and")) break;
        Advance();
      }
      if (node->operands.size() == 1) return node->operands[0];
      return node;
    }

    absl::StatusOr<std::shared_ptr<const Node>> Not(int depth) {
      if (depth > kMaxDepth) return Error("too many levels of ( and not");
      if (token_ == "(") {
        Advance();
        ASSIGN_OR_RETURN(auto inner, Chain(Kind::kOr, depth + 1));
        if (token_ != ")") return Error(absl::StrCat("a ) is missing before ", Shown()));
        Advance();
        return inner;
      }
      auto node = std::make_shared<Node>();
      if (token_ == "not") {
        Advance();
        node->kind = Kind::kNot;
        ASSIGN_OR_RETURN(auto operand, Not(depth + 1));
        node->operands.push_back(std::move(operand));
        return node;
      }
      if (token_.empty() || token_ == "and" || token_ == "or" || !IsWordCharacter(token_[0])) {
        return Error(absl::StrCat("a word is missing before ", Shown(),
                                  ": write words joined by and, or, not, ( and )"));
      }
      node->word = std::string(token_);
      Advance();
      return node;
    }

    const std::string_view text_;
    size_t start_ = 0;
    size_t end_ = 0;
    std::string_view token_;
  };
};

Selection::Selection() = default;

absl::StatusOr<Selection> Selection::Parse(std::string_view expression) {
  constexpr size_t kMaxBytes = 4096;
  if (expression.size() > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "column ", kMaxBytes, ": the expression is longer than ", kMaxBytes, " characters"));
  }
  Selection selection;
  if (absl::StripAsciiWhitespace(absl::string_view(expression.data(), expression.size())).empty()) {
    return selection;
  }
  ASSIGN_OR_RETURN(selection.root_, Node::Parser(expression).Parse());
  return selection;
}

bool Selection::MatchesTags(const std::vector<std::string>& tags) const {
  if (root_ == nullptr) return true;
  return root_->Holds([&](const std::string& word) {
    return std::find(tags.begin(), tags.end(), word) != tags.end();
  });
}

bool Selection::MatchesName(std::string_view name) const {
  if (root_ == nullptr) return true;
  const std::string lower = absl::AsciiStrToLower(absl::string_view(name.data(), name.size()));
  return root_->Holds([&](const std::string& word) {
    return lower.find(absl::AsciiStrToLower(word)) != std::string::npos;
  });
}

bool Selection::IsContradiction() const {
  constexpr size_t kMaxWords = 10;
  std::vector<std::string> words = Words();
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  if (root_ == nullptr || words.size() > kMaxWords) return false;
  for (size_t chosen = 0; chosen < size_t{1} << words.size(); ++chosen) {
    std::vector<std::string> tags;
    for (size_t i = 0; i < words.size(); ++i) {
      if ((chosen >> i & 1) != 0) tags.push_back(words[i]);
    }
    if (MatchesTags(tags)) return false;
  }
  return true;
}

std::vector<std::string> Selection::Words() const {
  std::vector<std::string> words;
  if (root_ != nullptr) root_->AppendWords(&words);
  return words;
}

}  // namespace smokemesh::coordinator
