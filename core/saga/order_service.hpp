// Takes orders and says how they end. An order is stored PENDING with the event that begins its
// saga; it becomes COMPLETED or FAILED, once, by what the other services tell, or FAILED by
// standing still for too long. Safe for concurrent use.
//
//   POST /orders                          → ORDER_PENDING
//   STOCK_DECREASED                       → ORDER_COMPLETED
//   PAYMENT_FAILED, STOCK_DECREASE_FAILED → ORDER_FAILED, which whoever did something undoes
//
// What a customer is told depends on the transport: with a synchronous one how the order ended,
// with any other that it is accepted, once the transport has taken its first event.

#pragma once

#include <optional>
#include <span>
#include <string>

#include "core/pipeline/environment.hpp"
#include "core/saga/calls.hpp"
#include "core/saga/service.hpp"
#include "core/saga/waiters.hpp"

namespace stampede::saga {

class OrderService final : public Service, public OrderBook {
 public:
  struct Calls {
    Prices& prices;
    Discounts& discounts;
  };

  // `environment` is the pipeline's, on this service's store. All is outlived by the service.
  // `waits_for_end`: whether a customer is told how the order ended.
  OrderService(ServiceContext context, pipeline::Environment& environment, Calls calls,
               bool waits_for_end);

  const ServiceContext& context() const override { return context_; }
  std::vector<Subscription> subscriptions() override;

  // As Pipeline::place_order. The order is kCompleted or kPending; one that failed is the refusal
  // that it failed with. A known key answers how the order stands now.
  Result<pipeline::Reply<Order>> place(const pipeline::PlaceOrder& request, Context& context);

  Result<Order::Status> settle(const ReserveCoupon& reserved, Call& call) override;

  // Ends an order that is still pending as FAILED. False when it was final by then.
  Result<bool> give_up(const Order& order, std::string_view reason);

  // The transport has taken these events.
  void published(std::span<const Event> events);

 private:
  // What an order is to become, when, and in the course of which request.
  struct Ending {
    OrderId order;
    Order::Status status{};
    std::string failure;
    TimePoint at;
    std::string correlation;
  };

  Result<RefusalCode> draw_up(const pipeline::PlaceOrder& request, Order& order, Context& context);
  void release(const pipeline::PlaceOrder& request, const Order& order, Context& context);
  Result<RefusalCode> read_lines(const pipeline::PlaceOrder& request, Order& order,
                                 Context& context);
  Result<pipeline::Reply<Order>> accept(const pipeline::PlaceOrder& request, const Order& order,
                                        Context& context);
  Result<std::optional<Order>> wait_for_end(Waiters<Order>::Ticket& ending, const OrderId& order,
                                            Deadline deadline);
  Result<pipeline::Reply<Order>> answer(pipeline::Reply<Order> reply) const;
  Result<std::optional<OrderFact>> finish(Act& act, const Ending& ending) const;
  Reaction finish_by(const Event& event, OrderFact fact, Order::Status status);
  void tell_end(const Order& order, TimePoint at);

  const ServiceContext context_;
  pipeline::Environment& environment_;
  const Calls calls_;
  const bool waits_for_end_;
  Waiters<Order> endings_;   // By order id.
  Waiters<bool> published_;  // By event id.
};

}  // namespace stampede::saga
