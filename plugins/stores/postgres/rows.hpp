// How rows of a result become entities. Pure functions; the columns are those of the queries.

#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/result>
#include <string>
#include <vector>

#include "core/api/store.hpp"

namespace stampede::stores::postgres {

inline std::int64_t stored(TimePoint time) { return time.time_since_epoch().count(); }

std::int64_t integer(const pqxx::row& row, int column);
std::string text(const pqxx::row& row, int column);
OrderId order_id(const pqxx::row& row, int column);
// The elements of an array of integers, null as 0.
std::vector<std::int64_t> integers(const pqxx::row& row, int column);

Product to_product(const pqxx::row& row);
Product to_product(const pqxx::row& row, int first_column);
Wallet to_wallet(const pqxx::row& row);
Coupon to_coupon(const pqxx::row& row);
UserCoupon to_user_coupon(const pqxx::row& row);
CartLine to_cart_line(const pqxx::row& row);
OrderItem to_order_item(const pqxx::row& row, int first_column);
Order to_order(const pqxx::row& row);  // Without its items.
Charge to_charge(const pqxx::row& row);
RequestRecord to_request(const pqxx::row& row);
OutboxRow to_outbox_row(const pqxx::row& row);
SagaStep to_saga_step(const pqxx::row& row);
RelayCursor to_relay_cursor(const pqxx::row& row);
ProductSales to_product_sales(const pqxx::row& row);

}  // namespace stampede::stores::postgres
