#include "core/server/services_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/api/transport.hpp"
#include "core/config/text.hpp"
#include "core/server/schema.hpp"

namespace stampede::server {

namespace {

std::vector<std::string> service_names(bool and_all) {
  std::vector<std::string> names(saga::kAreaNames.begin(), saga::kAreaNames.end());
  if (and_all) names.emplace_back(kAllServices);
  return names;
}

void add_fault(const config::Tree& tree, const std::string& key, std::string message,
               config::Faults& faults) {
  const auto* written = tree.at(key);
  faults.push_back(
      {written == nullptr ? config::Origin{} : written->origin, key, std::move(message)});
}

void read_hosted(config::MapReader& root, ServerConfig& config) {
  constexpr std::string_view kKey = "services";
  if (root.child(kKey) == nullptr) return;
  const auto names = root.texts(kKey);
  if (names.size() == 1 && names.front() == kAllServices) return;
  saga::Areas hosted;
  for (const auto& name : names) {
    const auto service = saga::area_named(name);
    if (!service) {
      const bool is_list = names.size() > 1;
      root.fault(kKey,
                 fmt::format("expected {}, got \"{}\"{}",
                             is_list ? config::one_of(service_names(false))
                                     : "all, or a list of " + config::one_of(service_names(false)),
                             name, config::suggestion(name, service_names(!is_list))));
    } else if (hosted.test(saga::index_of(*service))) {
      root.fault(kKey, fmt::format("{} is named twice", name));
    } else {
      hosted.set(saga::index_of(*service));
    }
  }
  if (names.empty()) {
    root.fault(kKey, fmt::format("a process hosts at least one: expected all, or a list of {}",
                                 config::one_of(service_names(false))));
  }
  if (hosted.any()) config.services = hosted;
}

// "http://host:port", with nothing behind it.
bool is_address(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return false;
  const auto rest = url.substr(kScheme.size());
  const auto colon = rest.rfind(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  if (rest.substr(0, colon).find_first_of("/? ,@") != std::string_view::npos) return false;
  const auto port = config::parse_integer(rest.substr(colon + 1));
  return port && *port >= 1 && *port <= 65'535;
}

void read_peers(config::MapReader& root, ServerConfig& config) {
  constexpr std::string_view kKey = "peers";
  for (auto url : root.texts(kKey)) {
    while (url.ends_with('/')) url.pop_back();
    if (is_address(url)) {
      config.peers.push_back(std::move(url));
    } else {
      root.fault(kKey,
                 fmt::format("expected addresses such as http://127.0.0.1:9001, got \"{}\"", url));
    }
  }
}

}  // namespace

void read_services(config::MapReader& root, ServerConfig& config) {
  read_hosted(root, config);
  read_peers(root, config);
  auto listener = root.map("service_listener");
  auto& options = config.service_listener;
  options.address = listener.text("address", options.address);
  options.port = static_cast<std::uint16_t>(listener.integer("port", options.port, 0, 65'535));
  listener.finish();
}

void give_peers(plugin::Catalog& catalog, ServerConfig& config) {
  constexpr char kOption[] = "peers";
  auto& transport = config.transport;
  if (config.peers.empty() || transport.settings.contains(kOption)) return;
  const auto info = catalog.describe(plugin::Kind::kTransport, transport.use);
  if (!info) return;  // Found by whoever reads the choice.
  const bool takes_them = std::ranges::any_of(
      info->options, [&](const auto& option) { return std::string_view(option.name) == kOption; });
  if (takes_them) transport.settings[kOption] = fmt::format("{}", fmt::join(config.peers, ","));
}

void check_services(const config::Tree& tree, const ServerConfig& config, config::Faults& faults) {
  if (config.topology == Topology::kServices) return;
  if (!config.services.all()) {
    add_fault(tree, "services", "some of the services: needs topology: services", faults);
  }
  if (!config.peers.empty()) add_fault(tree, "peers", "needs topology: services", faults);
}

void check_reach(plugin::Catalog& catalog, const config::Tree& tree, const ServerConfig& config,
                 config::Faults& faults) {
  if (config.services.all()) return;
  const auto transport = catalog.create<Transport>(config.transport.use, config.transport.settings);
  if (!transport) return add_fault(tree, "transport.use", transport.error().message, faults);
  // Who hears of an event before publish() returns is either called, or here.
  const bool stays = (*transport)->synchronous() && (*transport)->door() == nullptr;
  if (!stays) return;
  add_fault(tree, "transport.use",
            fmt::format("{} carries events within one process, and this one hosts only: {}; choose "
                        "http or kafka",
                        config.transport.use, saga::names_of(config.services)),
            faults);
}

}  // namespace stampede::server
