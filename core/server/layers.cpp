#include "core/server/layers.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace stampede::server {

namespace {

constexpr std::string_view kPrefix = "STAMPEDE_";
constexpr std::array<std::string_view, 6> kTopLevel{"ADMIN", "PEERS",    "PLUGINS",
                                                    "SEED",  "SERVICES", "TOPOLOGY"};

// "SERVER__PORT" is "server.port".
std::string key_of(std::string_view variable) {
  std::string key;
  for (std::size_t i = 0; i < variable.size(); ++i) {
    if (variable.substr(i, 2) == "__") {
      key += '.';
      ++i;
    } else {
      const char c = variable[i];
      key += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
  }
  return key;
}

bool is_setting(std::string_view variable) {
  return variable.find("__") != std::string_view::npos ||
         std::find(kTopLevel.begin(), kTopLevel.end(), variable) != kTopLevel.end();
}

}  // namespace

config::Tree environment_layer(const Environment& environment, config::Faults& faults) {
  auto sorted = environment;  // The process's own order is arbitrary.
  std::sort(sorted.begin(), sorted.end());
  auto layer = config::Tree::map();
  for (const auto& [name, value] : sorted) {
    if (!name.starts_with(kPrefix)) continue;
    const auto variable = std::string_view(name).substr(kPrefix.size());
    if (!is_setting(variable)) continue;
    config::apply_setting(layer, key_of(variable) + "=" + value, name, faults);
  }
  return layer;
}

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

config::Tree settings_layer(std::span<const std::string> settings, config::Faults& faults) {
  auto layer = config::Tree::map();
  for (const auto& setting : settings) config::apply_setting(layer, setting, "--set", faults);
  return layer;
}

}  // namespace stampede::server
