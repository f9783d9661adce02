#include "core/pipeline/add_to_cart.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "core/pipeline/look_up.hpp"
#include "core/pipeline/rules.hpp"

namespace stampede::pipeline {
namespace {

std::uint64_t fingerprint_of(const AddToCart& request) {
  return Fingerprint(RequestRecord::Kind::kCart)
      .add(value_of(request.user))
      .add(value_of(request.item.product))
      .add(request.item.quantity)
      .value();
}

// Answers the line as it then stands: the product, and how many of it the cart holds.
class CartOperation final : public KeyedOperation<CartLine> {
 public:
  explicit CartOperation(const AddToCart& request)
      : KeyedOperation(RequestRecord::Kind::kCart, request.tag, fingerprint_of(request)),
        request_(request) {}

 protected:
  Result<Outcome> apply(Transaction& transaction) override {
    auto wallet = transaction.wallet(request_.user);
    if (!wallet) return Unexpected(wallet.error());
    if (!*wallet) return Outcome::refuse(RefusalCode::kUserNotFound);
    auto product = transaction.product(request_.item.product);
    if (!product) return Unexpected(product.error());
    if (!*product) return Outcome::refuse(RefusalCode::kProductNotFound);

    auto line = line_after(transaction);
    if (!line) return Unexpected(line.error());
    auto added =
        transaction.add_to_cart(request_.user, request_.item.product, request_.item.quantity);
    if (!added) return Unexpected(added.error());
    // The cart changes again later; the key keeps what was answered.
    return remember(transaction, *line, std::to_string(line->quantity), Event{});
  }

  Result<std::optional<CartLine>> recall(Transaction&, const std::string& entity) override {
    CartLine line{request_.item.product, 0};
    const auto* const end = entity.data() + entity.size();
    const auto [at, error] = std::from_chars(entity.data(), end, line.quantity);
    if (error != std::errc() || at != end) return std::optional<CartLine>();
    return std::optional(line);
  }

 private:
  Result<CartLine> line_after(Transaction& transaction) const {
    auto cart = transaction.cart(request_.user);
    if (!cart) return Unexpected(cart.error());
    const auto& item = request_.item;
    const auto line = std::find_if(cart->begin(), cart->end(), [&](const CartLine& held) {
      return held.product == item.product;
    });
    const auto whose = "the cart of user " + std::to_string(value_of(request_.user));
    if (line == cart->end() && cart->size() >= kMostItems) {
      return fail(ErrorCode::kInvalid,
                  whose + " is full: it holds " + std::to_string(cart->size()) +
                      " different products of at most " + std::to_string(kMostItems));
    }
    const auto quantity = item.quantity + (line == cart->end() ? 0 : line->quantity);
    if (quantity > kMostQuantity) {
      return fail(ErrorCode::kInvalid, whose + " would hold " + std::to_string(quantity) +
                                           " of product " + std::to_string(value_of(item.product)) +
                                           "; expected at most " + std::to_string(kMostQuantity));
    }
    return CartLine{item.product, quantity};
  }

  const AddToCart& request_;
};

}  // namespace

Result<Reply<CartLine>> add_to_cart(Environment& environment, const AddToCart& request,
                                    Context& context) {
  if (auto valid = check_quantity(request.item); !valid) return Unexpected(valid.error());
  const auto lease = environment.request_keys.acquire(request.tag.key);
  if (!lease) return refused<CartLine>(RefusalCode::kRequestInProgress);
  CartOperation operation(request);
  Scope scope;
  scope.add(request.user);  // The product is only read.
  return execute(environment, scope, operation, context);
}

}  // namespace stampede::pipeline
