// The parameters of one statement, as PostgreSQL's text form: numbers, texts, order ids, and arrays
// of them. A text with a zero byte cannot be stored; it makes the parameters invalid.
//
// Plain values; belong to one thread.

#pragma once

#include <concepts>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/ids.hpp"

namespace stampede::stores::postgres {

// An array in the making: "{1,2,NULL}". Without elements it is null.
class Array {
 public:
  void add(std::int64_t value) { next() += std::to_string(value); }
  void add(std::string_view value);
  void add(const OrderId& value) { next() += to_string(value); }
  template <typename Value>
  void add(const std::optional<Value>& value) {
    if (value) {
      add(*value);
    } else {
      next() += "NULL";
    }
  }

  bool empty() const { return text_.empty(); }
  bool is_storable() const { return storable_; }
  std::string text() const { return text_ + '}'; }

 private:
  std::string& next() {
    text_ += text_.empty() ? '{' : ',';
    return text_;
  }

  std::string text_;
  bool storable_ = true;
};

class Parameters {
 public:
  template <typename... Values>
  explicit Parameters(const Values&... values) {
    (add(values), ...);
  }

  void add(std::int64_t value) { put(std::to_string(value)); }
  void add(int value) { put(std::to_string(value)); }
  void add(const OrderId& value) { put(to_string(value)); }
  void add(std::string_view value) {
    storable_ = storable_ && value.find('\0') == std::string_view::npos;
    put(std::string(value));
  }
  void add(const std::string& value) { add(std::string_view(value)); }
  void add(const char* value) { add(std::string_view(value)); }
  void add(const Array& array) {
    storable_ = storable_ && array.is_storable();
    if (array.empty()) {
      pointers_.push_back(nullptr);
    } else {
      put(array.text());
    }
  }
  template <typename Value>
  void add(const std::optional<Value>& value) {
    if (value) {
      add(*value);
    } else {
      pointers_.push_back(nullptr);
    }
  }

  // Null for null; they live as long as the parameters.
  const std::vector<const char*>& pointers() const { return pointers_; }
  bool are_storable() const { return storable_; }

 private:
  void put(std::string text) {
    texts_.push_back(std::move(text));
    pointers_.push_back(texts_.back().c_str());
  }

  std::deque<std::string> texts_;  // Never moves what it holds.
  std::vector<const char*> pointers_;
  bool storable_ = true;
};

}  // namespace stampede::stores::postgres
