#include "experiments/report/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace stampede::report {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
};

// The first code point of a text that is not empty; a byte that begins none stands for itself.
CodePoint first_code_point(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text.front());
  std::size_t bytes = 1;
  if (byte >= 0xF0 && byte < 0xF8) bytes = 4;
  if (byte >= 0xE0 && byte < 0xF0) bytes = 3;
  if (byte >= 0xC2 && byte < 0xE0) bytes = 2;
  if (bytes == 1 || text.size() < bytes) return {byte, 1};
  char32_t value = byte & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) return {byte, 1};
    value = (value << 6) | (next & 0x3FU);
  }
  return {value, bytes};
}

using Range = std::pair<char32_t, char32_t>;

// The blocks of combining marks and of zero-width characters.
constexpr std::array<Range, 8> kNoWidth{{{0x0300, 0x036F},
                                         {0x0483, 0x0489},
                                         {0x0591, 0x05BD},
                                         {0x1AB0, 0x1AFF},
                                         {0x200B, 0x200F},
                                         {0x20D0, 0x20FF},
                                         {0xFE00, 0xFE0F},
                                         {0xFE20, 0xFE2F}}};
// East Asian Width W and F (UAX #11), and emoji.
constexpr std::array<Range, 10> kDoubleWidth{{{0x1100, 0x115F},
                                              {0x2E80, 0x303E},
                                              {0x3041, 0x33FF},
                                              {0x3400, 0x4DBF},
                                              {0x4E00, 0x9FFF},
                                              {0xAC00, 0xD7A3},
                                              {0xF900, 0xFAFF},
                                              {0xFF00, 0xFF60},
                                              {0x1F300, 0x1FAFF},
                                              {0x20000, 0x3FFFD}}};

template <std::size_t kSize>
bool is_in(const std::array<Range, kSize>& ranges, char32_t value) {
  return std::ranges::any_of(
      ranges, [&](const Range& range) { return value >= range.first && value <= range.second; });
}

std::size_t width_of(char32_t value) {
  if (is_in(kNoWidth, value)) return 0;
  return is_in(kDoubleWidth, value) ? 2 : 1;
}

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::kGreen:
      return "\033[32m";
    case Colour::kRed:
      return "\033[31m";
    case Colour::kYellow:
      return "\033[33m";
    case Colour::kDim:
      return "\033[2m";
    case Colour::kBold:
      return "\033[1m";
    case Colour::kNone:
      break;
  }
  return "";
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Terminal terminal_for(const TerminalFacts& facts) {
  Terminal terminal;
  terminal.live = facts.is_terminal && facts.term != "dumb";
  terminal.colour = terminal.live && facts.no_color.empty();
  terminal.unicode = facts.locale.find("UTF-8") != std::string::npos ||
                     facts.locale.find("utf8") != std::string::npos ||
                     facts.locale.find("UTF8") != std::string::npos ||
                     facts.locale.find("utf-8") != std::string::npos;
  if (facts.is_terminal) terminal.width = facts.columns > 0 ? facts.columns : 80;
  return terminal;
}

Terminal detect_terminal(int descriptor) {
  TerminalFacts facts;
  facts.is_terminal = isatty(descriptor) == 1;
  winsize size{};
  if (facts.is_terminal && ioctl(descriptor, TIOCGWINSZ, &size) == 0) facts.columns = size.ws_col;
  facts.term = environment("TERM");
  facts.no_color = environment("NO_COLOR");
  facts.locale = environment("LC_ALL");
  if (facts.locale.empty()) facts.locale = environment("LC_CTYPE");
  if (facts.locale.empty()) facts.locale = environment("LANG");
  return terminal_for(facts);
}

std::string painted(const Terminal& terminal, Colour colour, const std::string& text) {
  if (!terminal.colour || colour == Colour::kNone || text.empty()) return text;
  return std::string(code_of(colour)) + text + "\033[0m";
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    width += width_of(next.value);
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string fitted(std::string_view text, std::size_t width, bool unicode) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::string result;
  std::size_t used = 0;
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    if (used + width_of(next.value) > width - 1) break;
    used += width_of(next.value);
    result += text.substr(0, next.bytes);
    text.remove_prefix(next.bytes);
  }
  return result + (unicode ? "…" : "~");
}

std::string padded(const std::string& text, std::size_t width, bool right_aligned) {
  const std::size_t used = display_width(text);
  const std::string spaces(used < width ? width - used : 0, ' ');
  return right_aligned ? spaces + text : text + spaces;
}

std::string printable(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return result;
}

}  // namespace stampede::report
