#include "tests/benchmarks/plain_order.hpp"

#include "core/api/store.hpp"
#include "core/pipeline/events.hpp"

namespace stampede::benchmarks {

PlainOrder OrderMaker::make(const Ids& ids, UserId user, ProductId product, Money price) {
  Order order{.id = ids.order,
              .user = user,
              .status = Order::Status::kCompleted,
              .items = {{product, 1, price}},
              .coupon = {},
              .subtotal = price,
              .total = price,
              .created_at = ids.now,
              .request_key = {}};
  auto event = pipeline::order_completed(order, ids.event);
  return {std::move(order), std::move(event)};
}

Result<Outcome> PlaceOrder::work(Transaction& transaction) {
  const auto wallet = transaction.wallet(user_);
  if (!wallet) return Unexpected(wallet.error());
  const auto product = transaction.product(product_);
  if (!product) return Unexpected(product.error());
  if (!*wallet || !*product) return fail(ErrorCode::kInternal, "the sale was not seeded");
  const auto price = (*product)->price;
  const auto taken = transaction.take_stock(**product, 1);
  if (!taken) return Unexpected(taken.error());
  if (!*taken) return Outcome::refuse(RefusalCode::kInsufficientStock);
  const auto paid = transaction.debit(**wallet, price);
  if (!paid) return Unexpected(paid.error());
  if (!*paid) return Outcome::refuse(RefusalCode::kInsufficientBalance);
  auto made = OrderMaker::make(ids_, user_, product_, price);
  if (auto added = transaction.add_order(made.order); !added) return Unexpected(added.error());
  if (auto sent = transaction.emit(std::move(made.event)); !sent) return Unexpected(sent.error());
  return Outcome::commit();
}

}  // namespace stampede::benchmarks
