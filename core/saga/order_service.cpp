#include "core/saga/order_service.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/pipeline/look_up.hpp"
#include "core/pipeline/rules.hpp"
#include "core/saga/accept_order.hpp"
#include "core/saga/refusals.hpp"

namespace stampede::saga {

using pipeline::PlaceOrder;
using pipeline::Reply;

namespace {

// Whether what was asked of another service may have been done although its answer is an error: it
// may be in another process, and the answer lost.
bool may_have_been_done(ErrorCode code) {
  return pipeline::leaves_doubt(code) || code == ErrorCode::kUnavailable ||
         code == ErrorCode::kTimeout;
}

}  // namespace

OrderService::OrderService(ServiceContext context, pipeline::Environment& environment, Calls calls,
                           bool waits_for_end)
    : context_(context), environment_(environment), calls_(calls), waits_for_end_(waits_for_end) {}

std::vector<Subscription> OrderService::subscriptions() {
  const auto finishing = [this](std::string_view topic, Order::Status status) {
    return Subscription{topic,
                        [this, status](const Event& event) -> Result<std::optional<Reaction>> {
                          auto fact = read_order_fact(event);
                          if (!fact) return Unexpected(fact.error());
                          return finish_by(event, *std::move(fact), status);
                        }};
  };
  return {finishing(topic::kStockDecreased, Order::Status::kCompleted),
          finishing(topic::kPaymentFailed, Order::Status::kFailed),
          finishing(topic::kStockDecreaseFailed, Order::Status::kFailed)};
}

Result<Reply<Order>> OrderService::place(const PlaceOrder& request, Context& context) {
  if (!request.items.empty()) {
    if (auto valid = pipeline::check_items(request.items); !valid) {
      return Unexpected(valid.error());
    }
  }
  const auto lease = environment_.request_keys.acquire(request.tag.key);
  if (!lease) return pipeline::refused<Order>(RefusalCode::kRequestInProgress);

  Order order{.id = environment_.ids.next(),
              .user = request.user,
              .status = Order::Status::kPending,
              .items = {},
              .coupon = request.coupon,
              .subtotal = {},
              .total = {},
              .created_at = environment_.clock.now(),
              .request_key = request.tag.key};
  if (!request.tag.key.empty()) {  // Before anybody else is asked for anything.
    AcceptOrder known(context_, request, order);
    Result<Outcome> recalled = Outcome::commit();
    auto looked =
        pipeline::look_up(context_.store, context, [&](Transaction& from) -> Result<void> {
          recalled = known.recall_key(from);
          return {};
        });
    if (!looked) return Unexpected(looked.error());
    if (!recalled) return Unexpected(recalled.error());
    if (!recalled->committed()) return answer(known.reply(*recalled));
  }
  const auto refusal = draw_up(request, order, context);
  if (!refusal) return Unexpected(refusal.error());
  if (*refusal != RefusalCode::kNone) return pipeline::refused<Order>(*refusal);
  if (const auto pause = environment_.options.read_write_pause; pause.count() > 0) {
    std::this_thread::sleep_until(std::min(context.deadline, Clock::now() + pause));
  }
  return accept(request, order, context);
}

// Lines, prices and discount. The coupon is kept for the order when this says kNone.
Result<RefusalCode> OrderService::draw_up(const PlaceOrder& request, Order& order,
                                          Context& context) {
  if (auto lines = read_lines(request, order, context); !lines || *lines != RefusalCode::kNone) {
    return lines;
  }
  std::vector<ProductId> products;
  products.reserve(order.items.size());
  for (const auto& item : order.items) products.push_back(item.product);

  // What another service spends its time on is its own affair: here it is one phase.
  const PhaseTimer timer(context.phases, Phase::kTransport);
  Phases theirs;
  Context within{context.deadline, theirs};
  Call call{within, request.tag.correlation};
  const auto quoted = calls_.prices.quote(products, call);
  if (!quoted) return Unexpected(quoted.error());
  if (quoted->refusal != RefusalCode::kNone) return quoted->refusal;
  for (std::size_t i = 0; i < order.items.size(); ++i) {
    order.items[i].unit_price = quoted->products[i].price;
    // Known now, so said now; that there was enough is only known when it is taken.
    if (quoted->products[i].stock < order.items[i].quantity) {
      return RefusalCode::kInsufficientStock;
    }
  }
  const auto subtotal = pipeline::subtotal_of(order.items);
  if (!subtotal) {
    return fail(ErrorCode::kInvalid, "the order of user " + std::to_string(value_of(order.user)) +
                                         " costs more than 64 bits of minor units can hold");
  }
  order.subtotal = order.total = *subtotal;
  if (!order.coupon) return RefusalCode::kNone;
  const auto reserved = calls_.discounts.reserve({order.id, order.user, *order.coupon}, call);
  if (!reserved) {
    if (may_have_been_done(reserved.error().code)) release(request, order, context);
    return Unexpected(reserved.error());
  }
  if (reserved->refusal != RefusalCode::kNone) return reserved->refusal;
  order.total = order.subtotal - pipeline::discount_on(order.subtotal, reserved->discount);
  return RefusalCode::kNone;
}

// The order comes to nothing. A coupon that cannot be set free now is by the next who wants it.
void OrderService::release(const PlaceOrder& request, const Order& order, Context& context) {
  Phases theirs;
  Context within{context.deadline, theirs};
  Call call{within, request.tag.correlation};
  const auto released = calls_.discounts.release({order.id, order.user, *order.coupon}, call);
  if (!released) context_.journal.fault(context_.index, "release", released.error());
}

Result<RefusalCode> OrderService::read_lines(const PlaceOrder& request, Order& order,
                                             Context& context) {
  auto view = context_.store.read_view(context.deadline);
  if (!view) return Unexpected(view.error());
  const auto wallet = (*view)->wallet(request.user);
  if (!wallet) return Unexpected(wallet.error());
  if (!*wallet) return RefusalCode::kUserNotFound;
  if (request.items.empty()) {
    const auto cart = (*view)->cart(request.user);
    if (!cart) return Unexpected(cart.error());
    if (cart->empty()) return RefusalCode::kCartEmpty;
    if (cart->size() > pipeline::kMostItems) {
      return fail(ErrorCode::kInvalid, "the cart of user " +
                                           std::to_string(value_of(request.user)) + " holds " +
                                           std::to_string(cart->size()) +
                                           " different products; an order takes at most " +
                                           std::to_string(pipeline::kMostItems));
    }
    for (const auto& line : *cart) order.items.push_back({line.product, line.quantity, Money{}});
  } else {
    for (const auto& item : request.items) {
      order.items.push_back({item.product, item.quantity, Money{}});
    }
  }
  std::ranges::sort(order.items, {}, &OrderItem::product);
  return RefusalCode::kNone;
}

Result<Reply<Order>> OrderService::accept(const PlaceOrder& request, const Order& order,
                                          Context& context) {
  // Before the event can be on its way.
  Waiters<Order>::Ticket ending(endings_, to_string(order.id));
  Waiters<bool>::Ticket published(published_, event_id(order.id, topic::kOrderPending));
  AcceptOrder operation(context_, request, order);
  Scope scope;
  scope.add(order.user);
  auto reply = pipeline::execute(environment_, scope, operation, context);
  const bool accepted = reply && reply->value && !reply->replayed;
  if (!accepted) {
    // In doubt, the order may stand: its end will see to the coupon, or the next who wants it.
    const bool is_known = reply || !pipeline::leaves_doubt(reply.error().code);
    if (order.coupon && is_known) {
      const PhaseTimer timer(context.phases, Phase::kTransport);
      release(request, order, context);
    }
    if (!reply) return Unexpected(reply.error());
    return answer(*std::move(reply));
  }
  context_.journal.order_accepted(order, request.tag.correlation);
  const PhaseTimer timer(context.phases, Phase::kTransport);
  operation.telling().committed(context.deadline);
  if (waits_for_end_) {
    auto ended = wait_for_end(ending, order.id, context.deadline);
    if (!ended) return Unexpected(ended.error());
    if (*ended) reply->value = **std::move(ended);
    return answer(*std::move(reply));
  }
  if (!published.wait_until(context.deadline)) {
    return fail(ErrorCode::kInDoubt, "order " + to_string(order.id) +
                                         " is stored, but the transport has not taken it yet");
  }
  return reply;
}

// Another process that shares the store may be told how the order ended: then only the store knows.
Result<std::optional<Order>> OrderService::wait_for_end(Waiters<Order>::Ticket& ending,
                                                        const OrderId& order, Deadline deadline) {
  constexpr std::chrono::milliseconds kLook{20};
  const bool is_shared = context_.store.sharing() == Sharing::kNetwork;
  for (;;) {
    const auto until = is_shared ? std::min<Deadline>(deadline, Clock::now() + kLook) : deadline;
    if (auto ended = ending.wait_until(until)) return ended;
    if (Clock::now() >= deadline) return std::nullopt;
    auto view = context_.store.read_view(deadline);
    if (!view) return Unexpected(view.error());
    auto stored = (*view)->order(order);
    if (!stored) return Unexpected(stored.error());
    if (*stored && (*stored)->status != Order::Status::kPending) return stored;
  }
}

Result<Reply<Order>> OrderService::answer(Reply<Order> reply) const {
  if (!reply.value || reply.value->status != Order::Status::kFailed) return reply;
  if (const auto refusal = refusal_of(reply.value->failure)) {
    reply.value.reset();
    reply.refusal = *refusal;
    return reply;
  }
  return fail(ErrorCode::kInternal, "order " + to_string(reply.value->id) +
                                        " failed for no known reason: " + reply.value->failure);
}

void OrderService::published(std::span<const Event> events) {
  for (const auto& event : events) {
    if (event.topic == topic::kOrderPending) published_.tell(event.id, true);
  }
}

}  // namespace stampede::saga
