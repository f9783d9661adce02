// What order-service asks of other services while a customer waits. Interfaces, so that the service
// asked may be in this process or behind a connection. Safe for concurrent use.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/entities.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"

namespace stampede::saga {

// What goes along with a question.
struct Call {
  Context& context;
  std::string_view correlation;  // Of the request that asks; "" when there is none at hand.
};

struct Quoted {
  std::vector<Product> products;             // Those asked for, in that order.
  RefusalCode refusal = RefusalCode::kNone;  // kProductNotFound: there are no products then.
};

class Prices {
 public:
  virtual ~Prices() = default;
  // What the products cost, and how much is left of each at the moment.
  virtual Result<Quoted> quote(std::span<const ProductId> products, Call& call) = 0;
};

struct Reservation {
  Discount discount;
  RefusalCode refusal = RefusalCode::kNone;  // kCouponNotFound, kCouponNotUsable.
};

struct ReserveCoupon {
  OrderId order;
  UserId user{};
  CouponId coupon{};
};

class Discounts {
 public:
  virtual ~Discounts() = default;
  // Keeps the user's coupon for the order, until ORDER_COMPLETED uses it or ORDER_FAILED, or
  // release(), sets it free. Refuses what is kept for another order; asked again for the same one,
  // it answers as before.
  virtual Result<Reservation> reserve(const ReserveCoupon& request, Call& call) = 0;
  // The order was not taken after all.
  virtual Result<void> release(const ReserveCoupon& request, Call& call) = 0;
};

class OrderBook {
 public:
  virtual ~OrderBook() = default;
  // How the order stands. One that is not there never comes to be afterwards, and is kFailed.
  virtual Result<Order::Status> settle(const ReserveCoupon& reserved, Call& call) = 0;
};

// Who answers for the services: each is null where nobody does.
struct Desks {
  Prices* prices = nullptr;
  Discounts* discounts = nullptr;
  OrderBook* orders = nullptr;
};

// The error of a call that nobody answered, and what of its message a customer may be told: which
// service it was, but no addresses. "" for any other error.
inline constexpr std::string_view kNoAnswer = "no answer from the ";
inline Error no_answer(std::string_view service, std::string_view why) {
  return {ErrorCode::kUnavailable,
          std::string(kNoAnswer).append(service).append(" service: ").append(why)};
}
inline std::string_view told_of(const Error& error) {
  const std::string_view message = error.message;
  return message.starts_with(kNoAnswer) ? message.substr(0, message.find(':')) : std::string_view();
}

}  // namespace stampede::saga
