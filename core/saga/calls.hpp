// What order-service asks of other services while a customer waits. Interfaces, so that the service
// asked may be in this process or behind a connection. Safe for concurrent use.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/api/entities.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"

namespace stampede::saga {

struct Quoted {
  std::vector<Product> products;             // Those asked for, in that order.
  RefusalCode refusal = RefusalCode::kNone;  // kProductNotFound: there are no products then.
};

class Prices {
 public:
  virtual ~Prices() = default;
  // What the products cost, and how much is left of each at the moment.
  virtual Result<Quoted> quote(std::span<const ProductId> products, Context& context) = 0;
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
  // release(), sets it free. Refuses what is kept for another order.
  virtual Result<Reservation> reserve(const ReserveCoupon& request, Context& context) = 0;
  // The order was not taken after all.
  virtual Result<void> release(const ReserveCoupon& request, Context& context) = 0;
};

class OrderBook {
 public:
  virtual ~OrderBook() = default;
  // How the order stands. One that is not there never comes to be afterwards, and is kFailed.
  virtual Result<Order::Status> settle(const ReserveCoupon& reserved, Context& context) = 0;
};

}  // namespace stampede::saga
