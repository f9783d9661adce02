#include "core/server/printable.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/dotted.hpp"
#include "core/config/text.hpp"
#include "core/server/schema.hpp"

namespace stampede::server {

namespace {

class Printer {
 public:
  void put(std::string_view path, std::string value) {
    config::set_at(tree_, path, config::Tree::scalar_of(std::move(value)));
  }
  void put(std::string_view path, std::string_view value) { put(path, std::string(value)); }
  template <std::integral Integer>
  void put(std::string_view path, Integer value) {
    put(path, std::to_string(value));
  }
  void put(std::string_view path, bool value) { put(path, std::string(value ? "true" : "false")); }
  void put(std::string_view path, double value) { put(path, fmt::format("{}", value)); }
  void put(std::string_view path, std::chrono::nanoseconds value) {
    put(path, config::format_duration(value));
  }

  void put_list(std::string_view path, const std::vector<std::string>& texts) {
    config::Tree list;
    list.kind = config::Tree::Kind::kList;
    for (const auto& text : texts) list.items.push_back(config::Tree::scalar_of(text));
    config::set_at(tree_, path, std::move(list));
  }

  // A plugin's options, with the declared default of each that was not given.
  void put_plugin(plugin::Catalog& catalog, plugin::Kind kind, const std::string& section,
                  const PluginChoice& choice) {
    put(section + ".use", choice.use);
    const auto info = catalog.describe(kind, choice.use);
    if (!info) return;  // Checked before: there is nothing to say about a plugin that is not there.
    for (const auto& spec : info->options) {
      const auto given = choice.settings.find(spec.name);
      put(section + "." + spec.name,
          given == choice.settings.end() ? std::string(spec.fallback) : given->second);
    }
  }

  // Puts back what was written wherever a secret was filled in, and hides what is named like one.
  void hide(const config::Tree& written, const std::string& path) {
    for (const auto& [key, value] : written.entries) {
      const auto inner_path = config::key_path(path, key);
      if (value.is_map()) {
        hide(value, inner_path);
      } else if (value.is_scalar()) {
        hide_scalar(value, key, inner_path);
      }
    }
  }

  config::Tree take() { return std::move(tree_); }

 private:
  void hide_scalar(const config::Tree& value, const std::string& key, const std::string& path) {
    constexpr std::string_view kSuffix = "_file";
    if (key.size() > kSuffix.size() && key.ends_with(kSuffix)) {
      remove(path.substr(0, path.size() - kSuffix.size()));
      put(path, value.scalar);
    } else if (value.scalar.find("${") != std::string::npos) {
      put(path, value.scalar);
    } else if (is_secret_name(key)) {
      put(path, std::string("<redacted>"));
    }
  }

  void remove(const std::string& path) {
    const auto dot = path.rfind('.');
    auto* map = dot == std::string::npos ? &tree_ : find(path.substr(0, dot));
    if (map == nullptr) return;
    const auto key = dot == std::string::npos ? path : path.substr(dot + 1);
    std::erase_if(map->entries, [&](const auto& entry) { return entry.key == key; });
  }

  config::Tree* find(const std::string& path) {
    auto* at = &tree_;
    for (const auto& part : config::split(path, '.')) {
      at = at->find(part);
      if (at == nullptr) return nullptr;
    }
    return at;
  }

  config::Tree tree_ = config::Tree::map();
};

void put_server(Printer& print, const ServerConfig& config) {
  print.put("topology", word_of(kTopologies, config.topology));
  if (config.services.all()) {
    print.put("services", kAllServices);
  } else {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < saga::kAreaCount; ++i) {
      if (config.services.test(i)) names.emplace_back(saga::kAreaNames.at(i));
    }
    print.put_list("services", names);
  }
  print.put("service_listener.address", config.service_listener.address);
  print.put("service_listener.port", config.service_listener.port);
  print.put_list("peers", config.peers);
  print.put("server.address", config.http.address);
  print.put("server.port", config.http.port);
  print.put("server.workers", config.workers);
  print.put("server.queue", config.queue);
  print.put("server.io_threads", config.http.io_threads);
  print.put("server.request_timeout", config.http.request_timeout);
  print.put("server.keep_alive_timeout", config.http.keep_alive_timeout);
  print.put("server.drain_timeout", config.http.drain_timeout);
  print.put("server.max_connections", config.http.max_connections);
  print.put("server.max_body", config.http.max_body_bytes);
}

void put_rest(Printer& print, const ServerConfig& config) {
  print.put("saga.timeout", config.saga.timeout);
  print.put("saga.sweep", config.saga.sweep);
  print.put("saga.compensation", word_of(kCompensations, config.saga.compensation));
  print.put("saga.relay.batch", config.saga.relay.batch);
  print.put("saga.relay.poll", config.saga.relay.poll);
  print.put("saga.relay.lease", config.saga.relay.lease);
  print.put("chaos.duplicate", config.chaos.duplicate);
  print.put("chaos.reorder", config.chaos.reorder);
  print.put("chaos.handler_delay", config.chaos.handler_delay);
  print.put("orders.write", word_of(kWrites, config.stock.write));
  print.put("orders.payment.placement", word_of(kPlacements, config.orders.payment));
  print.put("orders.payment.latency", config.payments.latency);
  print.put("orders.payment.jitter", config.payments.jitter);
  print.put("orders.payment.failure_rate", config.payments.failure_rate);
  print.put("orders.read_write_pause", config.orders.read_write_pause);
  print.put("log.level", word_of(kLogLevels, config.log.level));
  print.put("log.requests", word_of(kRequestLogging, config.log.requests));
  print.put("log.sample", config.log.sample);
  print.put("log.file", config.log.file);
  std::vector<std::string> plugins;
  for (const auto& path : config.plugins) plugins.push_back(path.string());
  print.put_list("plugins", plugins);
  print.put("admin", config.admin);
  print.put("seed", config.seed);
}

}  // namespace

config::Tree printable(const ServerConfig& config, plugin::Catalog& catalog,
                       const config::Tree& written) {
  Printer print;
  put_server(print, config);
  print.put_plugin(catalog, plugin::Kind::kFrontend, "http", config.frontend);
  print.put("http.dialect", kDialects.front().first);
  print.put_plugin(catalog, plugin::Kind::kStore, "store", config.store);
  print.put_plugin(catalog, plugin::Kind::kLock, "lock", config.lock);
  print.put("lock.timeout", config.lock_timeout);
  print.put_plugin(catalog, plugin::Kind::kTransport, "transport", config.transport);
  print.put("transport.key", word_of(kEventKeys, config.saga.key));
  print.put_plugin(catalog, plugin::Kind::kGate, "coupon.gate", config.gate);
  print.put("coupon.gate_at", word_of(kGatePlaces, config.issuing.gate_at));
  print.put("coupon.sweep.interval", config.issuing.sweep_interval);
  print.put("coupon.sweep.age", config.issuing.sweep_age);
  print.put_plugin(catalog, plugin::Kind::kGate, "stock.gate", config.stock_gate);
  print.put("stock.deals", config.stock.deals);
  print.put("stock.sweep.interval", config.stock.sweep_interval);
  print.put("stock.sweep.age", config.stock.sweep_age);
  print.put_plugin(catalog, plugin::Kind::kRanking, "ranking", config.ranking);
  if (config.ranking.use != kNoGate) print.put("ranking.every", config.ranking_every);
  put_rest(print, config);
  print.hide(written, "");
  return print.take();
}

}  // namespace stampede::server
