#include "plugins/stores/memory/state.hpp"

#include <algorithm>

#include "plugins/stores/seed_rows.hpp"

namespace stampede::stores::memory {

State::Guard::Guard(State& state, const StripeSet& wanted) : state_(state), wanted_(wanted) {
  for (std::size_t i = 0; i < kStripes; ++i) {
    if (wanted_[i]) state_.stripes_[i].mutex.lock();
  }
}

State::Guard::~Guard() {
  for (std::size_t i = kStripes; i-- > 0;) {
    if (wanted_[i]) state_.stripes_[i].mutex.unlock();
  }
}

std::size_t State::stripe_of(const Resource& resource) {
  switch (resource.kind) {
    case Resource::Kind::kUser:
      return stripe_of(UserId{resource.id});
    case Resource::Kind::kProduct:
      return stripe_of(ProductId{resource.id});
    case Resource::Kind::kCoupon:
      break;
  }
  return stripe_of(CouponId{resource.id});
}

std::vector<Fence> State::issue(std::span<const Resource> resources) {
  StripeSet involved;
  for (const auto& resource : resources) involved.set(stripe_of(resource));
  const Guard guard(*this, involved);
  std::vector<Fence> fences;
  fences.reserve(resources.size());
  for (const auto& resource : resources) {
    auto& newest = stripes_[stripe_of(resource)].newest_fences[resource];
    fences.push_back({resource, ++newest});
  }
  return fences;
}

Holdings* State::holdings(UserId user) {
  auto& all = stripes_[stripe_of(user)].holdings;
  const auto found = all.find(value_of(user));
  return found == all.end() ? nullptr : &found->second;
}

UserCoupon* State::user_coupon(UserId user, CouponId coupon) {
  auto* held = holdings(user);
  if (held == nullptr) return nullptr;
  UserCoupon* best = nullptr;
  for (auto& row : held->coupons) {
    if (row.coupon == coupon && (best == nullptr || row.status < best->status)) best = &row;
  }
  return best;
}

Order* State::order(const OrderId& id) {
  auto& orders = stripes_[stripe_of(id)].orders;
  const auto found = orders.find(id);
  return found == orders.end() ? nullptr : &found->second;
}

SagaStep* State::saga_step(std::string_view key) {
  return stripes_[stripe_of(key)].saga_steps.find(key);
}

bool State::empty() const {
  const auto unused = [](const Stripe& stripe) {
    return stripe.holdings.empty() && stripe.orders.empty() && stripe.charges.empty() &&
           stripe.requests.empty() && stripe.saga_steps.empty() && stripe.received.empty();
  };
  return products_.empty() && wallets_.empty() && coupons_.empty() && outbox_.empty() &&
         !relay_cursor_ && std::ranges::all_of(stripes_, unused);
}

Result<void> State::seed(const Seed& seed) {
  if (auto checked = check(seed); !checked) return checked;
  const Guard guard(*this, every_stripe());
  const std::lock_guard outbox_guard(outbox_mutex_);
  if (!empty()) return fail(ErrorCode::kInvalid, "seed: the memory store is not empty");

  for (std::int64_t n = 1; n <= seed.products; ++n) products_.push_back(seed_product(seed, n));
  for (std::int64_t user = 1; user <= seed.users; ++user) {
    wallets_.push_back(Wallet{.user = UserId{user}, .balance = seed.balance});
    if (seed.cart_lines == 0) continue;
    auto& cart = stripes_[stripe_of(UserId{user})].holdings[user].cart;
    for (std::int64_t k = 0; k < seed.cart_lines; ++k) {
      cart.push_back(seed_cart_line(seed, user, k));
    }
    std::ranges::sort(cart, {}, &CartLine::product);
  }
  for (std::int64_t n = 1; n <= std::ssize(seed.coupons); ++n) {
    coupons_.push_back(seed_coupon(seed, n));
    for (std::int64_t user = 1; user <= coupons_.back().issued; ++user) {
      stripes_[stripe_of(UserId{user})].holdings[user].coupons.push_back(
          seed_user_coupon(seed, n, user));
      stripes_[stripe_of(CouponId{n})].holders.emplace(CouponId{n}, UserId{user});
    }
  }
  return {};
}

std::vector<OutboxRow> State::outbox_after(std::int64_t sequence, std::int64_t limit) {
  const std::lock_guard guard(outbox_mutex_);
  const auto size = std::ssize(outbox_);
  const auto from = std::clamp<std::int64_t>(sequence, 0, size);
  const auto until = limit < size - from ? from + std::max<std::int64_t>(limit, 0) : size;
  std::vector<OutboxRow> rows;
  rows.reserve(static_cast<std::size_t>(until - from));
  for (auto i = from; i < until; ++i) {
    rows.push_back(OutboxRow{i + 1, outbox_[static_cast<std::size_t>(i)]});
  }
  return rows;
}

}  // namespace stampede::stores::memory
