#include "tests/tidy/source_text.hpp"

#include <cctype>

namespace stampede::tidy {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source) {}

  SourceText read() {
    while (at_ < source_.size()) {
      if (looking_at("//")) {
        skip_until("\n", 0);
      } else if (looking_at("/*")) {
        skip_until("*/", 2);
      } else if (looking_at("R\"") && !in_word()) {
        read_raw_literal();
      } else if (source_[at_] == '"') {
        read_literal();
      } else if (source_[at_] == '\'' && !in_word()) {  // 1'000 holds no character literal.
        skip_character();
      } else {
        keep(source_[at_++]);
      }
    }
    text_.code.push_back(line_);
    return std::move(text_);
  }

 private:
  bool looking_at(std::string_view word) const { return source_.substr(at_).starts_with(word); }

  bool in_word() const {
    return at_ > 0 && (std::isalnum(static_cast<unsigned char>(source_[at_ - 1])) != 0 ||
                       source_[at_ - 1] == '_');
  }

  void keep(char c) {
    if (c == '\n') {
      text_.code.push_back(line_);
      line_.clear();
      return;
    }
    line_ += c;
    if (std::isspace(static_cast<unsigned char>(c)) == 0) joins_ = false;
  }

  // Only the line breaks of what is passed over remain.
  void skip(std::size_t count) {
    for (const char c : source_.substr(at_, count)) {
      if (c == '\n') keep(c);
    }
    at_ += count;
  }

  void skip_until(std::string_view end, std::size_t and_past) {
    const auto found = source_.find(end, at_ + and_past);
    skip(found == std::string_view::npos ? source_.size() - at_ : found + and_past - at_);
  }

  void skip_character() {
    std::size_t length = 1;
    while (at_ + length < source_.size() && source_[at_ + length] != '\'') {
      length += source_[at_ + length] == '\\' ? 2 : 1;
    }
    keep('\'');
    skip(length + 1);
    keep('\'');
  }

  void read_literal() {
    std::size_t length = 1;
    while (at_ + length < source_.size() && source_[at_ + length] != '"') {
      length += source_[at_ + length] == '\\' ? 2 : 1;
    }
    add_literal(source_.substr(at_ + 1, length - 1));
    skip(length + 1);
  }

  void read_raw_literal() {
    const auto open = source_.find('(', at_);
    if (open == std::string_view::npos) return skip(2);
    const auto end = ")" + std::string(source_.substr(at_ + 2, open - at_ - 2)) + "\"";
    const auto close = source_.find(end, open);
    if (close == std::string_view::npos) return skip(2);
    add_literal(source_.substr(open + 1, close - open - 1));
    skip(close + end.size() - at_);
  }

  void add_literal(std::string_view text) {
    if (joins_) {
      text_.literals.back().text += text;
    } else {
      text_.literals.push_back({text_.code.size() + 1, std::string(text)});
    }
    line_ += "\"\"";
    joins_ = true;
  }

  const std::string_view source_;
  std::size_t at_ = 0;
  std::string line_;
  bool joins_ = false;  // Nothing but white space and comments since the last literal.
  SourceText text_;
};

}  // namespace

SourceText take_apart(std::string_view source) { return Reader(source).read(); }

}  // namespace stampede::tidy
