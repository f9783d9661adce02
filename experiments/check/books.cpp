#include "experiments/check/books.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace stampede::check {
namespace {

constexpr std::int64_t kAll = 100'000;

template <typename T>
T value(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

using Totals = std::map<std::int64_t, std::int64_t>;

void check_stock(const Books& before, const Books& after, std::ostream& faults) {
  Totals sold;
  for (const auto& order : after.orders) {
    for (const auto& item : order.items) sold[value_of(item.product)] += item.quantity;
  }
  for (const auto& product : before.products) {
    const auto id = value_of(product.id);
    const auto gone = product.stock - after.stock(product.id);
    if (sold[id] > product.stock) {
      faults << "product " << id << ": oversold, " << sold[id] << " of " << product.stock << '\n';
    }
    if (gone != sold[id]) {
      faults << "product " << id << ": " << sold[id] << " sold, but stock fell by " << gone << '\n';
    }
  }
}

void check_money(const Books& before, const Books& after, std::ostream& faults) {
  Totals change;
  for (const auto& order : after.orders) change[value_of(order.user)] -= order.total.minor;
  for (const auto& charge : after.charges) change[value_of(charge.user)] += charge.amount.minor;
  for (const auto& wallet : before.wallets) {
    const auto expected = wallet.balance.minor + change[value_of(wallet.user)];
    const auto found = after.balance(wallet.user).minor;
    if (expected != found || found < 0) {
      faults << "user " << value_of(wallet.user) << ": balance " << found << ", expected "
             << expected << '\n';
    }
  }
}

void check_coupons(const Books& after, std::ostream& faults) {
  Totals rows;
  std::map<std::pair<std::int64_t, std::int64_t>, int> held;
  for (const auto& row : after.user_coupons) {
    ++rows[value_of(row.coupon)];
    if (++held[{value_of(row.user), value_of(row.coupon)}] > 1) {
      faults << "user " << value_of(row.user) << " holds coupon " << value_of(row.coupon)
             << " twice\n";
    }
  }
  for (const auto& coupon : after.coupons) {
    const auto id = value_of(coupon.id);
    if (rows[id] > coupon.total) {
      faults << "coupon " << id << ": " << rows[id] << " issued of " << coupon.total << '\n';
    }
    if (rows[id] != coupon.issued) {
      faults << "coupon " << id << ": " << rows[id] << " held, but " << coupon.issued
             << " counted as issued\n";
    }
  }
  std::set<std::pair<std::int64_t, std::int64_t>> used;
  for (const auto& order : after.orders) {
    if (order.coupon && !used.emplace(value_of(order.user), value_of(*order.coupon)).second) {
      faults << "user " << value_of(order.user) << " used coupon " << value_of(*order.coupon)
             << " twice\n";
    }
  }
}

void check_events(const Books& before, const Books& after, std::size_t acknowledged,
                  std::ostream& faults) {
  const auto effects = after.orders.size() + after.charges.size() +
                       (after.user_coupons.size() - before.user_coupons.size());
  if (effects != acknowledged) {
    faults << acknowledged << " operations acknowledged, but " << effects << " stored\n";
  }
  if (after.outbox.size() != effects) {
    faults << effects << " operations stored, but " << after.outbox.size() << " events\n";
  }
  std::set<std::string> ids;
  for (const auto& row : after.outbox) {
    if (!ids.insert(row.event.id).second) faults << "event " << row.event.id << " twice\n";
  }
}

}  // namespace

Books Books::of(Store& store) {
  const auto view = value(store.read_view(Clock::now() + std::chrono::seconds(20)));
  Books books;
  books.products = value(view->products_after(ProductId{0}, kAll));
  books.wallets = value(view->wallets_after(UserId{0}, kAll));
  books.coupons = value(view->coupons_after(CouponId{0}, kAll));
  books.user_coupons = value(view->user_coupons_after(CouponId{0}, UserId{0}, kAll));
  books.orders = value(view->orders_after(OrderId{}, kAll));
  books.charges = value(view->charges_after("", kAll));
  books.outbox = value(view->outbox_after(0, kAll));
  return books;
}

std::int64_t Books::stock(ProductId id) const {
  return std::ranges::find(products, id, &Product::id)->stock;
}

Money Books::balance(UserId user) const {
  return std::ranges::find(wallets, user, &Wallet::user)->balance;
}

std::int64_t Books::issued(CouponId coupon) const {
  return std::ranges::find(coupons, coupon, &Coupon::id)->issued;
}

std::string Books::text() const {
  std::ostringstream out;
  for (const auto& row : products) {
    out << "product " << value_of(row.id) << ' ' << row.stock << " v" << row.version << '\n';
  }
  for (const auto& row : wallets) {
    out << "wallet " << value_of(row.user) << ' ' << row.balance.minor << " v" << row.version
        << '\n';
  }
  for (const auto& row : coupons) {
    out << "coupon " << value_of(row.id) << ' ' << row.issued << " v" << row.version << '\n';
  }
  for (const auto& row : user_coupons) {
    out << "held " << value_of(row.user) << ' ' << value_of(row.coupon) << ' '
        << (row.used_by ? to_string(*row.used_by) : "unused") << " v" << row.version << '\n';
  }
  for (const auto& row : orders) out << "order " << to_string(row.id) << '\n';
  for (const auto& row : charges) out << "charge " << row.transaction_id << '\n';
  for (const auto& row : outbox) out << "event " << row.event.id << '\n';
  return out.str();
}

std::string contradictions(const Books& before, const Books& after, std::size_t acknowledged) {
  std::ostringstream faults;
  check_stock(before, after, faults);
  check_money(before, after, faults);
  check_coupons(after, faults);
  check_events(before, after, acknowledged, faults);
  return faults.str();
}

}  // namespace stampede::check
