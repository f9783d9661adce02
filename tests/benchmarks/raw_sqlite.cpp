#include "tests/benchmarks/raw_sqlite.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <string>

#include "tests/benchmarks/sale.hpp"

namespace stampede::benchmarks {

namespace {

constexpr int kCheckpointPages = 4'000;  // As the store does by default.

// Parameters outlive the run, so nothing is copied.
void bind(SQLite::Statement& statement, int index, std::int64_t value) {
  statement.bind(index, value);
}
void bind(SQLite::Statement& statement, int index, const std::string& value) {
  statement.bindNoCopy(index, value);
}
void bind(SQLite::Statement& statement, int index, const OrderId& value) {
  statement.bindNoCopy(index, value.bytes.data(), static_cast<int>(value.bytes.size()));
}
void bind(SQLite::Statement& statement, int index, const std::optional<CouponId>& value) {
  if (value) {
    statement.bind(index, value_of(*value));
  } else {
    statement.bind(index);
  }
}

const char* text_of(stores::sqlite::Query query) {
  return stores::sqlite::kQueries[static_cast<std::size_t>(query)].text;
}

}  // namespace

RawSqlite::RawSqlite(const std::filesystem::path& path, Savepoints savepoints)
    : database_(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX),
      savepoints_(savepoints) {
  database_.exec(text_of(Query::kTune));
  database_.exec(text_of(Query::kSynchronousNormal));
  sqlite3_wal_autocheckpoint(database_.getHandle(), kCheckpointPages);
}

SQLite::Statement& RawSqlite::prepared(Query query) {
  auto& statement = statements_[static_cast<std::size_t>(query)];
  if (!statement) statement = std::make_unique<SQLite::Statement>(database_, text_of(query));
  return *statement;
}

template <typename... Parameters>
SQLite::Statement& RawSqlite::start(Query query, const Parameters&... parameters) {
  auto& statement = prepared(query);
  int index = 0;
  (bind(statement, ++index, parameters), ...);
  return statement;
}

template <typename... Parameters>
void RawSqlite::write(Query query, const Parameters&... parameters) {
  auto& statement = start(query, parameters...);
  statement.executeStep();
  if (sqlite3_changes(database_.getHandle()) != 1) give_up("the raw loop changed no row");
  statement.reset();
}

void RawSqlite::control(Query query) {
  auto& statement = prepared(query);
  statement.executeStep();
  statement.reset();
}

void RawSqlite::begin() { control(Query::kBeginWrite); }

void RawSqlite::commit() { control(Query::kCommit); }

void RawSqlite::place_order(OrderMaker& maker, UserId user, ProductId product) {
  if (savepoints_ == Savepoints::kAroundEachOrder) control(Query::kSavepoint);
  const auto ids = maker.draw();
  auto& wallet_row = start(Query::kWalletByUser, value_of(user));
  if (!wallet_row.executeStep()) give_up("the raw loop found no wallet");
  const auto balance = wallet_row.getColumn(1).getInt64();
  wallet_row.reset();
  auto& product_row = start(Query::kProductById, value_of(product));
  if (!product_row.executeStep()) give_up("the raw loop found no product");
  const Money price{product_row.getColumn(2).getInt64()};
  const auto stock = product_row.getColumn(3).getInt64();
  product_row.reset();
  if (stock < 1 || balance < price.minor) give_up("the raw loop ran out of something");

  const auto made = OrderMaker::make(ids, user, product, price);
  write(Query::kStockChange, value_of(product), std::int64_t{-1});
  write(Query::kBalanceChange, value_of(user), -price.minor);
  insert(made);
  if (savepoints_ == Savepoints::kAroundEachOrder) control(Query::kSavepointRelease);
}

void RawSqlite::insert(const PlainOrder& made) {
  const auto& [order, event] = made;
  const auto created_at = std::int64_t{order.created_at.time_since_epoch().count()};
  write(Query::kOrderInsert, order.id, value_of(order.user),
        static_cast<std::int64_t>(order.status), order.coupon, order.subtotal.minor,
        order.total.minor, created_at, order.request_key, order.failure);
  std::int64_t position = 0;
  for (const auto& item : order.items) {
    write(Query::kOrderItemInsert, order.id, position++, value_of(item.product), item.quantity,
          item.unit_price.minor);
  }
  write(Query::kOutboxInsert, event.id, event.topic, event.key, event.payload, event.correlation);
}

}  // namespace stampede::benchmarks
