#include "experiments/report/table.hpp"

#include <algorithm>
#include <numeric>

namespace stampede::report {
namespace {

constexpr std::size_t kGap = 2;

std::vector<std::size_t> widths_of(const Table& table) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    widths.push_back(display_width(table.columns[c].title));
    for (const auto& row : table.rows) {
      widths[c] = std::max(widths[c], display_width(row[c].text));
    }
  }
  return widths;
}

std::size_t total_width(const std::vector<std::size_t>& shown,
                        const std::vector<std::size_t>& widths) {
  std::size_t total = shown.empty() ? 0 : kGap * (shown.size() - 1);
  for (const std::size_t column : shown) total += widths[column];
  return total;
}

// The columns that fit; nothing when even the essential ones do not.
std::vector<std::size_t> columns_that_fit(const Table& table,
                                          const std::vector<std::size_t>& widths, int limit) {
  std::vector<std::size_t> shown(table.columns.size());
  std::iota(shown.begin(), shown.end(), std::size_t{0});
  while (limit > 0 && total_width(shown, widths) > static_cast<std::size_t>(limit)) {
    const auto least = std::ranges::min_element(
        shown, {}, [&](std::size_t column) { return table.columns[column].importance; });
    if (table.columns[*least].importance >= kEssential) return {};
    shown.erase(least);
  }
  return shown;
}

void trim_end(std::string& line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
}

std::string render_stacked(const Table& table, const Terminal& terminal) {
  std::size_t titles = 0;
  for (std::size_t c = 1; c < table.columns.size(); ++c) {
    titles = std::max(titles, display_width(table.columns[c].title));
  }
  const auto limit = static_cast<std::size_t>(terminal.width);
  std::string text;
  for (const auto& row : table.rows) {
    text += painted(terminal, Colour::kBold, fitted(row[0].text, limit, terminal.unicode)) + "\n";
    for (std::size_t c = 1; c < table.columns.size(); ++c) {
      if (row[c].text.empty()) continue;
      const std::string head = "  " + padded(table.columns[c].title, titles, false) + "  ";
      const std::size_t room = limit > head.size() ? limit - head.size() : 1;
      text += head + painted(terminal, row[c].colour, fitted(row[c].text, room, terminal.unicode)) +
              "\n";
    }
  }
  return text;
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '|' || c == '`' || c == '*' || c == '_' || c == '<') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

}  // namespace

std::string render(const Table& table, const Terminal& terminal) {
  const auto widths = widths_of(table);
  const auto shown = columns_that_fit(table, widths, terminal.width);
  if (shown.empty()) return render_stacked(table, terminal);
  std::string text;
  const auto add_line = [&](const auto& field_of) {
    std::string line;
    for (const std::size_t c : shown) {
      if (!line.empty()) line += std::string(kGap, ' ');
      const Field field = field_of(c);
      const std::string cell = padded(field.text, widths[c], table.columns[c].right_aligned);
      line += painted(terminal, field.colour, cell);
    }
    trim_end(line);
    text += line + "\n";
  };
  add_line([&](std::size_t c) { return Field{table.columns[c].title, Colour::kBold}; });
  for (const auto& row : table.rows) {
    add_line([&](std::size_t c) { return row[c]; });
  }
  return text;
}

std::string render_markdown(const Table& table) {
  std::string text = "|";
  for (const Column& column : table.columns) text += " " + escaped(column.title) + " |";
  text += "\n|";
  for (const Column& column : table.columns) text += column.right_aligned ? " ---: |" : " :--- |";
  text += "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const Field& field : row) text += " " + escaped(field.text) + " |";
    text += "\n";
  }
  return text;
}

}  // namespace stampede::report
