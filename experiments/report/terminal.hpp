// What can be shown where the output goes, and how wide a text is there. Everything but
// detect_terminal() is pure.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stampede::report {

struct Terminal {
  bool live = false;     // Lines may be rewritten: a terminal that is not dumb.
  bool colour = false;   // live, and nobody asked for none (https://no-color.org).
  bool unicode = false;  // The locale can show block characters.
  int width = 0;         // Columns; 0: as wide as need be.
};

// What decides it; the texts are empty when not set.
struct TerminalFacts {
  bool is_terminal = false;
  int columns = 0;       // 0: not known.
  std::string term;      // $TERM
  std::string no_color;  // $NO_COLOR
  std::string locale;    // $LC_ALL, else $LC_CTYPE, else $LANG
};

Terminal terminal_for(const TerminalFacts& facts);

// Of a file descriptor, from the environment of this process.
Terminal detect_terminal(int descriptor);

enum class Colour { kNone, kGreen, kRed, kYellow, kDim, kBold };

// The text with its colour, when the terminal has colours.
std::string painted(const Terminal& terminal, Colour colour, const std::string& text);

// Columns that a UTF-8 text takes: combining marks none, East Asian wide characters and emoji two.
// Bytes that are not UTF-8 count as one each.
std::size_t display_width(std::string_view text);

// The text cut to at most `width` columns, with a mark (… or ~) where something was cut.
std::string fitted(std::string_view text, std::size_t width, bool unicode);

// The text followed by spaces, or preceded by them, up to `width` columns.
std::string padded(const std::string& text, std::size_t width, bool right_aligned);

// Control characters (a name may hold an escape sequence) become '?'.
std::string printable(std::string_view text);

}  // namespace stampede::report
