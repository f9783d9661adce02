// Appends JSON to a string: no tree, no streams, no locale. Commas are placed by the writer; that
// braces match is the caller's duty. Belongs to one thread; lives as long as the string it fills.

#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace stampede::http {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  // The name of the next member, which must need no escaping.
  JsonWriter& key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    separate_next_ = false;
    return *this;
  }

  JsonWriter& integer(std::int64_t value) {
    separate();
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out_.append(digits, end);
    return *this;
  }

  // Shortest form that reads back equal; null when it is not finite.
  JsonWriter& real(double value);
  JsonWriter& boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
    return *this;
  }
  JsonWriter& null() {
    separate();
    out_ += "null";
    return *this;
  }
  // Quoted and escaped. Bytes that are not UTF-8 become U+FFFD.
  JsonWriter& text(std::string_view value);

  // Text that is part of one value already: after key(), or after another raw().
  JsonWriter& raw(std::string_view json) {
    out_ += json;
    separate_next_ = true;
    return *this;
  }

 private:
  JsonWriter& open(char bracket) {
    separate();
    out_ += bracket;
    separate_next_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    separate_next_ = true;
    return *this;
  }
  void separate() {
    if (separate_next_) out_ += ',';
    separate_next_ = true;
  }

  std::string& out_;
  bool separate_next_ = false;
};

// `value` quoted and escaped, appended to `out`.
void append_json_text(std::string& out, std::string_view value);

}  // namespace stampede::http
