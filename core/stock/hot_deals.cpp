#include "core/stock/hot_deals.hpp"

#include <algorithm>

#include "core/pipeline/keyed_operation.hpp"
#include "core/pipeline/look_up.hpp"
#include "core/pipeline/rules.hpp"
#include "core/saga/events.hpp"
#include "core/saga/refusals.hpp"

namespace stampede::stock {

namespace {

using pipeline::PlaceOrder;
using pipeline::Reply;

// How often an order whose deal has just ended is begun anew.
constexpr int kAttempts = 2;
constexpr std::chrono::seconds kBurialPatience{1};

bool is_queueable(const PlaceOrder& request, const std::vector<OrderItem>& lines,
                  const std::vector<Claim>& claims) {
  return !request.items.empty() && !request.coupon && claims.size() == lines.size() &&
         pipeline::subtotal_of(lines).has_value();
}

// Those of products in a deal.
std::vector<Claim> claims_of(const PlaceOrder& request, const std::vector<OrderItem>& lines,
                             const Deals& deals) {
  std::vector<Claim> claims;
  for (const auto& line : lines) {
    if (!deals.contains(line.product)) continue;
    claims.push_back({.resource = resource_of(line.product),
                      .user = request.user,
                      .quantity = line.quantity,
                      .request = request.tag.key});
  }
  return claims;
}

bool is_any_ending(const std::vector<Claim>& claims, const Deals& deals) {
  return std::ranges::any_of(claims, [&deals](const Claim& claim) {
    const auto deal = deals.find(ProductId{claim.resource.id});
    return deal != deals.end() && deal->second.state == DealState::kEnding;
  });
}

Unexpected unavailable(const std::vector<Claim>& claims, const char* why) {
  return fail(ErrorCode::kUnavailable,
              "the hot deal of product " + std::to_string(claims.front().resource.id) + " " + why);
}

// An order that was accepted, failed, and is asked for again.
Reply<Order> as_refusal(Reply<Order> reply) {
  if (!reply.value || reply.value->status != Order::Status::kFailed) return reply;
  const auto refusal = saga::refusal_of(reply.value->failure);
  return pipeline::refused<Order>(refusal.value_or(RefusalCode::kSagaTimeout));
}

}  // namespace

HotDeals::HotDeals(Parts parts)
    : parts_(parts),
      book_(parts.store),
      consumer_({.inner = parts.inner,
                 .book = book_,
                 .gate = parts.gate,
                 .epochs = epochs_,
                 .counters = counters_,
                 .log = parts.log,
                 .bury =
                     [this](Event unreadable) {
                       unreadable.topic += saga::topic::kDeadLetterSuffix;
                       // Counted and logged already: nobody waits for its burial.
                       static_cast<void>(parts_.transport.publish({&unreadable, 1},
                                                                  Clock::now() + kBurialPatience));
                     }}),
      steward_({.store = parts.store,
                .gate = parts.gate,
                .transport = parts.transport,
                .clock = parts.clock,
                .orders = book_,
                .epochs = epochs_,
                .counters = counters_,
                .log = parts.log,
                .options = parts.options}) {}

HotDeals::~HotDeals() { stop(); }

Result<void> HotDeals::connect() {
  if (parts_.options.write == Write::kSync) return {};
  return parts_.transport.subscribe(saga::topic::kOrderRequested, kService,
                                    [this](std::span<const Event> events, Deadline deadline) {
                                      return consumer_.handle(events, deadline);
                                    });
}

Result<void> HotDeals::start() {
  constexpr std::chrono::seconds kPatience{30};
  if (auto learnt = steward_.refresh(Clock::now() + kPatience); !learnt) return learnt;
  steward_.start();
  return {};
}

void HotDeals::stop() { steward_.stop(); }

// Inside an epoch from before the deals are looked at until the grant is settled or handed over.
Result<Reply<Order>> HotDeals::place_order(const PlaceOrder& request, Context& context) {
  const auto inside = epochs_.enter();
  const bool is_valid = request.items.empty() || pipeline::check_items(request.items);
  auto wanted = named(request);
  for (int attempt = 0; attempt < kAttempts && is_valid; ++attempt) {
    const auto deals = steward_.deals();
    if (deals->empty()) break;
    const auto lines = lines_of(wanted, *deals, context);
    if (!lines) return Unexpected(lines.error());
    if (claims_of(wanted, *lines, *deals).empty()) break;
    if (wanted.tag.key.empty()) {
      wanted.tag.key = to_string(parts_.ids.next());
      wanted = named(wanted);
    }
    const auto claims = claims_of(wanted, *lines, *deals);
    if (is_any_ending(claims, *deals)) return unavailable(claims, "is ending");
    const auto lease = keys_.acquire(wanted.tag.key);
    if (!lease) return pipeline::refused<Order>(RefusalCode::kRequestInProgress);
    const auto admission = claim(claims, context);
    if (!admission) return Unexpected(admission.error());
    if (*admission == Admission::kSoldOut) {
      return pipeline::refused<Order>(RefusalCode::kInsufficientStock);
    }
    if (*admission == Admission::kClosed) {
      const auto still = still_in_a_deal(claims, context);
      if (!still) return Unexpected(still.error());
      if (*still) return unavailable(claims, "is closed until it is loaded from the store");
      continue;
    }
    const bool is_queued = parts_.options.write == Write::kQueued;
    if (!is_queued || !is_queueable(wanted, *lines, claims)) {
      return place_granted(wanted, claims, context);
    }
    const auto total = pipeline::subtotal_of(*lines).value_or(Money{});
    return accept({.id = *wanted.id,
                   .user = wanted.user,
                   .items = *lines,
                   .coupon = std::nullopt,
                   .subtotal = total,
                   .total = total,
                   .created_at = parts_.clock.now(),
                   .request_key = wanted.tag.key},
                  wanted.tag.correlation, context);
  }
  return answer(wanted, parts_.inner.place_order(wanted, context), context);
}

// Where orders are queued an order's id is made of its key, however it comes to be placed, so that
// the same request has one id.
PlaceOrder HotDeals::named(const PlaceOrder& request) const {
  auto wanted = request;
  const bool is_queued = parts_.options.write == Write::kQueued;
  if (is_queued && !request.tag.key.empty()) wanted.id = order_id_of(request.tag.key);
  return wanted;
}

// By product, with the prices of those in a deal. What is in a cart may change before the order is
// placed: the claims are then not what it took, and are given back.
Result<std::vector<OrderItem>> HotDeals::lines_of(const PlaceOrder& request, const Deals& deals,
                                                  Context& context) {
  std::vector<OrderItem> lines;
  const auto add = [&](ProductId product, std::int64_t quantity) {
    const auto deal = deals.find(product);
    lines.push_back({product, quantity, deal == deals.end() ? Money{} : deal->second.price});
  };
  for (const auto& item : request.items) add(item.product, item.quantity);
  if (request.items.empty()) {
    auto view = parts_.store.read_view(context.deadline);
    if (!view) return Unexpected(view.error());
    const auto cart = (*view)->cart(request.user);
    if (!cart) return Unexpected(cart.error());
    for (const auto& line : *cart) add(line.product, line.quantity);
  }
  std::ranges::sort(lines, {}, &OrderItem::product);
  return lines;
}

// A closed gate: the deal may have ended elsewhere, or the gate has lost its memory.
Result<bool> HotDeals::still_in_a_deal(const std::vector<Claim>& claims, Context& context) {
  if (auto learnt = steward_.refresh(context.deadline); !learnt) {
    return Unexpected(std::move(learnt.error()));
  }
  const auto deals = steward_.deals();
  const bool still = std::ranges::any_of(claims, [&deals](const Claim& claim) {
    return deals->contains(ProductId{claim.resource.id});
  });
  if (still) steward_.wake();
  return still;
}

// All or none: what was granted is given back when another claim was not.
Result<HotDeals::Admission> HotDeals::claim(const std::vector<Claim>& claims, Context& context) {
  const PhaseTimer timer(context.phases, Phase::kTransport);
  auto decisions = parts_.gate.claim(claims, context);
  std::vector<SettledClaim> granted;
  auto admission = Admission::kGranted;
  std::optional<Error> error;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    auto& decision = decisions[i];
    const bool may_be_granted =
        decision ? *decision == Decision::kGranted : decision.error().code == ErrorCode::kInDoubt;
    if (may_be_granted) granted.push_back({claims[i], Settlement::kReturned});
    if (!decision) {
      error = std::move(decision.error());
    } else if (*decision == Decision::kClosed) {
      admission = Admission::kClosed;
    } else if (*decision != Decision::kGranted && admission == Admission::kGranted) {
      admission = Admission::kSoldOut;
    }
  }
  if (!error && admission == Admission::kGranted) return admission;
  settle(granted, context.deadline);
  if (!error) return admission;
  // Nothing was placed, whatever the gate did: the same request may come again.
  if (error->code == ErrorCode::kInDoubt) error->code = ErrorCode::kUnavailable;
  return Unexpected(*std::move(error));
}

Result<Reply<Order>> HotDeals::place_granted(const PlaceOrder& request,
                                             const std::vector<Claim>& claims, Context& context) {
  auto reply = parts_.inner.place_order(request, context);
  // What is not known, or another is at work on, is left to the sweeper, or to him.
  const bool is_open = reply ? reply->refusal == RefusalCode::kRequestInProgress
                             : pipeline::leaves_doubt(reply.error().code);
  if (!is_open) {
    std::vector<SettledClaim> settled;
    for (const auto& claim : claims) {
      const bool has_order = reply && reply->value;
      settled.push_back(
          {claim, has_order ? settlement_of(claim, *reply->value) : Settlement::kReturned});
    }
    const PhaseTimer timer(context.phases, Phase::kTransport);
    settle(settled, context.deadline);
  }
  return answer(request, std::move(reply), context);
}

// An order that failed after it was accepted is a refusal to whoever asks for it again, and to the
// request itself when the sweeper was quicker than it.
Result<Reply<Order>> HotDeals::answer(const PlaceOrder& request, Result<Reply<Order>> reply,
                                      Context& context) {
  if (!reply) return reply;
  if (reply->refusal != RefusalCode::kRequestKeyReused) return as_refusal(*std::move(reply));
  const auto given_up = book_.was_given_up(request, context);
  if (!given_up) return Unexpected(given_up.error());
  return *given_up ? pipeline::refused<Order>(RefusalCode::kSagaTimeout) : reply;
}

Result<Reply<Order>> HotDeals::accept(Order order, const std::string& correlation,
                                      Context& context) {
  const PhaseTimer timer(context.phases, Phase::kTransport);
  const auto event =
      saga::tell(saga::topic::kOrderRequested,
                 {.order = order, .completed_at = std::nullopt, .request = order.request_key},
                 parts_.options.key, correlation);
  if (auto published = parts_.transport.publish({&event, 1}, context.deadline); !published) {
    return fail(ErrorCode::kInDoubt,
                "the stock was granted, but it is not known whether the order was handed over: " +
                    published.error().message);
  }
  counters_.accepted.fetch_add(1);
  return Reply<Order>{.value = std::move(order)};
}

// What cannot be settled now stays pending, and is swept.
void HotDeals::settle(const std::vector<SettledClaim>& settled, Deadline deadline) {
  if (settled.empty()) return;
  for (const auto& [claim, how] : settled) {
    if (how == Settlement::kReturned) counters_.returned.fetch_add(1);
  }
  const auto done = parts_.gate.settle(settled, deadline);
  if (done) return;
  parts_.log.event(telemetry::LogLevel::kWarn, "deal_not_settled",
                   {{"code", to_string(done.error().code)},
                    {"request", settled.front().claim.request},
                    {"message", done.error().message}});
}

Result<std::int64_t> HotDeals::backlog(Deadline deadline) {
  const auto waiting = issue::lag_of(parts_.transport.stats(), kService);
  auto pending = steward_.pending(deadline);
  if (!pending) return pending;
  return waiting + *pending;
}

std::vector<std::pair<std::string, double>> HotDeals::gauges() const {
  std::vector<std::pair<std::string, double>> all;
  const auto add = [&all](std::string name, std::int64_t value) {
    all.emplace_back(std::move(name), static_cast<double>(value));
  };
  add("deals", std::ssize(*steward_.deals()));
  add("accepted", counters_.accepted);
  add("placed", counters_.placed);
  add("failed", counters_.failed);
  add("unreadable", counters_.dead);
  add("returned", counters_.returned);
  add("swept", counters_.swept);
  add("gate_rebuilds", counters_.rebuilds);
  add("lag", issue::lag_of(parts_.transport.stats(), kService));
  const auto gate = parts_.gate.stats();
  add("gate_granted", gate.granted);
  add("gate_sold_out", gate.sold_out);
  add("gate_closed", gate.closed);
  add("gate_errors", gate.errors);
  for (const auto& [name, value] : gate.gauges) all.emplace_back("gate_" + name, value);
  return all;
}

}  // namespace stampede::stock
