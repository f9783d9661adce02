#include "core/pipeline/place_order.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/pipeline/look_up.hpp"
#include "core/pipeline/order_operation.hpp"
#include "core/pipeline/rules.hpp"

namespace stampede::pipeline {
namespace {

// How often an order from a cart that changes meanwhile is attempted.
constexpr int kScopeAttempts = 3;

// Closing an order fails when its commit lands in the same moment; the second attempt sees it.
constexpr int kCloseAttempts = 2;

// Makes sure that an order in doubt never comes to be: once a FAILED order stands under its id,
// the execution that may still be on its way cannot add its own.
class CloseOrder final : public Operation {
 public:
  explicit CloseOrder(Order order) : order_(std::move(order)) {}

  Result<Outcome> work(Transaction& transaction) override {
    auto read = transaction.order(order_.id);
    if (!read) return Unexpected(read.error());
    if (const auto& existing = *read) {
      return existing->status == Order::Status::kFailed ? Outcome::commit()
                                                        : Outcome::refuse(RefusalCode::kNone);
    }
    if (auto added = transaction.add_order(order_); !added) return Unexpected(added.error());
    return Outcome::commit();
  }

 private:
  const Order order_;
};

// Whether the order is closed; "no" means that it was completed.
Result<bool> close(Environment& environment, const OrderOperation& operation, Context& context) {
  CloseOrder closing(operation.failed_order());
  Context grace{Clock::now() + kResolveGrace, context.phases};
  const auto attempts = context.phases.attempts;
  const auto outcome = environment.store.transact(TransactionOptions{}, closing, grace);
  context.phases.attempts = attempts;
  if (!outcome) return Unexpected(outcome.error());
  return outcome->committed();
}

// Every resource whose rows the order writes: the user (wallet, coupon held, cart) and the
// products. The coupon itself is only read: locking it would queue all its users behind each other.
//
// What a cart order touches is known only after a look into the cart. It is looked into first, at
// the price of one more read, because a strategy that locks products and writes them blindly is
// correct only if the scope names them all. Should the cart grow meanwhile, the work notices.
Result<std::vector<ProductId>> products_of(Environment& environment, const PlaceOrder& request,
                                           Context& context) {
  std::vector<ProductId> products;
  if (request.items.empty()) {
    auto view = environment.store.read_view(context.deadline);
    if (!view) return Unexpected(view.error());
    auto cart = (*view)->cart(request.user);
    if (!cart) return Unexpected(cart.error());
    // More lines than an order may have: the work says so, unless the request's key is known.
    const auto count = std::min(cart->size(), kMostItems);
    for (std::size_t i = 0; i < count; ++i) products.push_back((*cart)[i].product);
  } else {
    for (const auto& item : request.items) products.push_back(item.product);
  }
  std::sort(products.begin(), products.end());
  return products;
}

Scope scope_of(const PlaceOrder& request, const std::vector<ProductId>& products) {
  Scope scope;
  scope.add(request.user);
  for (const auto product : products) scope.add(product);
  return scope;
}

// After a fault: learns what the order came to. Commits when it exists after all, refuses with
// kNone when it does not and cannot any more; otherwise the outcome stays unknown.
Result<Outcome> resolve(Environment& environment, OrderOperation& operation, const Error& error,
                        Context& context) {
  if (!leaves_doubt(error.code)) return Outcome::refuse(RefusalCode::kNone);
  auto found = took_effect(environment, operation, context);
  if (found && *found) return Outcome::commit();
  // With no money at stake, "in doubt" is answer enough.
  if (!operation.payment().may_hold_money()) return Unexpected(error);

  for (int attempt = 0; attempt < kCloseAttempts; ++attempt) {
    const auto closed = close(environment, operation, context);
    if (!closed) continue;
    if (*closed) return Outcome::refuse(RefusalCode::kNone);
    found = took_effect(environment, operation, context);
    if (found && *found) return Outcome::commit();
  }
  return fail(ErrorCode::kInDoubt, error.message + "; it is not known whether the order exists, " +
                                       "so its payment was not refunded");
}

// Turns what the execution came to into the answer, and gives back a payment for nothing.
Result<Reply<Order>> settle(Environment& environment, OrderOperation& operation,
                            const Result<Outcome>& outcome, Context& context) {
  if (outcome && outcome->committed()) return operation.reply(*outcome);
  if (!outcome) {
    const auto resolved = resolve(environment, operation, outcome.error(), context);
    if (!resolved) return Unexpected(resolved.error());
    if (resolved->committed()) return operation.reply(*resolved);
  }
  const bool was_paid = operation.payment().may_hold_money();
  if (auto refunded = operation.payment().refund(); !refunded) {
    if (outcome) return Unexpected(refunded.error());
    return fail(ErrorCode::kInternal, outcome.error().message + "; " + refunded.error().message);
  }
  if (outcome) return operation.reply(*outcome);
  // Closed and refunded: what was in doubt is not any more.
  if (was_paid && leaves_doubt(outcome.error().code)) {
    return fail(ErrorCode::kUnavailable, outcome.error().message + "; the order was given up");
  }
  return Unexpected(outcome.error());
}

// Everything from the payment made ahead to the commit.
Result<Outcome> run(Environment& environment, const PlaceOrder& request, const Scope& scope,
                    OrderOperation& operation, Context& context) {
  // A known key is found before money moves, not after.
  if (operation.is_paid_ahead() && !request.tag.key.empty()) {
    Result<Outcome> known = Outcome::commit();
    auto looked = look_up(environment.store, context, [&](Transaction& from) -> Result<void> {
      known = operation.recall_key(from);
      return {};
    });
    if (!looked) return Unexpected(looked.error());
    if (!known || !known->committed()) return known;
  }
  if (environment.options.payment == PaymentPlacement::kBeforeLock) {
    if (auto paid = operation.pay_ahead(); !paid || !paid->committed()) return paid;
  }
  auto outcome = environment.lock.execute(environment.store, scope, operation, context);
  if (outcome && outcome->committed()) operation.adopt_placement();
  return outcome;
}

}  // namespace

Result<Reply<Order>> place_order(Environment& environment, const PlaceOrder& request,
                                 Context& context) {
  if (!request.items.empty()) {
    if (auto valid = check_items(request.items); !valid) return Unexpected(valid.error());
  }
  const auto lease = environment.request_keys.acquire(request.tag.key);
  if (!lease) return refused<Order>(RefusalCode::kRequestInProgress);

  for (int attempt = 0; attempt < kScopeAttempts; ++attempt) {
    auto products = products_of(environment, request, context);
    if (!products) return Unexpected(products.error());
    const auto scope = scope_of(request, *products);
    OrderOperation operation(environment, request, std::move(*products), context);
    const auto outcome = run(environment, request, scope, operation, context);
    auto reply = settle(environment, operation, outcome, context);
    if (!operation.outgrew_scope()) return reply;
    if (!reply) return reply;  // The refund failed.
  }
  return fail(ErrorCode::kConflict, "the cart of user " + std::to_string(value_of(request.user)) +
                                        " changed in each of " + std::to_string(kScopeAttempts) +
                                        " attempts to order it");
}

}  // namespace stampede::pipeline
