#include "plugins/stores/memory/view.hpp"

#include <algorithm>
#include <limits>
#include <queue>
#include <unordered_map>

namespace stampede::stores::memory {

namespace {

// One stripe, counted as a read.
class OneStripe {
 public:
  OneStripe(State& state, std::size_t index)
      : guard_(state.stripe(index).mutex), stripe_(state.stripe(index)) {
    ++stripe_.counted[static_cast<std::size_t>(Counted::kRead)];
  }
  Stripe& operator*() { return stripe_; }

 private:
  const std::lock_guard<std::mutex> guard_;
  Stripe& stripe_;
};

// All of them, counted as a list.
class EveryStripe {
 public:
  explicit EveryStripe(State& state) : guard_(state, State::every_stripe()) {
    ++state.stripe(0).counted[static_cast<std::size_t>(Counted::kList)];
  }

 private:
  const State::Guard guard_;
};

template <typename Row>
std::optional<Row> copy(const Row* row) {
  return row == nullptr ? std::nullopt : std::optional(*row);
}

template <typename Map>
auto find(const Map& map, std::string_view key) -> std::optional<typename Map::mapped_type> {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

// Visits the elements above `after` of one ordered container per stripe, in order over all of
// them, until visit() answers false.
template <typename ContainerOf, typename Key, typename KeyOf, typename Visit>
void merge_after(State& state, ContainerOf container_of, const Key& after, KeyOf key_of,
                 Visit visit) {
  using Iterator = decltype(container_of(state.stripe(0)).cbegin());
  using Run = std::pair<Iterator, Iterator>;
  const auto later = [&](const Run& a, const Run& b) {
    return key_of(*b.first) < key_of(*a.first);
  };
  std::priority_queue<Run, std::vector<Run>, decltype(later)> runs(later);
  for (std::size_t i = 0; i < kStripes; ++i) {
    const auto& container = container_of(state.stripe(i));
    const Run run{container.upper_bound(after), container.cend()};
    if (run.first != run.second) runs.push(run);
  }
  while (!runs.empty()) {
    auto run = runs.top();
    runs.pop();
    if (!visit(*run.first)) return;
    if (++run.first != run.second) runs.push(run);
  }
}

// The rows of an array by id that follow `after`.
template <typename Row>
std::vector<Row> rows_after(const std::vector<Row>& rows, std::int64_t after, std::int64_t limit) {
  const auto size = std::ssize(rows);
  const auto from = std::clamp<std::int64_t>(after, 0, size);
  const auto count = std::clamp<std::int64_t>(limit, 0, size - from);
  return {rows.begin() + from, rows.begin() + from + count};
}

// Where a page begins and ends in a list of `size` rows.
std::pair<std::int64_t, std::int64_t> bounds(Page page, std::int64_t size) {
  std::int64_t from = 0;
  if (page.number < 0 || page.size <= 0 || __builtin_mul_overflow(page.number, page.size, &from) ||
      from >= size) {
    return {size, size};
  }
  return {from, from + std::min(page.size, size - from)};
}

bool matches(const Order& order, const OrderFilter& filter) {
  return (!filter.user || order.user == *filter.user) &&
         (!filter.status || order.status == *filter.status) &&
         (!filter.from || order.created_at >= *filter.from) &&
         (!filter.until || order.created_at < *filter.until);
}

class View final : public ReadView {
 public:
  explicit View(State& state) : state_(state), rows_(state) {}

  Result<std::optional<Product>> product(ProductId id) override { return rows_.product(id); }
  Result<std::optional<Wallet>> wallet(UserId user) override { return rows_.wallet(user); }
  Result<std::optional<Coupon>> coupon(CouponId id) override { return rows_.coupon(id); }
  Result<std::vector<CartLine>> cart(UserId user) override { return rows_.cart(user); }
  Result<std::optional<Order>> order(const OrderId& id) override { return rows_.order(id); }

  Result<Paged<Product>> products(Page page) override {
    const auto guard = lock_all();
    const auto& all = state_.products();
    const auto [from, until] = bounds(page, std::ssize(all));
    return Paged<Product>{{all.begin() + from, all.begin() + until}, std::ssize(all)};
  }

  Result<std::vector<UserCoupon>> coupons_of(UserId user) override {
    const OneStripe stripe(state_, State::stripe_of(user));
    const auto* held = state_.holdings(user);
    if (held == nullptr) return std::vector<UserCoupon>{};
    auto coupons = held->coupons;
    std::ranges::stable_sort(coupons, {}, &UserCoupon::coupon);
    return coupons;
  }

  Result<Paged<Order>> orders(const OrderFilter& filter, Page page) override;

  Result<std::vector<ProductSales>> popular_products(TimePoint since, std::int64_t limit) override;

  Result<std::vector<Product>> products_after(ProductId after, std::int64_t limit) override {
    const auto guard = lock_all();
    return rows_after(state_.products(), value_of(after), limit);
  }
  Result<std::vector<Wallet>> wallets_after(UserId after, std::int64_t limit) override {
    const auto guard = lock_all();
    return rows_after(state_.wallets(), value_of(after), limit);
  }
  Result<std::vector<Coupon>> coupons_after(CouponId after, std::int64_t limit) override {
    const auto guard = lock_all();
    return rows_after(state_.coupons(), value_of(after), limit);
  }

  Result<std::vector<Order>> orders_after(const OrderId& after, std::int64_t limit) override {
    const auto guard = lock_all();
    std::vector<Order> page;
    merge_after(
        state_, [](Stripe& s) -> const auto& { return s.orders; }, after,
        [](const auto& entry) -> const auto& { return entry.first; },
        [&](const auto& entry) {
          if (std::ssize(page) >= limit) return false;
          page.push_back(entry.second);
          return true;
        });
    return page;
  }

  Result<std::vector<Charge>> charges_after(std::string_view transaction_id,
                                            std::int64_t limit) override {
    const auto guard = lock_all();
    std::vector<Charge> page;
    merge_after(
        state_, [](Stripe& s) -> const auto& { return s.charges; }, transaction_id,
        [](const auto& entry) -> const auto& { return entry.first; },
        [&](const auto& entry) {
          if (std::ssize(page) >= limit) return false;
          page.push_back(entry.second);
          return true;
        });
    return page;
  }

  // The doubles of one user and coupon stay on one page, whatever the limit: a cursor cannot stop
  // between them.
  Result<std::vector<UserCoupon>> user_coupons_after(CouponId coupon, UserId user,
                                                     std::int64_t limit) override {
    const auto guard = lock_all();
    std::vector<UserCoupon> page;
    merge_after(
        state_, [](Stripe& s) -> const auto& { return s.holders; }, std::pair(coupon, user),
        [](const auto& key) -> const auto& { return key; },
        [&](const auto& key) {
          if (std::ssize(page) >= limit) return false;
          for (const auto& row : state_.holdings(key.second)->coupons) {
            if (row.coupon == key.first) page.push_back(row);
          }
          return true;
        });
    return page;
  }

  Result<std::vector<OutboxRow>> outbox_after(std::int64_t sequence, std::int64_t limit) override {
    return state_.outbox_after(sequence, limit);
  }

  Result<std::vector<SagaStep>> saga_steps_after(std::string_view key,
                                                 std::int64_t limit) override {
    const auto guard = lock_all();
    std::vector<SagaStep> page;
    merge_after(
        state_, [](Stripe& s) -> const auto& { return s.saga_steps.in_order(); }, key,
        [](const auto* step) -> const auto& { return step->key; },
        [&](const auto* step) {
          if (std::ssize(page) >= limit) return false;
          page.push_back(*step);
          return true;
        });
    return page;
  }

  Result<std::optional<RelayCursor>> relay_cursor() override { return rows_.relay_cursor(); }

 private:
  EveryStripe lock_all() { return EveryStripe(state_); }

  State& state_;
  Rows rows_;
};

Result<Paged<Order>> View::orders(const OrderFilter& filter, Page page) {
  const auto guard = lock_all();
  std::vector<const Order*> found;
  const auto consider = [&](const Order& order) {
    if (matches(order, filter)) found.push_back(&order);
  };
  if (filter.user) {
    if (const auto* held = state_.holdings(*filter.user)) {
      for (const auto& id : held->orders) consider(*state_.order(id));
    }
  } else {
    for (std::size_t i = 0; i < kStripes; ++i) {
      for (const auto& [id, order] : state_.stripe(i).orders) consider(order);
    }
  }
  const auto [from, until] = bounds(page, std::ssize(found));
  const auto newest_first = [](const Order* a, const Order* b) {
    return std::pair(a->created_at, a->id) > std::pair(b->created_at, b->id);
  };
  std::ranges::partial_sort(found, found.begin() + until, newest_first);
  Paged<Order> result{{}, std::ssize(found)};
  for (auto i = from; i < until; ++i) result.items.push_back(*found[static_cast<std::size_t>(i)]);
  return result;
}

Result<std::vector<ProductSales>> View::popular_products(TimePoint since, std::int64_t limit) {
  const auto guard = lock_all();
  const OrderFilter wanted{.status = Order::Status::kCompleted, .from = since};
  std::unordered_map<std::int64_t, std::int64_t> sold;  // By product.
  for (std::size_t i = 0; i < kStripes; ++i) {
    for (const auto& [id, order] : state_.stripe(i).orders) {
      if (!matches(order, wanted)) continue;
      for (const auto& item : order.items) sold[value_of(item.product)] += item.quantity;
    }
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> best(sold.begin(), sold.end());
  const auto count = std::clamp<std::int64_t>(limit, 0, std::ssize(best));
  std::ranges::partial_sort(best, best.begin() + count, [](const auto& a, const auto& b) {
    return std::pair(-a.second, a.first) < std::pair(-b.second, b.first);
  });
  best.resize(static_cast<std::size_t>(count));
  std::vector<ProductSales> page;
  for (const auto& [id, units] : best) {
    const auto* row = state_.product(ProductId{id});
    page.push_back({row == nullptr ? Product{.id = ProductId{id}} : *row, units});
  }
  return page;
}

}  // namespace

std::unique_ptr<ReadView> make_view(State& state) { return std::make_unique<View>(state); }

Result<std::optional<Product>> Rows::product(ProductId id) {
  const OneStripe stripe(state_, State::stripe_of(id));
  return copy(state_.product(id));
}

Result<std::optional<Wallet>> Rows::wallet(UserId user) {
  const OneStripe stripe(state_, State::stripe_of(user));
  return copy(state_.wallet(user));
}

Result<std::optional<Coupon>> Rows::coupon(CouponId id) {
  const OneStripe stripe(state_, State::stripe_of(id));
  return copy(state_.coupon(id));
}

Result<std::optional<UserCoupon>> Rows::user_coupon(UserId user, CouponId coupon) {
  const OneStripe stripe(state_, State::stripe_of(user));
  return copy(state_.user_coupon(user, coupon));
}

Result<std::vector<CartLine>> Rows::cart(UserId user) {
  const OneStripe stripe(state_, State::stripe_of(user));
  const auto* held = state_.holdings(user);
  return held == nullptr ? std::vector<CartLine>{} : held->cart;
}

Result<std::optional<Order>> Rows::order(const OrderId& id) {
  const OneStripe stripe(state_, State::stripe_of(id));
  return copy(state_.order(id));
}

Result<std::optional<Charge>> Rows::charge(std::string_view transaction_id) {
  OneStripe stripe(state_, State::stripe_of(transaction_id));
  return find((*stripe).charges, transaction_id);
}

Result<std::optional<RequestRecord>> Rows::request(std::string_view key) {
  OneStripe stripe(state_, State::stripe_of(key));
  return find((*stripe).requests, key);
}

Result<std::optional<SagaStep>> Rows::saga_step(std::string_view key) {
  OneStripe stripe(state_, State::stripe_of(key));
  return copy((*stripe).saga_steps.find(key));
}

Result<std::optional<RelayCursor>> Rows::relay_cursor() {
  const OneStripe stripe(state_, State::kCursorStripe);
  return state_.relay_cursor();
}

Result<bool> Rows::received(std::string_view event) {
  OneStripe stripe(state_, State::stripe_of(event));
  return (*stripe).received.contains(event);
}

}  // namespace stampede::stores::memory
