#include "plugins/stores/postgres/rows.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>

namespace stampede::stores::postgres {

namespace {

std::string_view view(const pqxx::row& row, int column) {
  const auto field = row[column];
  return {field.c_str(), field.size()};
}

TimePoint time(const pqxx::row& row, int column) {
  return TimePoint(std::chrono::microseconds(integer(row, column)));
}

// Reads the number that the text begins with, and leaves what follows it.
std::int64_t take_integer(std::string_view& digits) {
  std::int64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc()) {
    throw std::runtime_error("postgres: expected a number, not '" + std::string(digits) + "'");
  }
  digits.remove_prefix(static_cast<std::size_t>(read.ptr - digits.data()));
  return value;
}

}  // namespace

std::int64_t integer(const pqxx::row& row, int column) {
  auto digits = view(row, column);
  return take_integer(digits);
}

std::string text(const pqxx::row& row, int column) { return std::string(view(row, column)); }

OrderId order_id(const pqxx::row& row, int column) {
  const auto id = parse_order_id(view(row, column));
  if (!id) throw std::runtime_error("postgres: expected an order id, not " + text(row, column));
  return *id;
}

std::vector<std::int64_t> integers(const pqxx::row& row, int column) {
  auto rest = view(row, column);
  std::vector<std::int64_t> values;
  while (rest.size() > 2) {  // More than "{}" or a last "}".
    rest.remove_prefix(1);
    if (rest.starts_with("NULL")) {
      rest.remove_prefix(4);
      values.push_back(0);
    } else {
      values.push_back(take_integer(rest));
    }
  }
  return values;
}

Product to_product(const pqxx::row& row, int first_column) {
  return {.id = ProductId{integer(row, first_column)},
          .name = text(row, first_column + 1),
          .price = Money{integer(row, first_column + 2)},
          .stock = integer(row, first_column + 3),
          .version = integer(row, first_column + 4)};
}

Product to_product(const pqxx::row& row) { return to_product(row, 0); }

Wallet to_wallet(const pqxx::row& row) {
  return {.user = UserId{integer(row, 0)},
          .balance = Money{integer(row, 1)},
          .version = integer(row, 2)};
}

Coupon to_coupon(const pqxx::row& row) {
  return {.id = CouponId{integer(row, 0)},
          .discount = {static_cast<Discount::Kind>(integer(row, 1)), integer(row, 2)},
          .total = integer(row, 3),
          .issued = integer(row, 4),
          .valid_from = time(row, 5),
          .valid_until = time(row, 6),
          .version = integer(row, 7)};
}

UserCoupon to_user_coupon(const pqxx::row& row) {
  UserCoupon coupon{.user = UserId{integer(row, 0)},
                    .coupon = CouponId{integer(row, 1)},
                    .status = static_cast<UserCoupon::Status>(integer(row, 2)),
                    .issued_at = time(row, 3),
                    .request_key = text(row, 4),
                    .used_by = std::nullopt,
                    .version = integer(row, 6)};
  if (!row[5].is_null()) coupon.used_by = order_id(row, 5);
  return coupon;
}

CartLine to_cart_line(const pqxx::row& row) {
  return {.product = ProductId{integer(row, 0)}, .quantity = integer(row, 1)};
}

OrderItem to_order_item(const pqxx::row& row, int first_column) {
  return {.product = ProductId{integer(row, first_column)},
          .quantity = integer(row, first_column + 1),
          .unit_price = Money{integer(row, first_column + 2)}};
}

Order to_order(const pqxx::row& row) {
  Order order{.id = order_id(row, 0),
              .user = UserId{integer(row, 1)},
              .status = static_cast<Order::Status>(integer(row, 2)),
              .items = {},
              .coupon = std::nullopt,
              .subtotal = Money{integer(row, 4)},
              .total = Money{integer(row, 5)},
              .created_at = time(row, 6),
              .request_key = text(row, 7),
              .failure = text(row, 8)};
  if (!row[3].is_null()) order.coupon = CouponId{integer(row, 3)};
  return order;
}

Charge to_charge(const pqxx::row& row) {
  return {.transaction_id = text(row, 0),
          .user = UserId{integer(row, 1)},
          .amount = Money{integer(row, 2)},
          .charged_at = time(row, 3)};
}

RequestRecord to_request(const pqxx::row& row) {
  return {.key = text(row, 0),
          .fingerprint = static_cast<std::uint64_t>(integer(row, 1)),
          .kind = static_cast<RequestRecord::Kind>(integer(row, 2)),
          .entity = text(row, 3)};
}

OutboxRow to_outbox_row(const pqxx::row& row) {
  return {.sequence = integer(row, 0),
          .event = {.id = text(row, 1),
                    .topic = text(row, 2),
                    .key = text(row, 3),
                    .payload = text(row, 4),
                    .correlation = text(row, 5)}};
}

SagaStep to_saga_step(const pqxx::row& row) {
  return {.key = text(row, 0),
          .state = static_cast<SagaStep::State>(integer(row, 1)),
          .detail = text(row, 2),
          .at = time(row, 3),
          .version = integer(row, 4)};
}

RelayCursor to_relay_cursor(const pqxx::row& row) {
  return {.sequence = integer(row, 0),
          .owner = text(row, 1),
          .owned_until = time(row, 2),
          .version = integer(row, 3)};
}

ProductSales to_product_sales(const pqxx::row& row) {
  return {.product = to_product(row), .sold = integer(row, 5)};
}

}  // namespace stampede::stores::postgres
