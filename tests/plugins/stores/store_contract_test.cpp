// The contract of core/api/store.hpp, for every store, by name, through the Catalog.

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "experiments/check/store_checks.hpp"
#include "tests/plugins/stores/store_testing.hpp"
#include "tests/support/postgres_cluster.hpp"
#include "tests/support/show_checks.hpp"

namespace stampede::testing {
namespace {

using check::Check;

const char* const kEveryStore[] = {"memory", "sqlite", "postgres"};

class StoreContract : public ::testing::TestWithParam<std::tuple<Check, const char*>> {
 protected:
  // Empty, with data of its own.
  Result<std::unique_ptr<Store>> make_store(const std::string& name, plugin::Settings settings) {
    if (name == "sqlite") {
      settings["path"] = directory_.file("store-" + std::to_string(++stores_made_) + ".db");
    } else if (name == "postgres") {
      auto& cluster = PostgresCluster::instance();
      settings["url"] = cluster.url();
      settings["schema"] = cluster.fresh_schema();
    }
    return open_store(name, settings);
  }

  check::Subject subject_of(const std::string& name) {
    check::Subject subject;
    subject.make_store = [this, name] {
      auto made = make_store(name, {});
      if (!made) throw std::runtime_error(made.error().message);
      return std::move(*made);
    };
    subject.make_store_with = [this, name](const check::Settings& settings) {
      return make_store(name, settings);
    };
    subject.options = catalog().describe(plugin::Kind::kStore, name)->options;
    return subject;
  }

 private:
  TemporaryDirectory directory_;
  int stores_made_ = 0;
};

TEST_P(StoreContract, Keeps) {
  const auto& [check, store] = GetParam();
  if (store == std::string("postgres") && !PostgresCluster::instance().missing().empty()) {
    GTEST_SKIP() << PostgresCluster::instance().missing();
  }
  const auto report = check::run(check, subject_of(store));
  EXPECT_EQ(report.broken, "") << report.history;
  if (!report.not_applicable.empty()) GTEST_SKIP() << report.not_applicable;
}

std::vector<Check> every_check() {
  std::vector<Check> checks;
  for (const auto group : check::store_checks()) {
    checks.insert(checks.end(), group.begin(), group.end());
  }
  return checks;
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<Check, const char*>>& info) {
  return std::string(std::get<0>(info.param).promise) + "_" + std::get<1>(info.param);
}

INSTANTIATE_TEST_SUITE_P(Every, StoreContract,
                         ::testing::Combine(::testing::ValuesIn(every_check()),
                                            ::testing::ValuesIn(kEveryStore)),
                         name_of);

// What only stores within one process are: alone with their data, and without row locks.
TEST(ProcessStores, LiveInThisProcessAndHaveNoLockedReads) {
  const TemporaryDirectory directory;
  for (const std::string name : {"memory", "sqlite"}) {
    plugin::Settings settings;
    if (name == "sqlite") settings["path"] = directory.file("store.db");
    const auto store = open_store(name, settings);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->sharing(), Sharing::kProcess);
    for (const auto form : {WriteForm::kAtomic, WriteForm::kReadThenWrite, WriteForm::kVersioned}) {
      EXPECT_TRUE((*store)->supports(TransactionOptions::all(form)));
    }
    TransactionOptions locked;
    locked.coupon = WriteForm::kLockedRead;
    EXPECT_FALSE((*store)->supports(locked));
  }
}

}  // namespace
}  // namespace stampede::testing
