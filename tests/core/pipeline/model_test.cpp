// Long random sequences, one operation after the other, must do exactly what a simple model does;
// and whatever many threads do at once, stock, money and coupons are conserved.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/pipeline/simulated_payments.hpp"
#include "tests/core/pipeline/model.hpp"
#include "tests/core/pipeline/sale.hpp"

namespace stampede::pipeline {
namespace {

using testing::Expected;
using testing::Model;
using testing::Sale;

// Few of everything, so that most things are refused sooner or later.
Seed scarce_seed() {
  auto seed = testing::small_seed();
  seed.users = 4;
  seed.balance = Money{3'000};
  seed.products = 5;
  seed.stock = 40;
  for (auto& coupon : seed.coupons) coupon.held_by = std::min<std::int64_t>(coupon.held_by, 2);
  return seed;
}

class RandomRequests {
 public:
  explicit RandomRequests(std::uint32_t seed) : random_(seed) {}

  std::int64_t pick(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random_);
  }
  bool chance(int percent) { return pick(1, 100) <= percent; }

  PlaceOrder order() {
    PlaceOrder request{user(), {}, std::nullopt, tag()};
    if (!chance(20)) {
      for (std::int64_t product = pick(1, 3); product <= 6; product += pick(1, 3)) {
        // Product 6 does not exist.
        if (product < 6 || chance(5)) request.items.push_back({ProductId{product}, pick(1, 4)});
      }
    }
    if (chance(30)) request.coupon = CouponId{pick(1, 4)};
    std::shuffle(request.items.begin(), request.items.end(), random_);
    return request;
  }
  IssueCoupon issue() { return {user(), CouponId{pick(1, 4)}, tag()}; }
  ChargeBalance charge() {
    return {user(), Money{pick(1, 3) * 100}, "t-" + std::to_string(pick(1, 60)), tag()};
  }
  AddToCart add_to_cart() { return {user(), {ProductId{pick(1, 6)}, pick(1, 3)}, tag()}; }

 private:
  UserId user() { return UserId{pick(1, 100) == 1 ? 99 : pick(1, 4)}; }
  RequestTag tag() {
    return {chance(30) ? "k-" + std::to_string(pick(1, 100)) : std::string(), "trace"};
  }

  std::mt19937 random_;
};

template <typename T, typename Amount>
void expect_as(const Expected& expected, const Result<Reply<T>>& reply, Amount amount) {
  ASSERT_TRUE(reply) << reply.error().message;
  ASSERT_EQ(reply->refusal, expected.refusal);
  ASSERT_EQ(reply->value.has_value(), expected.refusal == RefusalCode::kNone);
  ASSERT_EQ(reply->replayed, expected.replayed);
  if (reply->value) {
    ASSERT_EQ(amount(*reply->value), expected.amount);
  }
}

void expect_same_state(Sale& sale, const Model& model) {
  for (const auto& [product, units] : model.stock) ASSERT_EQ(sale.stock(product), units);
  for (const auto& [user, money] : model.balance) {
    ASSERT_EQ(sale.balance(user), money);
    const auto coupons = sale.coupons(user);
    for (const auto& held : coupons) {
      const auto known = model.is_used.find({user, value_of(held.coupon)});
      ASSERT_NE(known, model.is_used.end());
      ASSERT_EQ(held.status == UserCoupon::Status::kUsed, known->second);
    }
    const auto count = std::count_if(model.is_used.begin(), model.is_used.end(),
                                     [&](const auto& held) { return held.first.first == user; });
    ASSERT_EQ(static_cast<std::int64_t>(coupons.size()), count);
    std::map<std::int64_t, std::int64_t> cart;
    for (const auto& line : sale.cart(user)) cart[value_of(line.product)] = line.quantity;
    const auto expected = model.carts.find(user);
    ASSERT_EQ(cart, expected == model.carts.end() ? decltype(cart)() : expected->second);
  }
  ASSERT_EQ(static_cast<std::int64_t>(sale.orders().size()), model.orders);
  ASSERT_EQ(static_cast<std::int64_t>(sale.events().size()), model.events);
}

struct Case {
  const char* lock;
  PaymentPlacement payment;
  bool conflicts;  // Every tenth transaction conflicts; only for a strategy that retries.
};

std::ostream& operator<<(std::ostream& out, const Case& tried) {
  return out << tried.lock << (tried.conflicts ? " under conflicts" : "");
}

class AgainstTheModel : public ::testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(Pipeline, AgainstTheModel,
                         ::testing::Values(Case{"per_user", PaymentPlacement::kNone, false},
                                           Case{"global", PaymentPlacement::kInLock, false},
                                           Case{"atomic", PaymentPlacement::kBeforeLock, false},
                                           Case{"optimistic", PaymentPlacement::kNone, true},
                                           Case{"optimistic", PaymentPlacement::kInTransaction,
                                                true},
                                           Case{"optimistic", PaymentPlacement::kInLock, true}));

TEST_P(AgainstTheModel, EveryRandomSequenceAgrees) {
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Sale sale({.payment = GetParam().payment}, GetParam().lock, scarce_seed());
    Model model(scarce_seed());
    RandomRequests random(seed);
    bool will_pay = true;
    sale.payments.answer([&](const OrderId&, Money) -> Result<Outcome> {
      return will_pay ? Outcome::commit() : Outcome::refuse(RefusalCode::kPaymentDeclined);
    });
    for (int step = 0; step < 300; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      if (GetParam().conflicts && random.chance(10)) {
        sale.store.next({.runs = true, .commits = false, .answer = ErrorCode::kConflict});
      }
      will_pay = GetParam().payment == PaymentPlacement::kNone || !random.chance(10);
      const auto what = random.pick(1, 10);
      if (what <= 5) {
        const auto request = random.order();
        const auto reply = sale.order(request);
        expect_as(model.order(request, will_pay), reply,
                  [](const Order& order) { return order.total.minor; });
      } else if (what <= 6) {
        const auto request = random.issue();
        const auto reply = sale.issue(request);
        expect_as(model.issue(request), reply, [](const UserCoupon&) { return 0; });
      } else if (what <= 8) {
        const auto request = random.charge();
        const auto reply = sale.charge(request);
        expect_as(model.charge(request), reply,
                  [](const Charge& charge) { return charge.amount.minor; });
      } else {
        const auto request = random.add_to_cart();
        const auto reply = sale.add_to_cart(request);
        expect_as(model.add_to_cart(request), reply,
                  [](const CartLine& line) { return line.quantity; });
      }
      if (step % 10 == 0) expect_same_state(sale, model);
      if (HasFatalFailure()) return;
    }
    expect_same_state(sale, model);
    Money held;
    for (const auto& [order, amount] : sale.payments.held()) held += amount;
    EXPECT_EQ(held.minor, GetParam().payment == PaymentPlacement::kNone ? 0 : model.spent);
    EXPECT_GT(model.orders, 20) << "the sequence must do something";
  }
}

struct Tally {
  std::int64_t charged = 0;
  std::int64_t issued = 0;
};

// Random operations from one thread; the tally counts what was acknowledged as new.
Tally run_at_random(Pipeline& pipeline, std::uint32_t seed) {
  RandomRequests random(seed);
  Tally tally;
  for (int step = 0; step < 150; ++step) {
    Phases phases;
    Context context{Clock::now() + std::chrono::seconds(30), phases};
    const auto what = random.pick(1, 10);
    if (what <= 6) {
      auto request = random.order();
      // A cart is ordered as a whole and emptied blindly, which only a lock on its user protects.
      if (request.items.empty()) request.items.push_back({ProductId{1}, 1});
      (void)pipeline.place_order(request, context);
    } else if (what <= 8) {
      const auto reply = pipeline.issue_coupon(random.issue(), context);
      if (reply && reply->value && !reply->replayed) ++tally.issued;
    } else {
      const auto reply = pipeline.charge_balance(random.charge(), context);
      if (reply && reply->value && !reply->replayed) tally.charged += reply->value->amount.minor;
    }
  }
  return tally;
}

class UnderManyThreads : public ::testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(
    Pipeline, UnderManyThreads,
    ::testing::Values(Case{"global", PaymentPlacement::kNone, false},
                      Case{"per_user", PaymentPlacement::kBeforeLock, false},
                      Case{"per_user", PaymentPlacement::kInTransaction, false},
                      Case{"optimistic", PaymentPlacement::kInLock, false},
                      Case{"optimistic", PaymentPlacement::kInTransaction, false},
                      Case{"atomic", PaymentPlacement::kBeforeLock, false}));

TEST_P(UnderManyThreads, StockMoneyAndCouponsAreConserved) {
  constexpr int kThreads = 4;
  const auto seed = scarce_seed();
  Sale sale({}, GetParam().lock, seed);
  SimulatedPayments payments({.failure_rate = 0.2, .seed = 3});
  Pipeline pipeline(sale.store, *sale.lock, payments, sale.clock, sale.ids,
                    {.payment = GetParam().payment});
  std::vector<Tally> tallies(kThreads);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back(
          [&, i] { tallies[i] = run_at_random(pipeline, static_cast<std::uint32_t>(i) + 1); });
    }
  }

  Money spent;
  std::map<std::int64_t, std::int64_t> sold;
  std::int64_t coupons_used = 0;
  for (const auto& order : sale.orders()) {
    spent += order.total;
    if (order.coupon) ++coupons_used;
    for (const auto& line : order.items) sold[value_of(line.product)] += line.quantity;
  }
  std::int64_t charged = 0;
  std::int64_t issued = 0;
  for (const auto& tally : tallies) {
    charged += tally.charged;
    issued += tally.issued;
  }
  std::int64_t left = 0;
  std::int64_t used = 0;
  std::set<std::pair<std::int64_t, std::int64_t>> holders;
  for (std::int64_t user = 1; user <= seed.users; ++user) {
    EXPECT_GE(sale.balance(user), 0);
    left += sale.balance(user);
    for (const auto& held : sale.coupons(user)) {
      EXPECT_TRUE(holders.emplace(user, value_of(held.coupon)).second) << "two of one coupon";
      if (held.status == UserCoupon::Status::kUsed) ++used;
    }
  }
  EXPECT_EQ(seed.users * seed.balance.minor + charged - spent.minor, left);
  for (std::int64_t product = 1; product <= seed.products; ++product) {
    EXPECT_GE(sale.stock(product), 0);
    EXPECT_EQ(seed.stock - sold[product], sale.stock(product));
  }
  EXPECT_EQ(used, coupons_used);
  EXPECT_EQ(static_cast<std::int64_t>(holders.size()), issued + 4) << "4 were held from the start";
  const auto totals = payments.totals();
  const bool is_paid = GetParam().payment != PaymentPlacement::kNone;
  EXPECT_EQ((totals.paid - totals.refunded).minor, is_paid ? spent.minor : 0);
  EXPECT_GT(sale.orders().size(), 10U);
}

}  // namespace
}  // namespace stampede::pipeline
