#include "coordinator/plan/sql_text.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace smokemesh::coordinator {
namespace {

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

// Length of the template or the character that `text` begins with; neither may be cut in two.
size_t PieceLength(std::string_view text) {
  if (text.starts_with("$${")) return 3;  // a literal `${`
  if (text.starts_with("{{")) {
    const size_t end = text.find("}}");
    if (end != std::string_view::npos) return end + 2;
  } else if (text.starts_with("${")) {
    int depth = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text.substr(i).starts_with("${")) {
        ++depth;
        ++i;
      } else if (text[i] == '}' && --depth == 0) {
        return i + 1;
      }
    }
  }
  size_t length = 1;
  while (length < 4 && length < text.size() &&
         (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) {
    ++length;
  }
  return length;
}

class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  SqlFacts Scan() {
    while (i_ < sql_.size()) {
      const char c = sql_[i_];
      if (c == ';' && atomic_depth_ == 0) {
        in_statement_ = false;
        ++i_;
      } else if (IsSpace(c)) {
        ++i_;
      } else if (Starts("--")) {
        i_ = std::min(sql_.find('\n', i_), sql_.size());
      } else if (Starts("/*")) {
        SkipComment();
      } else {
        if (!in_statement_) ++facts_.statements;
        in_statement_ = true;
        SkipToken(c);
      }
    }
    return facts_;
  }

 private:
  bool Starts(std::string_view text) const { return sql_.substr(i_, text.size()) == text; }

  // Comments nest in PostgreSQL.
  void SkipComment() {
    int depth = 0;
    do {
      if (Starts("/*")) {
        ++depth;
        i_ += 2;
      } else if (Starts("*/")) {
        --depth;
        i_ += 2;
      } else {
        ++i_;
      }
    } while (depth > 0 && i_ < sql_.size());
  }

  // A doubled quote ends one literal and begins the next, which comes to the same.
  void SkipQuoted(char quote, bool backslash_escapes) {
    ++i_;
    while (i_ < sql_.size() && sql_[i_] != quote) {
      i_ += backslash_escapes && sql_[i_] == '\\' ? 2 : 1;
    }
    i_ = std::min(i_ + 1, sql_.size());
  }

  void SkipToken(char c) {
    if (c == '\'' || c == '"') return SkipQuoted(c, false);
    if (c == '$') return SkipDollar();
    if (!IsNameCharacter(c)) {
      ++i_;
      return;
    }
    const size_t start = i_;
    while (i_ < sql_.size() && (IsNameCharacter(sql_[i_]) || sql_[i_] == '$')) ++i_;
    const std::string word =
        absl::AsciiStrToLower(absl::string_view(sql_.data() + start, i_ - start));
    if (word == "e" && i_ < sql_.size() && sql_[i_] == '\'') return SkipQuoted('\'', true);
    if (word == "atomic" && last_word_ == "begin") atomic_depth_ = 1;
    // Within the body `case … end` nests; the `end` on the outer level closes the body.
    if (atomic_depth_ > 0 && word == "case") ++atomic_depth_;
    if (atomic_depth_ > 0 && word == "end") --atomic_depth_;
    last_word_ = word;
  }

  void SkipDollar() {
    size_t end = i_ + 1;
    while (end < sql_.size() && IsDigit(sql_[end])) ++end;
    if (end > i_ + 1) {
      int number = 0;
      for (size_t k = i_ + 1; k < end; ++k)
        number = std::min(number * 10 + (sql_[k] - '0'), 99'999);
      facts_.greatest_parameter = std::max(facts_.greatest_parameter, number);
      i_ = end;
      return;
    }
    while (end < sql_.size() && IsNameCharacter(sql_[end])) ++end;
    if (end >= sql_.size() || sql_[end] != '$') {  // no dollar quote
      ++i_;
      return;
    }
    const std::string_view tag = sql_.substr(i_, end + 1 - i_);
    const size_t close = sql_.find(tag, end + 1);
    i_ = close == std::string_view::npos ? sql_.size() : close + tag.size();
  }

  const std::string_view sql_;
  size_t i_ = 0;
  bool in_statement_ = false;
  int atomic_depth_ = 0;
  std::string last_word_;
  SqlFacts facts_;
};

}  // namespace

SqlFacts LookAtSql(std::string_view sql) { return Scanner(sql).Scan(); }

std::string FirstWords(std::string_view text, int count) {
  constexpr size_t kMaxBytes = 80;
  std::string out;
  size_t i = 0;
  for (int words = 0;; ++words) {
    while (i < text.size() && IsSpace(text[i])) ++i;
    if (i >= text.size()) return out;
    size_t end = i;
    while (end < text.size() && !IsSpace(text[end])) end += PieceLength(text.substr(end));
    if (words == count || out.size() + (end - i) > kMaxBytes) {
      if (out.empty()) {  // one long word: cut it between two characters or templates
        size_t cut = i;
        while (cut - i + PieceLength(text.substr(cut)) <= kMaxBytes) {
          cut += PieceLength(text.substr(cut));
        }
        if (cut == i) cut += PieceLength(text.substr(i));
        out = std::string(text.substr(i, cut - i));
        if (cut == end) return end == text.size() ? out : absl::StrCat(out, "…");
      }
      return absl::StrCat(out, "…");
    }
    if (!out.empty()) out += ' ';
    out += std::string(text.substr(i, end - i));
    i = end;
  }
}

}  // namespace smokemesh::coordinator
