#include "core/server/addresses.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace stampede::server {

namespace {

void check(plugin::Catalog& catalog, plugin::Kind kind, std::string_view section,
           const PluginChoice& choice, config::Faults& faults) {
  const auto info = catalog.describe(kind, choice.use);
  if (!info) return;  // Found earlier.
  for (const auto& option : info->options) {
    const std::string name = option.name;
    if (name != "url" && name != "urls" && name != "brokers") continue;
    const auto given = choice.settings.find(name);
    if (given != choice.settings.end() && !given->second.empty()) continue;
    faults.push_back({{},
                      fmt::format("{}.{}", section, name),
                      fmt::format("{} {} needs one: {}", section, choice.use, option.help)});
  }
}

}  // namespace

void check_addresses(plugin::Catalog& catalog, const ServerConfig& config, config::Faults& faults) {
  check(catalog, plugin::Kind::kStore, "store", config.store, faults);
  check(catalog, plugin::Kind::kLock, "lock", config.lock, faults);
  check(catalog, plugin::Kind::kGate, "coupon.gate", config.gate, faults);
  check(catalog, plugin::Kind::kGate, "stock.gate", config.stock_gate, faults);
  check(catalog, plugin::Kind::kRanking, "ranking", config.ranking, faults);
  check(catalog, plugin::Kind::kTransport, "transport", config.transport, faults);
}

}  // namespace stampede::server
