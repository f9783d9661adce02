// What a sale must do, said as simply as possible: plain maps, one operation at a time, no store,
// no retries, no payment provider. Tests compare the pipeline with it.

#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/api/store.hpp"
#include "core/pipeline/pipeline.hpp"

namespace stampede::pipeline::testing {

// What the model expects of an answer.
struct Expected {
  RefusalCode refusal = RefusalCode::kNone;
  bool replayed = false;
  std::int64_t amount = 0;  // An order's total, a charge's amount, a cart line's quantity.
};

class Model {
 public:
  explicit Model(const Seed& seed) : seed_(seed) {
    for (std::int64_t user = 1; user <= seed.users; ++user) balance[user] = seed.balance.minor;
    for (std::int64_t product = 1; product <= seed.products; ++product) {
      stock[product] = seed.stock;
    }
    for (std::size_t i = 0; i < seed.coupons.size(); ++i) {
      const auto coupon = static_cast<std::int64_t>(i) + 1;
      for (std::int64_t user = 1; user <= seed.coupons[i].held_by; ++user) {
        is_used[{user, coupon}] = false;
      }
    }
  }

  Expected order(const PlaceOrder& request, bool will_pay) {
    std::string body = "order " + text(request.user) + " " +
                       (request.coupon ? text(*request.coupon) : std::string("-"));
    std::map<std::int64_t, std::int64_t> lines;
    for (const auto& item : request.items) lines[value_of(item.product)] = item.quantity;
    for (const auto& [product, quantity] : lines) {
      body += " " + std::to_string(product) + "x" + std::to_string(quantity);
    }
    return keyed(request.tag.key, body, [&] { return decide(request, lines, will_pay); });
  }

  Expected issue(const IssueCoupon& request) {
    return keyed(request.tag.key, "issue " + text(request.user) + " " + text(request.coupon), [&] {
      const auto coupon = value_of(request.coupon);
      if (!balance.contains(value_of(request.user))) return no(RefusalCode::kUserNotFound);
      if (!exists(coupon)) return no(RefusalCode::kCouponNotFound);
      const std::pair held{value_of(request.user), coupon};
      if (is_used.contains(held)) return no(RefusalCode::kCouponAlreadyIssued);
      if (issued(coupon) == kind(coupon).total) return no(RefusalCode::kCouponSoldOut);
      is_used[held] = false;
      ++events;
      return Expected{};
    });
  }

  Expected charge(const ChargeBalance& request) {
    const auto user = value_of(request.user);
    const auto body = "charge " + text(request.user) + " " + std::to_string(request.amount.minor);
    return keyed(request.tag.key, body + " " + request.transaction_id, [&] {
      const auto earlier = charges.find(request.transaction_id);
      if (earlier != charges.end()) {
        if (earlier->second != body) return no(RefusalCode::kRequestKeyReused);
        return Expected{.replayed = true, .amount = request.amount.minor};
      }
      if (!balance.contains(user)) return no(RefusalCode::kUserNotFound);
      charges[request.transaction_id] = body;
      balance[user] += request.amount.minor;
      ++events;
      return Expected{.amount = request.amount.minor};
    });
  }

  // Within the caps of a cart.
  Expected add_to_cart(const AddToCart& request) {
    const auto product = value_of(request.item.product);
    const auto quantity = request.item.quantity;
    const auto body = "cart " + text(request.user) + " " + std::to_string(product) + "x" +
                      std::to_string(quantity);
    return keyed(request.tag.key, body, [&] {
      const auto user = value_of(request.user);
      if (!balance.contains(user)) return no(RefusalCode::kUserNotFound);
      if (!stock.contains(product)) return no(RefusalCode::kProductNotFound);
      return Expected{.amount = carts[user][product] += quantity};
    });
  }

  std::map<std::int64_t, std::int64_t> stock;
  std::map<std::int64_t, std::int64_t> balance;
  std::map<std::pair<std::int64_t, std::int64_t>, bool> is_used;  // By user and coupon.
  std::map<std::int64_t, std::map<std::int64_t, std::int64_t>> carts;
  std::map<std::string, std::string> charges;
  std::int64_t orders = 0;
  std::int64_t spent = 0;
  std::int64_t events = 0;

 private:
  static Expected no(RefusalCode code) { return {.refusal = code}; }

  template <typename Id>
  static std::string text(Id id) {
    return std::to_string(value_of(id));
  }

  bool exists(std::int64_t coupon) const {
    return coupon >= 1 && coupon <= static_cast<std::int64_t>(seed_.coupons.size());
  }
  const SeedCoupon& kind(std::int64_t coupon) const {
    return seed_.coupons[static_cast<std::size_t>(coupon - 1)];
  }
  std::int64_t issued(std::int64_t coupon) const {
    return std::count_if(is_used.begin(), is_used.end(),
                         [&](const auto& held) { return held.first.second == coupon; });
  }

  template <typename Decide>
  Expected keyed(const std::string& key, const std::string& body, Decide decide_now) {
    if (key.empty()) return decide_now();
    const auto known = requests_.find(key);
    if (known != requests_.end()) {
      if (known->second.first != body) return no(RefusalCode::kRequestKeyReused);
      auto again = known->second.second;
      again.replayed = true;
      return again;
    }
    const auto decided = decide_now();
    // A refusal is not kept, and neither is what the transaction id had answered already.
    if (decided.refusal == RefusalCode::kNone && !decided.replayed) {
      requests_[key] = {body, decided};
    }
    return decided;
  }

  Expected decide(const PlaceOrder& request, std::map<std::int64_t, std::int64_t> lines,
                  bool will_pay) {
    const auto user = value_of(request.user);
    if (!balance.contains(user)) return no(RefusalCode::kUserNotFound);
    const bool is_from_cart = lines.empty();
    if (is_from_cart) lines = carts[user];
    if (lines.empty()) return no(RefusalCode::kCartEmpty);
    std::int64_t total = 0;
    for (const auto& [product, quantity] : lines) {
      if (!stock.contains(product)) return no(RefusalCode::kProductNotFound);
      total += quantity * (seed_.price.minor + (product - 1) % 10);
    }
    const std::pair held{user, request.coupon ? value_of(*request.coupon) : 0};
    if (request.coupon) {
      if (!exists(held.second)) return no(RefusalCode::kCouponNotFound);
      if (!is_used.contains(held) || is_used[held]) return no(RefusalCode::kCouponNotUsable);
      const auto& discount = kind(held.second).discount;
      const auto off =
          discount.kind == Discount::Kind::kFixed ? discount.value : total * discount.value / 100;
      total = std::max<std::int64_t>(0, total - off);
    }
    for (const auto& [product, quantity] : lines) {
      if (stock[product] < quantity) return no(RefusalCode::kInsufficientStock);
    }
    if (balance[user] < total) return no(RefusalCode::kInsufficientBalance);
    if (!will_pay && total != 0) return no(RefusalCode::kPaymentDeclined);

    for (const auto& [product, quantity] : lines) stock[product] -= quantity;
    balance[user] -= total;
    if (request.coupon) is_used[held] = true;
    if (is_from_cart) carts[user].clear();
    ++orders;
    ++events;
    spent += total;
    return {.amount = total};
  }

  const Seed seed_;
  std::map<std::string, std::pair<std::string, Expected>> requests_;
};

}  // namespace stampede::pipeline::testing
