#include "tests/interleaving/plugins_under_test.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tests/support/postgres_cluster.hpp"

namespace stampede::test {
namespace {

constexpr int kRedisNodes = 3;
constexpr std::string_view kPostgres = "postgres";

// In memory where the system has a place for that: these tests make hundreds of databases, and what
// a disk keeps is not what they are about.
std::filesystem::path make_directory() {
  const std::filesystem::path in_memory = "/dev/shm";
  const bool usable = ::access(in_memory.c_str(), W_OK | X_OK) == 0;
  const auto parent = usable ? in_memory : std::filesystem::temp_directory_path();
  auto name = (parent / "stampede-locks-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  return name;
}

// Null for a plain strategy.
const Variant* variant_of(const std::string& name) {
  const auto* const found = std::ranges::find(kVariants, name, &Variant::name);
  return found == std::end(kVariants) ? nullptr : found;
}

std::string plugin_of(const std::string& name) {
  const auto* const variant = variant_of(name);
  return variant == nullptr ? name : variant->strategy;
}

template <typename T>
std::unique_ptr<T> made(Result<std::unique_ptr<T>> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

}  // namespace

std::vector<Pairing> pairings_of(std::span<const std::string_view> strategies,
                                 std::span<const std::string_view> stores) {
  std::vector<Pairing> pairings;
  for (const auto strategy : strategies) {
    for (const auto store : stores) pairings.push_back({std::string(strategy), std::string(store)});
  }
  return pairings;
}

Workshop::Workshop() : directory_(make_directory()), catalog_({STAMPEDE_PLUGIN_DIR}) {}

Workshop::~Workshop() {
  std::error_code left_for_the_system_to_clean;
  std::filesystem::remove_all(directory_, left_for_the_system_to_clean);
}

std::unique_ptr<Store> Workshop::store(const std::string& name) {
  plugin::Settings settings;
  if (name == "sqlite") {
    settings["path"] = directory_ / ("sale-" + std::to_string(++stores_made_) + ".db");
  }
  if (!name.starts_with(kPostgres)) return made(catalog_.create<Store>(name, settings));
  auto& cluster = testing::PostgresCluster::instance();
  settings["url"] = cluster.url();
  settings["schema"] = cluster.fresh_schema();
  settings["pool.max"] = "32";
  settings["pool.min"] = "4";  // No check is about how long a connection takes to open.
  if (name != kPostgres) settings["indexes.user_coupons_user_coupon"] = "false";
  return made(catalog_.create<Store>(std::string(kPostgres), settings));
}

std::string Workshop::missing(const std::string& name) {
  if (name.starts_with(kPostgres)) return testing::PostgresCluster::instance().missing();
  return plugin_of(name) == "redlock" ? RedisNodes::missing() : "";
}

std::string Workshop::missing(const Pairing& pairing) {
  auto strategy = missing(pairing.strategy);
  return strategy.empty() ? missing(pairing.store) : strategy;
}

std::unique_ptr<LockStrategy> Workshop::strategy(const std::string& name,
                                                 plugin::Settings settings) {
  const auto* const variant = variant_of(name);
  if (variant != nullptr) settings.emplace(variant->option, variant->value);
  const auto plugin = plugin_of(name);
  if (plugin == "redlock" && !settings.contains("urls")) {
    if (!redis_) redis_ = std::make_unique<RedisNodes>(kRedisNodes);
    settings["urls"] = redis_->urls();
    settings["nodes"] = std::to_string(redis_->count());
  }
  return made(catalog_.create<LockStrategy>(plugin, settings));
}

}  // namespace stampede::test
