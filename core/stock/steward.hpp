// Looks after the deals and their gates: knows which products are in a deal, starts and ends them,
// and, on a thread of its own, opens the gates that are closed (their memory was lost) from what
// the store says, and settles the grants that nobody has settled, because somebody crashed between
// the grant and the order. What became of such an order is asked of the store.
//
// What changes gates excludes each other; the rest is safe for concurrent use. What is passed in
// outlives the steward.

#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/api/gate.hpp"
#include "core/api/store.hpp"
#include "core/api/transport.hpp"
#include "core/issue/epochs.hpp"
#include "core/issue/rounds.hpp"
#include "core/stock/counters.hpp"
#include "core/stock/deal_book.hpp"
#include "core/stock/desk.hpp"
#include "core/stock/options.hpp"
#include "core/stock/order_book.hpp"
#include "core/stock/turns.hpp"
#include "core/telemetry/log.hpp"

namespace stampede::stock {

// Of the service that places what was accepted.
inline constexpr std::string_view kService = "order-placement";

class Steward {
 public:
  struct Parts {
    Store& store;
    Gate& gate;
    Transport& transport;
    pipeline::WallClock& clock;
    OrderBook& orders;
    issue::Epochs& epochs;  // Whoever acts on deals() is inside.
    Counters& counters;
    telemetry::Log& log;
    Options options;
  };

  explicit Steward(Parts parts);

  void start() { rounds_.start(); }
  void stop() { rounds_.stop(); }  // Idempotent.
  void wake() { rounds_.wake(); }  // Somebody found a gate closed.

  // As last learnt from the store.
  std::shared_ptr<const Deals> deals() const;
  // Learns them anew.
  Result<void> refresh(Deadline deadline);

  // Looks at every deal once. The first error, after having looked at the others too.
  Result<void> round();

  // As Desk says.
  Result<StartedDeal> start_deal(ProductId product, Deadline deadline);
  Result<EndedDeal> end_deal(ProductId product, Deadline deadline);
  std::vector<ProductId> running() const;
  Result<void> reload(Deadline deadline);

  // How many grants of products in a deal are not settled.
  Result<std::int64_t> pending(Deadline deadline);

 private:
  using Products = std::vector<ProductId>;

  void log_round();
  Result<Turns::Turn> take_turn(Deadline deadline);
  Result<void> open(const Products& products, Deadline deadline);
  Result<void> wait_for_orders(Deadline deadline);
  Result<void> load(const Products& products, Deadline deadline);
  Result<std::int64_t> load_one(ReadView& view, ProductId product,
                                const std::vector<Holder>& holders, Deadline deadline);
  Result<void> sweep(ProductId product, Deadline deadline);
  Result<std::vector<SettledClaim>> decide(std::vector<Claim> claims, Context& context);
  Result<Order> give_up(const Claim& claim, Context& context);
  Result<EndedDeal> reconcile(ProductId product, Deadline deadline);
  Result<std::int64_t> stock_of(ProductId product, Deadline deadline);

  const Parts parts_;
  DealBook book_;
  Turns turns_;  // Of those who change gates.
  mutable std::mutex mutex_;
  std::shared_ptr<const Deals> deals_ = std::make_shared<const Deals>();
  issue::Rounds rounds_;  // Last: its thread uses everything above.
};

}  // namespace stampede::stock
