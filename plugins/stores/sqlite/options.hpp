// The options of the SQLite store, as declared to the host and as the store uses them. Values.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/api/plugin_config.hpp"

namespace stampede::stores::sqlite {

inline constexpr OptionSpec kOptions[] = {
    {"path", OptionType::kText, "data/stampede.db", "",
     "Database file; its directory is created when it is missing"},
    {"synchronous", OptionType::kChoice, "normal", "normal|full",
     "full: an acknowledged commit survives a power failure; normal: a crash of the process"},
    {"readers", OptionType::kInteger, "16", "1..1024",
     "Read views that can be open at once; work that waits inside a transaction holds one"},
    {"batch", OptionType::kInteger, "64", "1..64", "Most write sets in one commit"},
    {"queue", OptionType::kInteger, "4096", "1..1000000",
     "Most write sets that wait for the writer; more are refused as OVERLOADED"},
    {"busy_timeout", OptionType::kDuration, "5s", "0s..10m",
     "How long the writer waits for a lock that another program holds on the file"},
    {"in_doubt_timeout", OptionType::kDuration, "5s", "0s..10m",
     "How long beyond its deadline a caller waits for a write set that the writer has begun"},
    {"checkpoint_pages", OptionType::kInteger, "4000", "10..10000000",
     "Length of the write-ahead log from which it is copied into the database file"},
    {"gate_pages", OptionType::kInteger, "16000", "20..10000000",
     "Length from which old read views are ended so that the log can start again"},
    {"view_age", OptionType::kDuration, "20ms", "0s..10m",
     "A younger read view is given as much time to end by itself"},
    {"indexes.cart_items_cart_id", OptionType::kBoolean, "true", "", "Cart lines by cart"},
    {"indexes.user_coupons_user_coupon", OptionType::kBoolean, "true", "",
     "Granted coupons by user and coupon"},
    {"indexes.orders_user_created", OptionType::kBoolean, "true", "",
     "Orders by user and creation time"},
    {"indexes.orders_status_created", OptionType::kBoolean, "true", "",
     "Orders by status and creation time"},
    {"indexes.order_items_product", OptionType::kBoolean, "false", "", "Order lines by product"},
    {"indexes.popular_covering", OptionType::kBoolean, "false", "",
     "What popular products are computed from, and nothing else of orders and their lines"},
};

struct Options {
  Options() = default;
  explicit Options(const PluginConfig& config)
      : path(config.text("path")),
        synchronous_full(config.text("synchronous") == "full"),
        readers(static_cast<std::size_t>(config.integer("readers"))),
        batch(static_cast<std::size_t>(config.integer("batch"))),
        queue(static_cast<std::size_t>(config.integer("queue"))),
        busy_timeout(milliseconds_of(config, "busy_timeout")),
        in_doubt_timeout(config.duration("in_doubt_timeout")),
        checkpoint_pages(config.integer("checkpoint_pages")),
        gate_pages(config.integer("gate_pages")),
        view_age(config.duration("view_age")),
        index_cart_items_cart_id(config.boolean("indexes.cart_items_cart_id")),
        index_user_coupons_user_coupon(config.boolean("indexes.user_coupons_user_coupon")),
        index_orders_user_created(config.boolean("indexes.orders_user_created")),
        index_orders_status_created(config.boolean("indexes.orders_status_created")),
        index_order_items_product(config.boolean("indexes.order_items_product")),
        index_popular_covering(config.boolean("indexes.popular_covering")) {}

  std::string path;
  bool synchronous_full = false;
  std::size_t readers = 16;
  std::size_t batch = 64;
  std::size_t queue = 4096;
  std::chrono::milliseconds busy_timeout{5000};
  std::chrono::nanoseconds in_doubt_timeout = std::chrono::seconds(5);
  std::int64_t checkpoint_pages = 4000;
  std::int64_t gate_pages = 16000;
  std::chrono::nanoseconds view_age = std::chrono::milliseconds(20);
  bool index_cart_items_cart_id = true;
  bool index_user_coupons_user_coupon = true;
  bool index_orders_user_created = true;
  bool index_orders_status_created = true;
  bool index_order_items_product = false;
  bool index_popular_covering = false;

 private:
  static std::chrono::milliseconds milliseconds_of(const PluginConfig& config, const char* name) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(config.duration(name));
  }
};

}  // namespace stampede::stores::sqlite
