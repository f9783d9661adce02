#include "core/server/service_stores.hpp"

#include <string>
#include <utility>

namespace stampede::server {

namespace {

// The store's settings with the service's name behind its `path` ("-user-coupon") or its `schema`
// ("_user_coupon").
plugin::Settings settings_for(const ServerConfig& config, const plugin::PluginInfo& store,
                              std::string_view service) {
  auto settings = config.store.settings;
  for (const auto& option : store.options) {
    const std::string name = option.name;
    if (name != "path" && name != "schema") continue;
    auto& value = settings.try_emplace(name, option.fallback).first->second;
    value = name == "path" ? saga::path_for(value, service) : saga::schema_for(value, service);
  }
  return settings;
}

}  // namespace

Result<ServiceBackings> make_service_backings(const ServerConfig& config,
                                              plugin::Catalog& catalog) {
  const auto info = catalog.describe(plugin::Kind::kStore, config.store.use);
  if (!info) return Unexpected(info.error());
  ServiceBackings backings;
  for (std::size_t i = 0; i < backings.size(); ++i) {
    if (!config.services.test(i)) continue;
    const auto settings = settings_for(config, *info, saga::kAreaNames.at(i));
    auto store = catalog.create<Store>(config.store.use, settings);
    if (!store) return Unexpected(store.error());
    auto lock = catalog.create<LockStrategy>(config.lock.use, config.lock.settings);
    if (!lock) return Unexpected(lock.error());
    backings.at(i) = {*std::move(store), *std::move(lock)};
  }
  return backings;
}

}  // namespace stampede::server
