// The statements that read the domain, and how their rows become entities. Every function answers
// SQLite's result code and leaves what it read in its last argument.
//
// Free functions over one connection; the caller holds it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/api/store.hpp"
#include "plugins/stores/sqlite/connection.hpp"

namespace stampede::stores::sqlite {

inline std::int64_t integer(SQLite::Statement& row, int column) {
  return row.getColumn(column).getInt64();
}

std::int64_t stored(TimePoint time);

Product to_product(SQLite::Statement& row);
Wallet to_wallet(SQLite::Statement& row);
Coupon to_coupon(SQLite::Statement& row);
UserCoupon to_user_coupon(SQLite::Statement& row);
CartLine to_cart_line(SQLite::Statement& row);
OrderItem to_order_item(SQLite::Statement& row);
Order to_order(SQLite::Statement& row);  // Without its items.
Charge to_charge(SQLite::Statement& row);
RequestRecord to_request(SQLite::Statement& row);
OutboxRow to_outbox_row(SQLite::Statement& row);
SagaStep to_saga_step(SQLite::Statement& row);
RelayCursor to_relay_cursor(SQLite::Statement& row);
ProductSales to_product_sales(SQLite::Statement& row);

}  // namespace stampede::stores::sqlite
