#include "core/stock/steward.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "core/pipeline/rules.hpp"
#include "core/saga/events.hpp"

namespace stampede::stock {

namespace {

using namespace std::chrono_literals;

constexpr auto kRoundPatience = 30s;
constexpr auto kEndPause = 5ms;
constexpr int kLoadAttempts = 3;
constexpr std::int64_t kPage = 5'000;
constexpr std::size_t kMostSwept = 500;  // Of one product in one round.

void keep_first(Result<void>& first, Result<void> done) {
  if (first && !done) first = std::move(done);
}

// The requests whose orders took one of the products, as the store says.
Result<std::map<ProductId, std::vector<Holder>>> holders_of(
    ReadView& view, const std::vector<ProductId>& products) {
  std::map<ProductId, std::vector<Holder>> holders;
  for (const auto product : products) holders[product];
  for (OrderId after{};;) {
    const auto rows = view.orders_after(after, kPage);
    if (!rows) return Unexpected(rows.error());
    for (const auto& order : *rows) {
      after = order.id;
      if (order.status != Order::Status::kCompleted || order.request_key.empty()) continue;
      for (const auto& item : order.items) {
        const auto wanted = holders.find(item.product);
        if (wanted != holders.end()) wanted->second.push_back({order.user, order.request_key});
      }
    }
    if (std::ssize(*rows) < kPage) return holders;
  }
}

}  // namespace

Steward::Steward(Parts parts)
    : parts_(parts),
      book_(parts_.store, parts_.clock),
      rounds_([this] { log_round(); }, parts_.options.sweep_interval) {}

void Steward::log_round() {
  const auto done = round();
  if (done) return;
  parts_.log.event(telemetry::LogLevel::kWarn, "deal_round_failed",
                   {{"code", to_string(done.error().code)}, {"message", done.error().message}});
}

std::shared_ptr<const Deals> Steward::deals() const {
  const std::lock_guard lock(mutex_);
  return deals_;
}

Result<void> Steward::refresh(Deadline deadline) {
  auto all = book_.all(deadline);
  if (!all) return Unexpected(std::move(all.error()));
  auto fresh = std::make_shared<const Deals>(*std::move(all));
  const std::lock_guard lock(mutex_);
  deals_ = std::move(fresh);
  return {};
}

Result<Turns::Turn> Steward::take_turn(Deadline deadline) {
  auto turn = turns_.take(deadline);
  if (!turn) {
    return fail(ErrorCode::kTimeout, "other deals are being started, ended or looked after");
  }
  return *std::move(turn);
}

Result<void> Steward::round() {
  const auto deadline = Clock::now() + kRoundPatience;
  const auto turn = take_turn(deadline);
  if (!turn) return Unexpected(turn.error());
  if (auto learnt = refresh(deadline); !learnt) return learnt;
  Result<void> first;
  Products closed;
  const auto known = deals();  // Others may learn of new ones meanwhile.
  for (const auto& [product, deal] : *known) {
    const auto state = parts_.gate.state(resource_of(product), deadline);
    if (!state) {
      keep_first(first, Unexpected(state.error()));
    } else if (state->open) {
      keep_first(first, sweep(product, deadline));
    } else if (deal.state == DealState::kRunning) {
      closed.push_back(product);
    }
  }
  if (!closed.empty()) keep_first(first, open(closed, deadline));
  return first;
}

Result<void> Steward::reload(Deadline deadline) {
  const auto turn = take_turn(deadline);
  if (!turn) return Unexpected(turn.error());
  for (std::int64_t id = 1; id <= parts_.options.deals; ++id) {
    const auto moved = book_.move(ProductId{id}, {DealState::kNone}, DealState::kRunning, deadline);
    if (!moved) return Unexpected(moved.error());
  }
  if (auto learnt = refresh(deadline); !learnt) return learnt;
  Products running;
  const auto known = deals();
  for (const auto& [product, deal] : *known) {
    if (deal.state == DealState::kRunning) running.push_back(product);
  }
  return running.empty() ? Result<void>() : open(running, deadline);
}

Result<StartedDeal> Steward::start_deal(ProductId product, Deadline deadline) {
  const auto turn = take_turn(deadline);
  if (!turn) return Unexpected(turn.error());
  auto view = parts_.store.read_view(deadline);
  if (!view) return Unexpected(view.error());
  const auto row = (*view)->product(product);
  if (!row) return Unexpected(row.error());
  if (!*row) return StartedDeal{.refusal = DealRefusal::kNoProduct};
  view->reset();
  const auto before = book_.move(product, {DealState::kNone}, DealState::kRunning, deadline);
  if (!before) return Unexpected(before.error());
  if (*before != DealState::kNone) return StartedDeal{.refusal = DealRefusal::kRunning};
  auto opened = refresh(deadline);
  if (opened) opened = open({product}, deadline);
  if (!opened) {
    // Not started after all: a deal whose gate cannot be opened would refuse every order.
    static_cast<void>(book_.move(product, {DealState::kRunning}, DealState::kNone, deadline));
    static_cast<void>(refresh(deadline));
    return Unexpected(std::move(opened.error()));
  }
  const auto state = parts_.gate.state(resource_of(product), deadline);
  if (!state) return Unexpected(state.error());
  return StartedDeal{.remaining = state->remaining};
}

Result<EndedDeal> Steward::end_deal(ProductId product, Deadline deadline) {
  const auto turn = take_turn(deadline);
  if (!turn) return Unexpected(turn.error());
  const auto before =
      book_.move(product, {DealState::kRunning, DealState::kEnding}, DealState::kEnding, deadline);
  if (!before) return Unexpected(before.error());
  if (*before == DealState::kNone) return EndedDeal{.refusal = DealRefusal::kNotRunning};
  if (auto learnt = refresh(deadline); !learnt) return Unexpected(learnt.error());
  if (auto passed = wait_for_orders(deadline); !passed) return Unexpected(passed.error());
  auto figures = reconcile(product, deadline);
  if (!figures) return figures;
  if (auto shut = parts_.gate.close(resource_of(product), deadline); !shut) {
    return Unexpected(shut.error());
  }
  const auto ended = book_.move(product, {DealState::kEnding}, DealState::kNone, deadline);
  if (!ended) return Unexpected(ended.error());
  if (auto learnt = refresh(deadline); !learnt) return Unexpected(learnt.error());
  parts_.log.event(telemetry::LogLevel::kInfo, "deal_ended",
                   {{"product", value_of(product)},
                    {"gate", figures->gate.value_or(-1)},
                    {"store", figures->store}});
  return figures;
}

std::vector<ProductId> Steward::running() const {
  const auto known = deals();
  std::vector<std::pair<TimePoint, ProductId>> started;
  for (const auto& [product, deal] : *known) {
    if (deal.state == DealState::kRunning) started.emplace_back(deal.since, product);
  }
  // By id already: what was started at the same time stays so.
  std::ranges::stable_sort(started, std::ranges::greater(),
                           [](const auto& one) { return one.first; });
  std::vector<ProductId> products;
  products.reserve(started.size());
  for (const auto& [since, product] : started) products.push_back(product);
  return products;
}

Result<std::int64_t> Steward::pending(Deadline deadline) {
  std::int64_t all = 0;
  const auto known = deals();
  for (const auto& [product, deal] : *known) {
    const auto state = parts_.gate.state(resource_of(product), deadline);
    if (!state) return Unexpected(state.error());
    all += state->pending;
  }
  return all;
}

// Closed first, so that nothing is granted while the store is looked at.
Result<void> Steward::open(const Products& products, Deadline deadline) {
  for (const auto product : products) {
    if (auto shut = parts_.gate.close(resource_of(product), deadline); !shut) return shut;
  }
  if (auto passed = wait_for_orders(deadline); !passed) return passed;
  return load(products, deadline);
}

// Until the store knows of every order that was granted in this process, or placed without the gate
// by somebody who had not learnt of the deal yet.
Result<void> Steward::wait_for_orders(Deadline deadline) {
  if (!parts_.epochs.wait_for_earlier(deadline)) {
    return fail(ErrorCode::kTimeout, "orders that were granted are not placed yet");
  }
  if (parts_.transport.synchronous() || parts_.options.write == Write::kSync) return {};
  return issue::wait_for_service(parts_.transport, kService, rounds_, deadline);
}

Result<void> Steward::load(const Products& products, Deadline deadline) {
  for (int attempt = 1;; ++attempt) {
    auto view = parts_.store.read_view(deadline);
    if (!view) return Unexpected(view.error());
    const auto holders = holders_of(**view, products);
    if (!holders) return Unexpected(holders.error());
    Result<void> first;
    for (const auto& [product, known] : *holders) {
      const auto loaded = load_one(**view, product, known, deadline);
      if (!loaded) keep_first(first, Unexpected(loaded.error()));
    }
    if (first || first.error().code != ErrorCode::kConflict || attempt == kLoadAttempts) {
      return first;
    }
  }
}

Result<std::int64_t> Steward::load_one(ReadView& view, ProductId product,
                                       const std::vector<Holder>& holders, Deadline deadline) {
  const auto row = view.product(product);
  if (!row) return Unexpected(row.error());
  const auto remaining = *row ? std::max<std::int64_t>(0, (*row)->stock) : 0;
  auto loaded = parts_.gate.load(resource_of(product), remaining, holders, deadline);
  if (!loaded) return Unexpected(std::move(loaded.error()));
  parts_.counters.rebuilds.fetch_add(1);
  parts_.log.event(telemetry::LogLevel::kInfo, "deal_gate_opened",
                   {{"product", value_of(product)},
                    {"remaining", remaining},
                    {"holders", static_cast<std::int64_t>(holders.size())}});
  return remaining;
}

// What is on its way through the transport is left alone: it is waited for in its turn.
Result<void> Steward::sweep(ProductId product, Deadline deadline) {
  auto old =
      parts_.gate.pending(resource_of(product), parts_.options.sweep_age, kMostSwept, deadline);
  if (!old) return Unexpected(std::move(old.error()));
  if (old->empty()) return {};
  const bool queued = parts_.options.write == Write::kQueued && !parts_.transport.synchronous();
  if (queued && issue::lag_of(parts_.transport.stats(), kService) > 0) return {};
  Phases phases;
  Context context{deadline, phases};
  const auto settled = decide(*std::move(old), context);
  if (!settled) return Unexpected(settled.error());
  parts_.counters.swept.fetch_add(static_cast<std::int64_t>(settled->size()));
  return parts_.gate.settle(*settled, deadline);
}

// The store's order decides. Without one the grant is returned; where clients were told an id, the
// order is closed first, so that it cannot be placed any more.
Result<std::vector<SettledClaim>> Steward::decide(std::vector<Claim> claims, Context& context) {
  std::vector<std::string> requests;
  requests.reserve(claims.size());
  for (const auto& claim : claims) requests.push_back(claim.request);
  const auto orders = parts_.orders.orders_of(requests, context);
  if (!orders) return Unexpected(orders.error());
  std::vector<SettledClaim> settled;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    auto order = (*orders)[i];
    if (!order && parts_.options.write == Write::kQueued) {
      auto closed = give_up(claims[i], context);
      if (!closed) return Unexpected(std::move(closed.error()));
      order = *std::move(closed);
    }
    const auto how = order ? settlement_of(claims[i], *order) : Settlement::kReturned;
    if (how == Settlement::kReturned) parts_.counters.returned.fetch_add(1);
    settled.push_back({std::move(claims[i]), how});
  }
  return settled;
}

Result<Order> Steward::give_up(const Claim& claim, Context& context) {
  const ProductId product{claim.resource.id};
  const auto known = deals();
  const auto deal = known->find(product);
  Order order{
      .id = order_id_of(claim.request),
      .user = claim.user,
      .status = Order::Status::kFailed,
      .items = {{product, claim.quantity, deal == known->end() ? Money{} : deal->second.price}},
      .coupon = std::nullopt,
      .subtotal = {},
      .total = {},
      .created_at = parts_.clock.now(),
      .request_key = claim.request};
  order.subtotal = order.total = pipeline::subtotal_of(order.items).value_or(Money{});
  return parts_.orders.fail(order, saga::kSagaTimeout, context);
}

Result<std::int64_t> Steward::stock_of(ProductId product, Deadline deadline) {
  auto view = parts_.store.read_view(deadline);
  if (!view) return Unexpected(view.error());
  const auto row = (*view)->product(product);
  if (!row) return Unexpected(row.error());
  return *row ? (*row)->stock : 0;
}

// The gate was quiet while the store was looked at when it says the same before and after, with
// nothing pending: others may not have learnt yet that the deal ends.
Result<EndedDeal> Steward::reconcile(ProductId product, Deadline deadline) {
  const auto resource = resource_of(product);
  for (;;) {
    const auto before = parts_.gate.state(resource, deadline);
    if (!before) return Unexpected(before.error());
    const auto stock = stock_of(product, deadline);
    if (!stock) return Unexpected(stock.error());
    if (!before->open) return EndedDeal{.gate = std::nullopt, .store = *stock};
    const auto after = parts_.gate.state(resource, deadline);
    if (!after) return Unexpected(after.error());
    const bool is_quiet = before->pending == 0 && after->pending == 0 &&
                          before->remaining == after->remaining &&
                          before->holders == after->holders;
    if (is_quiet) return EndedDeal{.gate = after->remaining, .store = *stock};
    if (Clock::now() >= deadline) {
      return fail(ErrorCode::kTimeout, std::to_string(after->pending) +
                                           " grants are not settled yet; the deal goes on ending");
    }
    if (auto swept = sweep(product, deadline); !swept) return Unexpected(swept.error());
    if (!rounds_.pause(kEndPause)) return fail(ErrorCode::kUnavailable, "the server stops");
  }
}

}  // namespace stampede::stock
