// Which plugins the suites for lock strategies run, and how a test gets them. A new strategy or
// store inherits every promise by its name in one of these lists.

#pragma once

#include <filesystem>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/catalog.hpp"
#include "tests/support/redis_nodes.hpp"

namespace stampede::test {

// Every strategy that claims to be correct, some of them with settings: see kVariants.
inline constexpr std::string_view kCorrectStrategies[] = {
    "global",        "per_user",    "per_user_row_lock", "per_product",      "optimistic",
    "atomic",        "pessimistic", "advisory",          "advisory_product", "advisory_global",
    "single_writer", "redlock",     "redlock_product",   "redlock_global"};
// Those of them that hold a lock from before guarded() until the answer, if only one of this
// process, and keep out who wants the same product for the same user.
inline constexpr std::string_view kLockingStrategies[] = {
    "global", "per_user", "per_user_row_lock", "per_product", "single_writer", "redlock"};
// The one that is not correct, and proves that the tests notice.
inline constexpr std::string_view kBaseline[] = {"unprotected"};
inline constexpr std::string_view kStores[] = {"memory", "sqlite", "postgres"};
// Those of them that need no server.
inline constexpr std::string_view kProcessStores[] = {"memory", "sqlite"};
// Where the baseline can do all its damage: a unique index would prevent some of it.
inline constexpr std::string_view kBaselineStores[] = {"memory", "sqlite", "postgres_unindexed"};

// A strategy under settings of its own, by a name for the lists above.
struct Variant {
  std::string_view name;
  const char* strategy;
  const char* option;
  const char* value;
};
inline constexpr Variant kVariants[] = {
    {"per_user_row_lock", "per_user", "stock", "row_lock"},
    {"advisory_product", "advisory", "scope", "product"},
    {"advisory_global", "advisory", "scope", "global"},
    {"redlock_product", "redlock", "scope", "product"},
    {"redlock_global", "redlock", "scope", "global"},
};

// A strategy on a store.
struct Pairing {
  std::string strategy;
  std::string store;
};
inline std::ostream& operator<<(std::ostream& out, const Pairing& pairing) {
  return out << pairing.strategy << " on " << pairing.store;
}
// The given strategies, each on every one of the stores.
std::vector<Pairing> pairings_of(std::span<const std::string_view> strategies,
                                 std::span<const std::string_view> stores = kStores);

// Makes plugins, and removes what their stores kept in files. Outlives what it made.
class Workshop {
 public:
  Workshop();
  ~Workshop();
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  // Why plugins of this name, or one of this pairing, cannot run on this machine, or "".
  static std::string missing(const std::string& name);
  static std::string missing(const Pairing& pairing);

  // Empty, with data of its own. Throws std::runtime_error when it cannot be made.
  std::unique_ptr<Store> store(const std::string& name);
  // The name of a strategy, or of a variant. `redlock` gets servers of this workshop's own, unless
  // the settings name others.
  std::unique_ptr<LockStrategy> strategy(const std::string& name, plugin::Settings settings = {});

 private:
  std::filesystem::path directory_;
  int stores_made_ = 0;
  std::unique_ptr<RedisNodes> redis_;  // Started when a strategy needs them.
  plugin::Catalog catalog_;
};

}  // namespace stampede::test
