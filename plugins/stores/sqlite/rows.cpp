#include "plugins/stores/sqlite/rows.hpp"

#include <algorithm>
#include <cstring>

namespace stampede::stores::sqlite {

namespace {

std::string text(SQLite::Statement& row, int column) { return row.getColumn(column).getString(); }

TimePoint time(SQLite::Statement& row, int column) {
  return TimePoint(std::chrono::microseconds(integer(row, column)));
}

OrderId order_id(const SQLite::Column& column) {
  OrderId id;
  const auto size = std::min(id.bytes.size(), static_cast<std::size_t>(column.getBytes()));
  if (size != 0) std::memcpy(id.bytes.data(), column.getBlob(), size);
  return id;
}

}  // namespace

std::int64_t stored(TimePoint time) { return time.time_since_epoch().count(); }

Product to_product(SQLite::Statement& row) {
  return {.id = ProductId{integer(row, 0)},
          .name = text(row, 1),
          .price = Money{integer(row, 2)},
          .stock = integer(row, 3),
          .version = integer(row, 4)};
}

Wallet to_wallet(SQLite::Statement& row) {
  return {.user = UserId{integer(row, 0)},
          .balance = Money{integer(row, 1)},
          .version = integer(row, 2)};
}

Coupon to_coupon(SQLite::Statement& row) {
  return {.id = CouponId{integer(row, 0)},
          .discount = {static_cast<Discount::Kind>(integer(row, 1)), integer(row, 2)},
          .total = integer(row, 3),
          .issued = integer(row, 4),
          .valid_from = time(row, 5),
          .valid_until = time(row, 6),
          .version = integer(row, 7)};
}

UserCoupon to_user_coupon(SQLite::Statement& row) {
  UserCoupon coupon{.user = UserId{integer(row, 0)},
                    .coupon = CouponId{integer(row, 1)},
                    .status = static_cast<UserCoupon::Status>(integer(row, 2)),
                    .issued_at = time(row, 3),
                    .request_key = text(row, 4),
                    .used_by = std::nullopt,
                    .version = integer(row, 6)};
  if (const auto used_by = row.getColumn(5); !used_by.isNull()) coupon.used_by = order_id(used_by);
  return coupon;
}

CartLine to_cart_line(SQLite::Statement& row) {
  return {.product = ProductId{integer(row, 0)}, .quantity = integer(row, 1)};
}

OrderItem to_order_item(SQLite::Statement& row) {
  return {.product = ProductId{integer(row, 0)},
          .quantity = integer(row, 1),
          .unit_price = Money{integer(row, 2)}};
}

Order to_order(SQLite::Statement& row) {
  Order order{.id = order_id(row.getColumn(0)),
              .user = UserId{integer(row, 1)},
              .status = static_cast<Order::Status>(integer(row, 2)),
              .items = {},
              .coupon = std::nullopt,
              .subtotal = Money{integer(row, 4)},
              .total = Money{integer(row, 5)},
              .created_at = time(row, 6),
              .request_key = text(row, 7),
              .failure = text(row, 8)};
  if (!row.isColumnNull(3)) order.coupon = CouponId{integer(row, 3)};
  return order;
}

Charge to_charge(SQLite::Statement& row) {
  return {.transaction_id = text(row, 0),
          .user = UserId{integer(row, 1)},
          .amount = Money{integer(row, 2)},
          .charged_at = time(row, 3)};
}

RequestRecord to_request(SQLite::Statement& row) {
  return {.key = text(row, 0),
          .fingerprint = static_cast<std::uint64_t>(integer(row, 1)),
          .kind = static_cast<RequestRecord::Kind>(integer(row, 2)),
          .entity = text(row, 3)};
}

OutboxRow to_outbox_row(SQLite::Statement& row) {
  return {.sequence = integer(row, 0),
          .event = {.id = text(row, 1),
                    .topic = text(row, 2),
                    .key = text(row, 3),
                    .payload = text(row, 4),
                    .correlation = text(row, 5)}};
}

SagaStep to_saga_step(SQLite::Statement& row) {
  return {.key = text(row, 0),
          .state = static_cast<SagaStep::State>(integer(row, 1)),
          .detail = text(row, 2),
          .at = time(row, 3),
          .version = integer(row, 4)};
}

RelayCursor to_relay_cursor(SQLite::Statement& row) {
  return {.sequence = integer(row, 0),
          .owner = text(row, 1),
          .owned_until = time(row, 2),
          .version = integer(row, 3)};
}

ProductSales to_product_sales(SQLite::Statement& row) {
  return {.product = to_product(row), .sold = integer(row, 5)};
}

}  // namespace stampede::stores::sqlite
