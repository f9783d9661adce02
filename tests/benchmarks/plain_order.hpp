// The order that the SQLite store and the raw loop both place: one unit of one product, paid from
// the user's wallet, with its event. The store is given it as an Operation, the raw loop as rows.
//
// An OrderMaker is safe for concurrent use.

#pragma once

#include "core/api/entities.hpp"
#include "core/api/event.hpp"
#include "core/api/operation.hpp"
#include "core/pipeline/system_sources.hpp"

namespace stampede::benchmarks {

struct PlainOrder {
  Order order;
  Event event;
};

class OrderMaker {
 public:
  // Everything that an order says, its price apart.
  struct Ids {
    OrderId order;
    OrderId event;
    TimePoint now;
  };
  Ids draw() { return {ids_.next(), ids_.next(), clock_.now()}; }

  static PlainOrder make(const Ids& ids, UserId user, ProductId product, Money price);

 private:
  pipeline::SystemClock clock_;
  pipeline::UuidGenerator ids_{clock_};
};

class PlaceOrder final : public Operation {
 public:
  PlaceOrder(OrderMaker& maker, UserId user, ProductId product)
      : ids_(maker.draw()), user_(user), product_(product) {}

  Result<Outcome> work(Transaction& transaction) override;

 private:
  const OrderMaker::Ids ids_;
  const UserId user_;
  const ProductId product_;
};

}  // namespace stampede::benchmarks
