// Opening a schema: options, migrations, indexes, and what is refused.

#include "tests/plugins/stores/postgres_testing.hpp"

namespace stampede::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PostgresSchema : public PostgresTest {
 protected:
  std::string refusal() {
    try {
      make();
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(PostgresSchema, ConnectsToNothingBeforeItIsNeeded) {
  options_.url = "host=/nowhere";
  open();
  EXPECT_EQ(store().sharing(), Sharing::kNetwork);
  for (const auto form : {WriteForm::kAtomic, WriteForm::kReadThenWrite, WriteForm::kVersioned,
                          WriteForm::kLockedRead}) {
    EXPECT_TRUE(store().supports(TransactionOptions::all(form)));
  }
  EXPECT_EQ(store().ping(far_deadline()).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(buy(1).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store().read_view(far_deadline()).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store().stats().pool.active, 0);
}

TEST_F(PostgresSchema, SaysWhichOptionNamesTheServer) {
  options_.url = "";
  open();
  const auto answered = store().ping(far_deadline());
  EXPECT_EQ(answered.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answered.error().message, HasSubstr("store.url"));
}

TEST_F(PostgresSchema, RefusesOptionsThatMakeNoSense) {
  const auto good = options_;
  options_.url = "postgresql//host";
  EXPECT_THAT(refusal(), AllOf(HasSubstr("'url'"), HasSubstr("postgresql://")));
  options_ = good;
  for (const char* schema : {"", "Shop", "1st", "pg_shop", "a-b", "a\"; DROP"}) {
    options_.schema = schema;
    EXPECT_THAT(refusal(), AllOf(HasSubstr("'schema'"), HasSubstr(schema)));
  }
  options_ = good;
  options_.pool.min = 11;
  EXPECT_THAT(refusal(), HasSubstr("'pool.min'"));
}

TEST_F(PostgresSchema, MakesTheSchemaAtItsNewestVersionAndOpensItAgain) {
  open_seeded();
  EXPECT_EQ(ask("postgres_schema_version"), std::to_string(std::size(postgres::kMigrations)));
  ASSERT_TRUE(buy(1)->committed());
  open();
  EXPECT_EQ(stock(1), 9);
  EXPECT_EQ(store().seed(small_seed()).error().code, ErrorCode::kInvalid);
}

TEST_F(PostgresSchema, EightStoresCanStartAtOnceOnAnEmptyDatabase) {
  std::vector<std::thread> starters;
  std::atomic<int> ready = 0;
  for (int i = 0; i < 8; ++i) {
    starters.emplace_back([&] {
      const auto started = make();
      const auto answered = started->ping(far_deadline());
      EXPECT_TRUE(answered) << answered.error().message;
      if (answered) ++ready;
    });
  }
  for (auto& starter : starters) starter.join();
  EXPECT_EQ(ready, 8);
  open_seeded();
  EXPECT_TRUE(buy(1)->committed());
}

TEST_F(PostgresSchema, RefusesTheSchemaOfAnotherProgram) {
  {
    const auto connection = connect();
    pqxx::nontransaction(*connection).exec(sql("postgres_foreign_schema"));
  }
  options_.schema = "foreign_schema";
  open();
  const auto refused = store().ping(far_deadline());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("foreign_schema"), HasSubstr("another program")));
}

TEST_F(PostgresSchema, RefusesANewerVersion) {
  open_seeded();
  ask("postgres_newer_schema");
  open();
  const auto refused = store().ping(far_deadline());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().message, HasSubstr("version 99"));
}

TEST_F(PostgresSchema, AMigrationThatFailsLeavesNoSchemaBehind) {
  stores::QueryTimes times(postgres::kQueries);
  auto connection =
      postgres::Connection::open(*postgres::connection_string(options_.url), options_, times);
  ASSERT_TRUE(connection);
  const postgres::NamedText migrations[] = {postgres::kMigrations[0], {"0002_typo", "CREATE TYPO"}};
  const auto failed = postgres::prepare_schema(**connection, options_, migrations);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("0002_typo"));
  EXPECT_EQ(ask("postgres_schemas", options_.schema), "0");
  EXPECT_TRUE(store().ping(far_deadline()));
}

TEST_F(PostgresSchema, TakesASchemaFromBeforeThereWereSagasAndKeepsItsOrders) {
  stores::QueryTimes times(postgres::kQueries);
  auto connection =
      postgres::Connection::open(*postgres::connection_string(options_.url), options_, times);
  ASSERT_TRUE(connection);
  const auto prepared =
      postgres::prepare_schema(**connection, options_, std::span(postgres::kMigrations).first(4));
  ASSERT_TRUE(prepared) << prepared.error().message;
  ask("postgres_order_before_sagas");
  const auto id = *parse_order_id("018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f");
  const auto before = **view_of(store())->order(id);
  EXPECT_EQ(before.user, UserId{7});
  EXPECT_EQ(before.status, Order::Status::kPending);
  EXPECT_EQ(before.failure, "");
  const auto finished = run(store(), [&](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(*t.finish_order(**t.order(id), Order::Status::kFailed, "LATE"));
    EXPECT_TRUE(*t.receive("event"));
    EXPECT_TRUE(t.put_saga_step({.key = "payment", .detail = "{}"}));
    EXPECT_TRUE(t.put_relay_cursor({.sequence = 1, .owner = "relay"}));
    return Outcome::commit();
  });
  ASSERT_TRUE(finished) << finished.error().message;
  EXPECT_EQ((*view_of(store())->order(id))->failure, "LATE");
}

TEST_F(PostgresSchema, SwitchesIndexesAsItsOptionsSay) {
  open_seeded();
  EXPECT_EQ(ask("postgres_index_names"),
            "cart_items_cart_id orders_status_created orders_user_created "
            "user_coupons_user_coupon");
  options_.index_cart_items_cart_id = false;
  options_.index_user_coupons_user_coupon = false;
  options_.index_orders_user_created = false;
  options_.index_orders_status_created = false;
  open();
  ASSERT_TRUE(store().ping(far_deadline()));
  EXPECT_EQ(ask("postgres_index_names"), "");
  EXPECT_EQ((*view_of(store())->cart(UserId{1})).size(), 3U);
}

TEST_F(PostgresSchema, WithoutTheUniqueIndexOnlyALockKeepsGrantsSingle) {
  options_.index_user_coupons_user_coupon = false;
  open_seeded();
  EXPECT_FALSE(store().supports({.user = WriteForm::kAtomic}));
  EXPECT_FALSE(store().supports({.user = WriteForm::kVersioned}));
  EXPECT_TRUE(store().supports({.user = WriteForm::kReadThenWrite}));
  EXPECT_TRUE(store().supports({.user = WriteForm::kLockedRead}));
  const auto granted = run(store(), [](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(t.grant_coupon(make_grant(UserId{1}, CouponId{1})));
    return Outcome::commit();
  });
  ASSERT_FALSE(granted);
  EXPECT_EQ(granted.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(granted.error().message, HasSubstr("indexes.user_coupons_user_coupon"));
}

TEST_F(PostgresSchema, TheUniqueIndexRefusesABlindSecondGrant) {
  open_seeded();
  const auto grant = [&] {
    return run(store(), TransactionOptions::all(WriteForm::kReadThenWrite),
               [](Transaction& t) -> Result<Outcome> {
                 EXPECT_TRUE(t.grant_coupon(make_grant(UserId{1}, CouponId{1})));
                 return Outcome::commit();
               });
  };
  EXPECT_TRUE(grant()->committed());
  EXPECT_EQ(grant()->refusal, RefusalCode::kCouponAlreadyIssued);
}

TEST_F(PostgresSchema, RefusesTextsThatCannotBeStored) {
  open_seeded();
  for (const auto& key : {std::string("a\0b", 3), std::string("\xff\xfe")}) {
    const auto recorded = run(store(), [&](Transaction& t) -> Result<Outcome> {
      EXPECT_TRUE(t.record_request({key, 1, RequestRecord::Kind::kOrder, ""}));
      return Outcome::commit();
    });
    ASSERT_FALSE(recorded);
    EXPECT_EQ(recorded.error().code, ErrorCode::kInvalid) << recorded.error().message;
  }
}

TEST_F(PostgresSchema, SeedsAllOrNothing) {
  auto seed = small_seed();
  seed.users = 1000;
  ASSERT_TRUE(store().seed(seed));
  EXPECT_EQ(view_of(store())->wallets_after(UserId{0}, 2000)->size(), 1000U);
  auto other = make();
  EXPECT_EQ(other->seed(seed).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(run(*other, [](Transaction& t) {
    return t.add_to_cart(UserId{5000}, ProductId{1}, 1).map([] { return Outcome::commit(); });
  }));
}

TEST_F(PostgresSchema, OpensItsSmallestPoolTogetherWithTheFirstConnection) {
  options_.pool.min = 4;
  open();
  ASSERT_TRUE(store().ping(far_deadline()));
  EXPECT_EQ(store().stats().pool.idle, 4);
}

}  // namespace
}  // namespace stampede::testing
