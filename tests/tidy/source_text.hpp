// A C++ source file taken apart just far enough for the tidy rules: what is code, and what is text.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stampede::tidy {

struct Literal {
  std::size_t line;  // Where it starts, from 1.
  std::string text;  // As written between the quotes.
};

struct SourceText {
  // The lines with comments and the insides of literals blanked.
  std::vector<std::string> code;
  // String literals, raw ones included. Neighbours that the compiler joins are joined here too.
  std::vector<Literal> literals;
};

SourceText take_apart(std::string_view source);

}  // namespace stampede::tidy
