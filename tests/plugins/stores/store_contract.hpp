// The promises of core/api/store.hpp that every store keeps: each test runs once per store, by
// name, through the Catalog.

#pragma once

#include <string>

#include "tests/plugins/stores/store_testing.hpp"
#include "tests/support/postgres_cluster.hpp"

namespace stampede::testing {

inline const char* const kEveryStore[] = {"memory", "sqlite", "postgres"};
// Those of them that no other process shares.
inline const char* const kProcessStores[] = {"memory", "sqlite"};

class StoreContract : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (is_postgres()) {
      auto& cluster = PostgresCluster::instance();
      if (!cluster.missing().empty()) GTEST_SKIP() << cluster.missing();
      schema_ = cluster.fresh_schema();
    }
    reopen();
  }

  // A second store, or the same data again for a store that keeps any.
  void reopen(plugin::Settings settings = {}) {
    store_.reset();
    if (std::string(GetParam()) == "sqlite") settings["path"] = directory_.file("store.db");
    if (is_postgres()) {
      settings["url"] = PostgresCluster::instance().url();
      settings["schema"] = schema_;
    }
    auto made = open_store(GetParam(), settings);
    if (!made) throw std::runtime_error(made.error().message);
    store_ = std::move(*made);
  }

  // For what a unique index would prevent.
  void reopen_without_unique_index() {
    reopen(is_postgres() ? plugin::Settings{{"indexes.user_coupons_user_coupon", "false"}}
                         : plugin::Settings{});
  }

  bool is_postgres() const { return std::string(GetParam()) == "postgres"; }

  Store& store() { return *store_; }

  void seed(const Seed& seed = small_seed()) {
    const auto seeded = store().seed(seed);
    ASSERT_TRUE(seeded) << seeded.error().message;
  }

  // Runs it and expects a commit.
  void commit(Work::Body body) { commit(TransactionOptions{}, std::move(body)); }
  void commit(const TransactionOptions& options, Work::Body body) {
    const auto outcome = run(store(), options, std::move(body));
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_TRUE(outcome->committed()) << static_cast<int>(outcome->refusal);
  }

  std::int64_t stock(std::int64_t id) { return (*view_of(store())->product(ProductId{id}))->stock; }
  std::int64_t balance(std::int64_t id) {
    return (*view_of(store())->wallet(UserId{id}))->balance.minor;
  }
  std::int64_t issued(std::int64_t id) { return (*view_of(store())->coupon(CouponId{id}))->issued; }

 private:
  TemporaryDirectory directory_;
  std::string schema_;
  std::unique_ptr<Store> store_;
};

inline std::string name_of_store(const ::testing::TestParamInfo<const char*>& info) {
  return info.param;
}

}  // namespace stampede::testing
