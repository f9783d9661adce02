// Orders of products in a hot deal: a gate decides who gets some before the store is touched, and
// the order is then placed as any other, at once or by a consumer. The store stays what is true: it
// takes the stock too, and a grant that it refuses is given back.
//
// Stands before the business that places orders and hands everything else on. Safe for concurrent
// use. What is passed in outlives it.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/api/gate.hpp"
#include "core/api/store.hpp"
#include "core/api/transport.hpp"
#include "core/issue/epochs.hpp"
#include "core/pipeline/idempotency.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/pipeline/sources.hpp"
#include "core/stock/consumer.hpp"
#include "core/stock/counters.hpp"
#include "core/stock/desk.hpp"
#include "core/stock/options.hpp"
#include "core/stock/order_book.hpp"
#include "core/stock/steward.hpp"
#include "core/telemetry/log.hpp"

namespace stampede::stock {

class HotDeals final : public pipeline::Business, public Desk {
 public:
  struct Parts {
    pipeline::Business& inner;
    Store& store;
    Transport& transport;
    Gate& gate;  // An exact one.
    pipeline::WallClock& clock;
    pipeline::IdGenerator& ids;
    telemetry::Log& log;
    Options options;
  };

  explicit HotDeals(Parts parts);
  ~HotDeals() override;  // Stops. The transport delivers nothing any more.
  HotDeals(const HotDeals&) = delete;
  HotDeals& operator=(const HotDeals&) = delete;

  // Subscribes, where orders are queued. Once, before the transport starts.
  Result<void> connect();
  // Learns the deals, and looks after them from now on.
  Result<void> start();
  void stop();  // Idempotent.

  // What start() does again and again.
  Result<void> look_after() { return steward_.round(); }

  // kCompleted, or kPending where it was accepted and is placed later.
  Result<pipeline::Reply<Order>> place_order(const pipeline::PlaceOrder& request,
                                             Context& context) override;
  Result<pipeline::Reply<UserCoupon>> issue_coupon(const pipeline::IssueCoupon& request,
                                                   Context& context) override {
    return parts_.inner.issue_coupon(request, context);
  }
  Result<pipeline::Reply<Charge>> charge_balance(const pipeline::ChargeBalance& request,
                                                 Context& context) override {
    return parts_.inner.charge_balance(request, context);
  }
  Result<pipeline::Reply<CartLine>> add_to_cart(const pipeline::AddToCart& request,
                                                Context& context) override {
    return parts_.inner.add_to_cart(request, context);
  }
  TimePoint now() const override { return parts_.inner.now(); }

  Result<StartedDeal> start(ProductId product, Deadline deadline) override {
    return steward_.start_deal(product, deadline);
  }
  Result<EndedDeal> end(ProductId product, Deadline deadline) override {
    return steward_.end_deal(product, deadline);
  }
  std::vector<ProductId> running() const override { return steward_.running(); }
  Result<void> reload(Deadline deadline) override { return steward_.reload(deadline); }
  bool may_be_pending(const OrderId& order) const override {
    return parts_.options.write == Write::kQueued && is_made_of_key(order);
  }

  // How many orders are on their way between the door and the store, as far as the transport and
  // the gate can tell; some may be counted by both.
  Result<std::int64_t> backlog(Deadline deadline);

  // Of the gate, the door and the consumer, by name.
  std::vector<std::pair<std::string, double>> gauges() const;

 private:
  // What the gate said to all claims of an order together.
  enum class Admission : std::uint8_t { kGranted, kSoldOut, kClosed };

  pipeline::PlaceOrder named(const pipeline::PlaceOrder& request) const;
  Result<std::vector<OrderItem>> lines_of(const pipeline::PlaceOrder& request, const Deals& deals,
                                          Context& context);
  Result<bool> still_in_a_deal(const std::vector<Claim>& claims, Context& context);
  Result<Admission> claim(const std::vector<Claim>& claims, Context& context);
  Result<pipeline::Reply<Order>> place_granted(const pipeline::PlaceOrder& request,
                                               const std::vector<Claim>& claims, Context& context);
  Result<pipeline::Reply<Order>> answer(const pipeline::PlaceOrder& request,
                                        Result<pipeline::Reply<Order>> reply, Context& context);
  Result<pipeline::Reply<Order>> accept(Order order, const std::string& correlation,
                                        Context& context);
  void settle(const std::vector<SettledClaim>& settled, Deadline deadline);

  const Parts parts_;
  Counters counters_;
  issue::Epochs epochs_;
  pipeline::InFlightKeys keys_;
  OrderBook book_;
  Consumer consumer_;
  Steward steward_;  // Last: its thread uses everything above.
};

}  // namespace stampede::stock
