#include "core/pipeline/order_operation.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "core/pipeline/events.hpp"
#include "core/pipeline/order_fingerprint.hpp"

namespace stampede::pipeline {

OrderOperation::OrderOperation(Environment& environment, const PlaceOrder& request,
                               std::vector<ProductId> products, Context& context)
    : KeyedOperation(RequestRecord::Kind::kOrder, request.tag, fingerprint_of(request)),
      environment_(environment),
      request_(request),
      products_(std::move(products)),
      context_(context),
      id_(request.id ? *request.id : environment.ids.next()),
      event_id_(environment.ids.next()),
      now_(environment.clock.now()),
      payment_(environment.payments, id_, context) {}

Result<Outcome> OrderOperation::pay_ahead() {
  {
    // The view may pin resources: it is closed before the slow call.
    auto view = environment_.store.read_view(context_.deadline);
    if (!view) return Unexpected(view.error());
    auto quoted = read_quote(**view, request_, now_, quote_);
    if (!quoted || !quoted->committed()) return quoted;
  }
  if (auto covered = check_scope(); !covered.committed()) return covered;
  if (auto affordable = check_affordable(quote_); !affordable.committed()) return affordable;
  return payment_.pay(quote_.total);
}

Result<Outcome> OrderOperation::guarded(Context&) {
  if (environment_.options.payment != PaymentPlacement::kInLock) return Outcome::commit();
  return pay_ahead();
}

Placement* OrderOperation::placement() {
  const auto& options = environment_.options;
  if (request_.items.empty() || request_.coupon || options.read_write_pause.count() > 0 ||
      options.payment == PaymentPlacement::kInTransaction) {
    return nullptr;
  }
  placement_.emplace(Placement{.order = id_,
                               .user = request_.user,
                               .items = {},
                               .request_key = request_.tag.key,
                               .fingerprint = fingerprint(),
                               .now = now_,
                               .paid = std::nullopt,
                               .event = event_id_,
                               .correlation = request_.tag.correlation});
  for (const auto& item : request_.items) {
    placement_->items.push_back({item.product, item.quantity});
  }
  std::ranges::sort(placement_->items, {}, &CartLine::product);
  if (is_paid_ahead()) placement_->paid = quote_.total;
  return &*placement_;
}

void OrderOperation::adopt_placement() {
  if (placement_ && placement_->placed) set_value(*std::move(placement_->placed));
}

bool OrderOperation::is_paid_ahead() const {
  const auto placement = environment_.options.payment;
  return placement == PaymentPlacement::kBeforeLock || placement == PaymentPlacement::kInLock;
}

Result<Outcome> OrderOperation::apply(Transaction& transaction) {
  outgrew_scope_ = false;
  auto quoted = read_quote(transaction, request_, now_, quote_);
  if (!quoted || !quoted->committed()) return quoted;
  if (auto covered = check_scope(); !covered.committed()) return covered;
  if (auto affordable = check_affordable(quote_); !affordable.committed()) return affordable;

  // The price changed after it was paid: the customer agreed to another amount.
  if (is_paid_ahead() && !payment_.covers(quote_.total)) {
    return Outcome::refuse(RefusalCode::kPaymentDeclined);
  }

  pause_before_writing();
  if (auto taken = take(transaction); !taken || !taken->committed()) return taken;
  if (environment_.options.payment == PaymentPlacement::kInTransaction) {
    if (auto paid = payment_.pay(quote_.total); !paid || !paid->committed()) return paid;
  }
  return record(transaction);
}

Outcome OrderOperation::check_scope() {
  const auto is_covered = [&](const OrderItem& item) {
    return std::binary_search(products_.begin(), products_.end(), item.product);
  };
  outgrew_scope_ = !std::all_of(quote_.items.begin(), quote_.items.end(), is_covered);
  return outgrew_scope_ ? Outcome::refuse(RefusalCode::kRequestInProgress) : Outcome::commit();
}

void OrderOperation::pause_before_writing() const {
  const auto pause = environment_.options.read_write_pause;
  if (pause.count() <= 0) return;
  std::this_thread::sleep_until(std::min(context_.deadline, Clock::now() + pause));
}

// The quote showed enough of everything, but in the atomic form only the writes know. Products by
// id, then the user's: every order writes in this order, so none deadlocks another.
Result<Outcome> OrderOperation::take(Transaction& transaction) {
  for (std::size_t i = 0; i < quote_.items.size(); ++i) {
    auto taken = transaction.take_stock(quote_.products[i], quote_.items[i].quantity);
    if (!taken) return Unexpected(taken.error());
    if (!*taken) return Outcome::refuse(RefusalCode::kInsufficientStock);
  }
  auto debited = transaction.debit(quote_.wallet, quote_.total);
  if (!debited) return Unexpected(debited.error());
  if (!*debited) return Outcome::refuse(RefusalCode::kInsufficientBalance);
  if (!quote_.held) return Outcome::commit();

  auto used = transaction.use_coupon(*quote_.held, id_);
  if (!used) return Unexpected(used.error());
  return *used ? Outcome::commit() : Outcome::refuse(RefusalCode::kCouponNotUsable);
}

Result<Outcome> OrderOperation::record(Transaction& transaction) {
  Order order{.id = id_,
              .user = request_.user,
              .status = Order::Status::kCompleted,
              .items = quote_.items,
              .coupon = request_.coupon,
              .subtotal = quote_.subtotal,
              .total = quote_.total,
              .created_at = now_,
              .request_key = request_.tag.key};
  if (auto added = transaction.add_order(order); !added) return Unexpected(added.error());
  if (request_.items.empty()) {
    std::vector<CartLine> ordered;
    ordered.reserve(quote_.items.size());
    for (const auto& item : quote_.items) ordered.push_back({item.product, item.quantity});
    if (auto cleared = transaction.clear_cart(request_.user, ordered); !cleared) {
      return Unexpected(cleared.error());
    }
  }
  auto event = order_completed(order, event_id_);
  return remember(transaction, std::move(order), to_string(id_), std::move(event));
}

Result<std::optional<Order>> OrderOperation::recall(Transaction& transaction,
                                                    const std::string& entity) {
  const auto id = parse_order_id(entity);
  if (!id) return std::optional<Order>();
  return transaction.order(*id);
}

Result<bool> OrderOperation::find_effect(Transaction& transaction) {
  auto read = transaction.order(id_);
  if (!read) return Unexpected(read.error());
  auto& order = *read;
  if (!order || order->status != Order::Status::kCompleted) return false;
  set_value(*std::move(order));
  return true;
}

Order OrderOperation::failed_order() const {
  return {.id = id_,
          .user = request_.user,
          .status = Order::Status::kFailed,
          .items = quote_.items,
          .coupon = request_.coupon,
          .subtotal = quote_.subtotal,
          .total = quote_.total,
          .created_at = now_,
          .request_key = {}};  // The key was not used up: the client may order again with it.
}

}  // namespace stampede::pipeline
