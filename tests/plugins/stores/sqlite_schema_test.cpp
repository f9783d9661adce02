// Opening a file: migrations, indexes, and the files that are refused.

#include <gmock/gmock.h>

#include <fstream>

#include "tests/plugins/stores/sqlite_testing.hpp"

namespace stampede::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SqliteSchema : public SqliteTest {};

TEST_F(SqliteSchema, MakesTheDirectoryAndTheNewestVersion) {
  options_.path = directory_.file("a/b/store.db");
  open();
  EXPECT_EQ(ask(text_of(sqlite::Query::kSchemaVersionRead)),
            std::to_string(std::size(sqlite::kMigrations)));
}

TEST_F(SqliteSchema, KeepsItsDataWhenItIsOpenedAgain) {
  open_seeded();
  ASSERT_TRUE(place(1)->committed());
  open();
  EXPECT_TRUE(is_stored(1));
  EXPECT_EQ((*view_of(store())->product(ProductId{1}))->stock, 9);
  EXPECT_EQ(store().seed(small_seed()).error().code, ErrorCode::kInvalid);
}

TEST_F(SqliteSchema, RefusesANewerVersionAndLeavesTheFileAlone) {
  open_seeded();
  close();
  {
    SQLite::Database database(options_.path, SQLite::OPEN_READWRITE);
    database.exec(sql("newer_schema"));
  }
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr(options_.path), HasSubstr("version 99"),
                    HasSubstr("up to " + std::to_string(std::size(sqlite::kMigrations)))));
  EXPECT_EQ(ask(text_of(sqlite::Query::kSchemaVersionRead)), "99");
}

TEST_F(SqliteSchema, AppliesAllMigrationsOrNone) {
  const auto good = sql("foreign_table");
  const sqlite::NamedText migrations[] = {{"0001_good", good.c_str()},
                                          {"0002_bad", "no such verb"}};
  stores::QueryTimes times{sqlite::kQueries};
  {
    sqlite::Connection connection(options_, times);
    try {
      sqlite::prepare_schema(connection, options_.path, migrations);
      FAIL() << "the second migration cannot have worked";
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("0002_bad"), HasSubstr("syntax error")));
    }
  }
  EXPECT_EQ(ask(sql("object_count")), "0");
}

TEST_F(SqliteSchema, AppliesOnlyTheMigrationsThatAreMissing) {
  const auto second = sql("foreign_table");
  const sqlite::NamedText migrations[] = {sqlite::kMigrations[0], {"0002_notes", second.c_str()}};
  stores::QueryTimes times{sqlite::kQueries};
  for (const std::size_t newest : {1U, 2U, 2U}) {
    sqlite::Connection connection(options_, times);
    sqlite::prepare_schema(connection, options_.path, std::span(migrations).first(newest));
    EXPECT_EQ(ask(text_of(sqlite::Query::kSchemaVersionRead)), std::to_string(newest));
  }
}

TEST_F(SqliteSchema, TakesAFileFromBeforeThereWereSagasAndKeepsItsOrders) {
  stores::QueryTimes times{sqlite::kQueries};
  {
    sqlite::Connection connection(options_, times);
    sqlite::prepare_schema(connection, options_.path, std::span(sqlite::kMigrations).first(1));
    connection.script(sql("sqlite_order_before_sagas").c_str());
  }
  open();
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

TEST_F(SqliteSchema, RefusesTheDatabaseOfAnotherProgram) {
  {
    SQLite::Database database(options_.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec(sql("foreign_table"));
  }
  EXPECT_THAT(refusal(), HasSubstr("another program"));
  EXPECT_EQ(ask(sql("object_count")), "1");
}

TEST_F(SqliteSchema, RefusesAFileThatIsNoDatabase) {
  std::ofstream(options_.path) << "This is a text, and long enough to be taken for a header: "
                               << std::string(200, '.');
  EXPECT_THAT(refusal(), AllOf(HasSubstr(options_.path), HasSubstr("not an SQLite database")));
}

TEST_F(SqliteSchema, NamesAPathThatCannotBeMade) {
  std::ofstream(directory_.file("file")) << "x";
  options_.path = directory_.file("file/store.db");
  EXPECT_THAT(refusal(), AllOf(HasSubstr(options_.path), HasSubstr("directory")));
  options_.path = directory_.path().string();
  EXPECT_THAT(refusal(), HasSubstr(options_.path));
}

TEST_F(SqliteSchema, RefusesASecondStoreOnTheFileUntilTheFirstIsGone) {
  open();
  try {
    const sqlite::SqliteStore second(options_);
    FAIL() << "both have it";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(options_.path), HasSubstr("in use by process"),
                                    HasSubstr(std::to_string(::getpid()))));
  }
  EXPECT_TRUE(store().ping(far_deadline()));
  close();
  EXPECT_EQ(refusal(), "");
}

TEST_F(SqliteSchema, CreatesAndDropsTheIndexesThatTheOptionsName) {
  open();
  EXPECT_EQ(
      ask(sql("index_names")),
      "cart_items_cart_id orders_status_created orders_user_created user_coupons_user_coupon");
  options_.index_cart_items_cart_id = false;
  options_.index_orders_status_created = false;
  open();
  EXPECT_EQ(ask(sql("index_names")), "orders_user_created user_coupons_user_coupon");
  options_.index_cart_items_cart_id = true;
  options_.index_orders_status_created = true;
  options_.index_user_coupons_user_coupon = false;
  options_.index_orders_user_created = false;
  open();
  EXPECT_EQ(ask(sql("index_names")), "cart_items_cart_id orders_status_created");
}

TEST_F(SqliteSchema, ReadsThroughAnIndexWhereThereIsOneAndThroughTheTableElsewhere) {
  const auto plan = [&](sqlite::Query query) {
    SQLite::Database database(options_.path, SQLite::OPEN_READWRITE);
    SQLite::Statement explain(database, sql("explain") + " " + text_of(query));
    std::string steps;
    while (explain.executeStep()) steps += explain.getColumn(3).getString() + "\n";
    return steps;
  };
  open();
  EXPECT_THAT(plan(sqlite::Query::kCartByUser), HasSubstr("INDEX cart_items_cart_id"));
  EXPECT_THAT(plan(sqlite::Query::kUserCoupon), HasSubstr("INDEX user_coupons_user_coupon"));
  EXPECT_THAT(plan(sqlite::Query::kUserCouponInsertIfNone),
              HasSubstr("INDEX user_coupons_user_coupon"));
  EXPECT_THAT(plan(sqlite::Query::kOrdersByUserPage),
              AllOf(HasSubstr("INDEX orders_user_created"), Not(HasSubstr("TEMP B-TREE"))));
  EXPECT_THAT(plan(sqlite::Query::kOrdersByStatusPage),
              AllOf(HasSubstr("INDEX orders_status_created"), Not(HasSubstr("TEMP B-TREE"))));
  options_.index_cart_items_cart_id = false;
  options_.index_user_coupons_user_coupon = false;
  options_.index_orders_user_created = false;
  options_.index_orders_status_created = false;
  open();
  EXPECT_THAT(plan(sqlite::Query::kUserCoupon), HasSubstr("SCAN user_coupons"));
  EXPECT_THAT(plan(sqlite::Query::kOrdersByUserPage), HasSubstr("SCAN orders"));
  EXPECT_THAT(plan(sqlite::Query::kOrdersByStatusPage), HasSubstr("SCAN orders"));
  EXPECT_THAT(plan(sqlite::Query::kCartByUser), HasSubstr("SCAN cart_items"));
}

}  // namespace
}  // namespace stampede::testing
