// The options of the PostgreSQL store, as declared to the host and as the store uses them. Values.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "core/api/plugin_config.hpp"

namespace stampede::stores::postgres {

inline constexpr OptionSpec kOptions[] = {
    {"url", OptionType::kText, "", "",
     "The server: postgresql://user:password@host:port/database, or key=value pairs of libpq"},
    {"schema", OptionType::kText, "stampede", "",
     "The schema that holds everything; it is created when it is missing"},
    {"pool.min", OptionType::kInteger, "0", "0..1000",
     "Connections opened together with the first one, and kept when nobody needs them"},
    {"pool.max", OptionType::kInteger, "10", "1..1000", "Most connections at once"},
    {"pool.timeout", OptionType::kDuration, "5s", "1ms..10m",
     "How long a caller waits for a free connection before it is refused as POOL_TIMEOUT"},
    {"pool.max_lifetime", OptionType::kDuration, "30m", "100ms..24h",
     "An older connection is replaced"},
    {"isolation", OptionType::kChoice, "read_committed",
     "read_committed|repeatable_read|serializable", "The isolation of transactions"},
    {"synchronous_commit", OptionType::kChoice, "on", "on|off",
     "off: a commit is acknowledged before it is on disk; a crash of the server loses the last "
     "ones"},
    {"indexes.cart_items_cart_id", OptionType::kBoolean, "true", "", "Cart lines by cart"},
    {"indexes.user_coupons_user_coupon", OptionType::kBoolean, "true", "",
     "Granted coupons by user and coupon, unique; without it only a lock prevents a double grant"},
    {"indexes.orders_user_created", OptionType::kBoolean, "true", "",
     "Orders by user and creation time"},
    {"indexes.orders_status_created", OptionType::kBoolean, "true", "",
     "Orders by status and creation time"},
    {"indexes.order_items_product", OptionType::kBoolean, "false", "", "Order lines by product"},
    {"indexes.popular_covering", OptionType::kBoolean, "false", "",
     "What popular products are computed from, and nothing else of orders and their lines"},
};

enum class Isolation { kReadCommitted, kRepeatableRead, kSerializable };

struct PoolOptions {
  std::size_t min = 0;
  std::size_t max = 10;
  std::chrono::nanoseconds timeout = std::chrono::seconds(5);
  std::chrono::nanoseconds max_lifetime = std::chrono::minutes(30);
};

struct Options {
  Options() = default;
  explicit Options(const PluginConfig& config)
      : url(config.text("url")),
        schema(config.text("schema")),
        pool{.min = static_cast<std::size_t>(config.integer("pool.min")),
             .max = static_cast<std::size_t>(config.integer("pool.max")),
             .timeout = config.duration("pool.timeout"),
             .max_lifetime = config.duration("pool.max_lifetime")},
        isolation(isolation_of(config.text("isolation"))),
        synchronous_commit(config.text("synchronous_commit") == "on"),
        index_cart_items_cart_id(config.boolean("indexes.cart_items_cart_id")),
        index_user_coupons_user_coupon(config.boolean("indexes.user_coupons_user_coupon")),
        index_orders_user_created(config.boolean("indexes.orders_user_created")),
        index_orders_status_created(config.boolean("indexes.orders_status_created")),
        index_order_items_product(config.boolean("indexes.order_items_product")),
        index_popular_covering(config.boolean("indexes.popular_covering")) {}

  std::string url;
  std::string schema = "stampede";
  PoolOptions pool;
  Isolation isolation = Isolation::kReadCommitted;
  bool synchronous_commit = true;
  bool index_cart_items_cart_id = true;
  bool index_user_coupons_user_coupon = true;
  bool index_orders_user_created = true;
  bool index_orders_status_created = true;
  bool index_order_items_product = false;
  bool index_popular_covering = false;

 private:
  static Isolation isolation_of(const std::string& name) {
    if (name == "serializable") return Isolation::kSerializable;
    return name == "repeatable_read" ? Isolation::kRepeatableRead : Isolation::kReadCommitted;
  }
};

}  // namespace stampede::stores::postgres
