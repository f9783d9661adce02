// The options of one plugin: declared by the plugin as plain data, checked and converted by the
// host before the plugin sees them. Plugins never see YAML or text that was not validated.

#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace stampede {

enum class OptionType : std::uint32_t { kBoolean, kInteger, kReal, kDuration, kText, kChoice };

// Plain data with static lifetime, so that it can be read from any plugin that fits the ABI.
// Names may be dotted: "indexes.cart_items_cart_id".
struct OptionSpec {
  const char* name;
  OptionType type;
  const char* fallback;  // The default, written as a user would: "true", "64", "130ms", "full".
  const char* range;     // "1..64" (inclusive) for numbers and durations, "normal|full" for
                         // choices, "" for anything.
  const char* help;      // One line.
};

using OptionValue = std::variant<bool, std::int64_t, double, std::chrono::nanoseconds, std::string>;

// Every declared option has a value here. Asking for one that was not declared, or as another
// type, is a bug in the plugin and aborts.
class PluginConfig {
 public:
  PluginConfig() = default;
  explicit PluginConfig(std::map<std::string, OptionValue, std::less<>> values)
      : values_(std::move(values)) {}

  bool boolean(std::string_view name) const { return get<bool>(name); }
  std::int64_t integer(std::string_view name) const { return get<std::int64_t>(name); }
  double real(std::string_view name) const { return get<double>(name); }
  std::chrono::nanoseconds duration(std::string_view name) const {
    return get<std::chrono::nanoseconds>(name);
  }
  // For kText and kChoice.
  const std::string& text(std::string_view name) const { return get<std::string>(name); }

 private:
  template <typename T>
  const T& get(std::string_view name) const {
    const auto found = values_.find(name);
    if (found == values_.end() || !std::holds_alternative<T>(found->second)) std::abort();
    return std::get<T>(found->second);
  }

  std::map<std::string, OptionValue, std::less<>> values_;
};

}  // namespace stampede
