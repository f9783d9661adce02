#include "plugins/stores/postgres/parameters.hpp"

namespace stampede::stores::postgres {

// Always quoted, so that "NULL", commas and braces are only text.
void Array::add(std::string_view value) {
  auto& text = next();
  text += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    if (c == '\0') storable_ = false;
    text += c;
  }
  text += '"';
}

}  // namespace stampede::stores::postgres
