#include "core/plugin/options.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

#include "core/config/text.hpp"

namespace stampede::plugin {

namespace {

// Either end may be absent: "1..64", "1..", "..64". A range of "" allows everything.
template <typename T>
struct Range {
  std::optional<T> lowest;
  std::optional<T> highest;

  bool holds(const T& value) const {
    return (!lowest || value >= *lowest) && (!highest || value <= *highest);
  }
};

template <typename T, typename Parse>
std::optional<Range<T>> parse_range(std::string_view text, Parse parse) {
  Range<T> range;
  if (text.empty()) return range;
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const auto low = text.substr(0, dots);
  const auto high = text.substr(dots + 2);
  range.lowest = parse(low);
  range.highest = parse(high);
  if (range.lowest.has_value() == low.empty() || range.highest.has_value() == high.empty()) {
    return std::nullopt;
  }
  if (range.lowest && range.highest && *range.lowest > *range.highest) return std::nullopt;
  return range;
}

// Nothing when the text is of another type, or outside the range.
template <typename T, typename Parse>
std::optional<OptionValue> parse_within(std::string_view text, const char* range, Parse parse) {
  const std::optional<T> value = parse(text);
  const auto allowed = parse_range<T>(range, parse);
  if (!value || !allowed || !allowed->holds(*value)) return std::nullopt;
  return OptionValue(*value);
}

std::vector<std::string> choices_of(const OptionSpec& spec) {
  return config::split(spec.range, '|');
}

std::optional<OptionValue> parse(const OptionSpec& spec, const std::string& text) {
  switch (spec.type) {
    case OptionType::kBoolean:
      if (const auto value = config::parse_boolean(text)) return OptionValue(*value);
      return std::nullopt;
    case OptionType::kInteger:
      return parse_within<std::int64_t>(text, spec.range, config::parse_integer);
    case OptionType::kReal:
      return parse_within<double>(text, spec.range, config::parse_real);
    case OptionType::kDuration:
      return parse_within<std::chrono::nanoseconds>(text, spec.range, config::parse_duration);
    case OptionType::kText:
      return OptionValue(text);
    case OptionType::kChoice: {
      const auto choices = choices_of(spec);
      if (std::ranges::find(choices, text) != choices.end()) return OptionValue(text);
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::string expectation(const OptionSpec& spec) {
  const auto within = [&spec](const std::string& what) {
    return *spec.range == '\0' ? what : what + " within " + spec.range;
  };
  switch (spec.type) {
    case OptionType::kBoolean:
      return "true or false";
    case OptionType::kInteger:
      return within("a whole number");
    case OptionType::kReal:
      return within("a number");
    case OptionType::kDuration:
      return within("a duration such as \"130ms\"");
    case OptionType::kText:
      return "text";
    case OptionType::kChoice:
      return config::one_of(choices_of(spec));
  }
  return "a value";
}

bool is_range_sound(const OptionSpec& spec) {
  const std::string_view range = spec.range;
  switch (spec.type) {
    case OptionType::kBoolean:
    case OptionType::kText:
      return range.empty();
    case OptionType::kInteger:
      return parse_range<std::int64_t>(range, config::parse_integer).has_value();
    case OptionType::kReal:
      return parse_range<double>(range, config::parse_real).has_value();
    case OptionType::kDuration:
      return parse_range<std::chrono::nanoseconds>(range, config::parse_duration).has_value();
    case OptionType::kChoice:
      return std::ranges::none_of(choices_of(spec), &std::string::empty);
  }
  return false;
}

bool is_option_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

OptionFault unknown_option(const std::string& option, std::span<const OptionSpec> specs) {
  std::vector<std::string> known;
  for (const auto& spec : specs) known.emplace_back(spec.name);
  auto nearest = config::nearest(option, known);
  if (nearest) return {option, "unknown option", std::move(*nearest)};
  if (known.empty()) return {option, "unknown option; this plugin has none", ""};
  return {option, "unknown option; expected " + config::one_of(known), ""};
}

const OptionSpec* find(std::span<const OptionSpec> specs, std::string_view name) {
  const auto found =
      std::ranges::find(specs, name, [](const OptionSpec& s) { return std::string_view(s.name); });
  return found == specs.end() ? nullptr : &*found;
}

}  // namespace

std::string describe(const OptionFault& fault) {
  auto text = fault.option + ": " + fault.message;
  if (!fault.nearest.empty()) text += "; did you mean \"" + fault.nearest + "\"?";
  return text;
}

std::string describe(std::span<const OptionFault> faults) {
  std::string text;
  for (const auto& fault : faults) text += (text.empty() ? "" : "; ") + describe(fault);
  return text;
}

std::vector<OptionFault> check_specs(std::span<const OptionSpec> specs) {
  std::vector<OptionFault> faults;
  std::set<std::string_view> seen;
  for (const auto& spec : specs) {
    const auto has_nothing = spec.name == nullptr || spec.fallback == nullptr ||
                             spec.range == nullptr || spec.help == nullptr;
    const std::string name = spec.name == nullptr ? "(no name)" : spec.name;
    if (has_nothing) {
      faults.push_back({name, "is declared with a null pointer", ""});
      continue;
    }
    if (!is_option_name(name)) {
      faults.push_back({name, "a name holds lower-case letters, digits, \"_\" and \".\" only", ""});
    }
    if (!seen.insert(spec.name).second) faults.push_back({name, "is declared twice", ""});
    if (!is_range_sound(spec)) {
      faults.push_back({name,
                        "the range \"" + std::string(spec.range) + "\" does not suit the type " +
                            name_of(spec.type),
                        ""});
    } else if (!parse(spec, spec.fallback)) {
      faults.push_back({name,
                        "the default \"" + std::string(spec.fallback) +
                            "\" is not allowed; expected " + expectation(spec),
                        ""});
    }
  }
  return faults;
}

std::vector<OptionFault> check_settings(std::span<const OptionSpec> specs,
                                        const Settings& settings) {
  std::vector<OptionFault> faults;
  for (const auto& [option, text] : settings) {
    const auto* const spec = find(specs, option);
    if (spec == nullptr) {
      faults.push_back(unknown_option(option, specs));
    } else if (!parse(*spec, text)) {
      faults.push_back({option, "expected " + expectation(*spec) + ", got \"" + text + "\"", ""});
    }
  }
  return faults;
}

PluginConfig convert(std::span<const OptionSpec> specs, const Settings& settings) {
  std::map<std::string, OptionValue, std::less<>> values;
  for (const auto& spec : specs) {
    const auto given = settings.find(spec.name);
    auto value = parse(spec, given == settings.end() ? spec.fallback : given->second);
    if (!value) std::abort();  // The caller did not check.
    values[spec.name] = std::move(*value);
  }
  return PluginConfig(std::move(values));
}

const char* name_of(OptionType type) {
  switch (type) {
    case OptionType::kBoolean:
      return "boolean";
    case OptionType::kInteger:
      return "integer";
    case OptionType::kReal:
      return "real";
    case OptionType::kDuration:
      return "duration";
    case OptionType::kText:
      return "text";
    case OptionType::kChoice:
      return "choice";
  }
  return "unknown";
}

}  // namespace stampede::plugin
