// A table of texts that fits the terminal: columns that do not fit are left out, the least
// important first; when even the essential ones do not fit, each row becomes a small list. Pure.

#pragma once

#include <string>
#include <vector>

#include "experiments/report/terminal.hpp"

namespace stampede::report {

struct Column {
  std::string title;
  bool right_aligned = true;
  int importance = 0;  // Columns with the lowest go first; those with kEssential never.
};
inline constexpr int kEssential = 1000;

struct Field {
  std::string text;
  Colour colour = Colour::kNone;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Field>> rows;  // As many fields as columns.
};

// Lines without trailing spaces, each ended by a newline.
std::string render(const Table& table, const Terminal& terminal);

// A Markdown table with all columns.
std::string render_markdown(const Table& table);

}  // namespace stampede::report
