// The contract of core/api/gate.hpp, for every gate; what an inexact one is exempt from is asked of
// the exact ones only.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/support/gates_under_test.hpp"

namespace stampede::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class GateContract : public GateTest {};
class ExactGateContract : public GateTest {};

TEST_P(GateContract, NeverGrantsMoreThanThereIsUnderManyThreadsAndInstances) {
  constexpr int kThreads = 8;
  constexpr int kUsersEach = 100;
  constexpr int kCapacity = 300;
  const auto first = make();
  const auto second = uses_redis() ? make() : nullptr;
  load(*first, kCapacity);
  std::atomic<int> granted = 0;
  std::atomic<int> sold_out = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        auto& gate = thread % 2 == 1 && second ? *second : *first;
        for (int i = 0; i < kUsersEach; ++i) {
          const int user = 1 + thread * kUsersEach + i;
          const auto decision = decide(gate, coupon_claim(user, std::to_string(user)));
          ASSERT_TRUE(decision) << decision.error().message;
          granted += *decision == Decision::kGranted ? 1 : 0;
          sold_out += *decision == Decision::kSoldOut ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(granted, kCapacity);
  EXPECT_EQ(sold_out, kThreads * kUsersEach - kCapacity);
  EXPECT_EQ(state(*first).remaining, 0);
  EXPECT_EQ(state(*first).holders, kCapacity);
}

TEST_P(GateContract, TellsAUserWhoHasOneAndDecidesEachClaimOfACallOnItsOwn) {
  const auto gate = make();
  load(*gate, 2);
  const std::vector<Claim> claims{coupon_claim(1, "a"), coupon_claim(1, "b"), coupon_claim(2, "c"),
                                  coupon_claim(3, "d")};
  Phases phases;
  Context context{in_time(), phases};
  std::vector<Decision> decisions;
  for (const auto& decision : gate->claim(claims, context)) decisions.push_back(decision.value());
  EXPECT_THAT(decisions, ElementsAre(Decision::kGranted, Decision::kAlready, Decision::kGranted,
                                     Decision::kSoldOut));
  const auto stats = gate->stats();
  EXPECT_EQ(stats.granted, 2);
  EXPECT_EQ(stats.already, 1);
  EXPECT_EQ(stats.sold_out, 1);
}

TEST_P(GateContract, IsClosedUntilLoadedAndAfterClose) {
  const auto gate = make();
  EXPECT_FALSE(state(*gate).open);
  EXPECT_EQ(decide(*gate, coupon_claim(1, "a")).value(), Decision::kClosed);
  load(*gate, 1);
  EXPECT_TRUE(state(*gate).open);
  ASSERT_TRUE(gate->close(kCoupon, in_time()));
  EXPECT_FALSE(state(*gate).open);
  EXPECT_EQ(decide(*gate, coupon_claim(1, "b")).value(), Decision::kClosed);
  load(*gate, 1);
  EXPECT_EQ(decide(*gate, coupon_claim(1, "c")).value(), Decision::kGranted);
}

TEST_P(GateContract, LoadedWithNothingLeftIsSoldOutNotClosed) {
  const auto gate = make();
  load(*gate, 0);
  EXPECT_EQ(decide(*gate, coupon_claim(1, "a")).value(), Decision::kSoldOut);
  EXPECT_TRUE(state(*gate).open);
}

TEST_P(GateContract, GrantsAgainWhatWasReturned) {
  const auto gate = make();
  load(*gate, 1);
  const auto claim = coupon_claim(1, "a");
  ASSERT_EQ(decide(*gate, claim).value(), Decision::kGranted);
  settle(*gate, claim, Settlement::kReturned);
  EXPECT_EQ(state(*gate).remaining, 1);
  EXPECT_EQ(state(*gate).holders, 0);
  settle(*gate, claim, Settlement::kReturned);  // Once is enough.
  EXPECT_EQ(state(*gate).remaining, 1);
  EXPECT_EQ(decide(*gate, coupon_claim(2, "b")).value(), Decision::kGranted);
  EXPECT_EQ(decide(*gate, coupon_claim(1, "c")).value(), Decision::kSoldOut);
}

TEST_P(GateContract, RemembersTheHoldersItWasLoadedWith) {
  const auto gate = make();
  std::vector<Holder> holders;
  for (int user = 1; user <= 2'500; ++user) holders.push_back({UserId{user}, ""});
  load(*gate, 10, holders);
  EXPECT_EQ(state(*gate).holders, 2'500);
  EXPECT_EQ(state(*gate).remaining, 10);
  EXPECT_EQ(decide(*gate, coupon_claim(2'500, "a")).value(), Decision::kAlready);
  EXPECT_EQ(decide(*gate, coupon_claim(2'501, "b")).value(), Decision::kGranted);
}

TEST_P(GateContract, KeepsCouponsApart) {
  const auto gate = make();
  load(*gate, 1);
  const Resource other{Resource::Kind::kCoupon, 8};
  load(*gate, 1, {}, other);
  ASSERT_EQ(decide(*gate, coupon_claim(1, "a")).value(), Decision::kGranted);
  auto claim = coupon_claim(1, "b");
  claim.resource = other;
  EXPECT_EQ(decide(*gate, claim).value(), Decision::kGranted);
}

TEST_P(ExactGateContract, GrantsAUserOneHoweverManyAskAtOnce) {
  constexpr int kThreads = 8;
  const auto first = make();
  const auto second = uses_redis() ? make() : nullptr;
  load(*first, 100);
  std::atomic<int> granted = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        auto& gate = thread % 2 == 1 && second ? *second : *first;
        for (int i = 0; i < 20; ++i) {
          const auto request = std::to_string(thread) + "-" + std::to_string(i);
          granted += decide(gate, coupon_claim(1 + i, request)).value() == Decision::kGranted;
        }
      });
    }
  }
  EXPECT_EQ(granted, 20);
  EXPECT_EQ(state(*first).remaining, 80);
}

TEST_P(ExactGateContract, GrantsARepeatedRequestAgainAndTakesNothing) {
  const auto gate = make();
  load(*gate, 2);
  const auto claim = coupon_claim(1, "a");
  ASSERT_EQ(decide(*gate, claim).value(), Decision::kGranted);
  EXPECT_EQ(decide(*gate, claim).value(), Decision::kGranted);
  EXPECT_EQ(state(*gate).remaining, 1);
  settle(*gate, claim, Settlement::kIssued);
  EXPECT_EQ(decide(*gate, claim).value(), Decision::kGranted);
  EXPECT_EQ(state(*gate).remaining, 1);
  EXPECT_EQ(state(*gate).pending, 0);
}

TEST_P(ExactGateContract, ListsWhatIsPendingOldestFirstUntilItIsSettled) {
  const auto gate = make();
  load(*gate, 10);
  const auto issued = coupon_claim(1, "issued");
  const auto returned = coupon_claim(2, "returned");
  for (const auto& claim : {issued, returned, coupon_claim(3, "kept")}) {
    ASSERT_EQ(decide(*gate, claim).value(), Decision::kGranted);
  }
  EXPECT_THAT(pending(*gate), testing::UnorderedElementsAre("issued", "returned", "kept"));
  EXPECT_EQ(pending(*gate, {}, 2).size(), 2U);
  EXPECT_THAT(pending(*gate, 1h), IsEmpty());
  settle(*gate, issued, Settlement::kIssued);
  settle(*gate, returned, Settlement::kReturned);
  EXPECT_THAT(pending(*gate), ElementsAre("kept"));
  const auto claim = gate->pending(kCoupon, {}, 1, in_time()).value().front();
  EXPECT_EQ(claim.user, UserId{3});
  EXPECT_EQ(claim.quantity, 1);
  EXPECT_EQ(claim.resource, kCoupon);
}

TEST_P(ExactGateContract, SettlesOnceAndOnlyTheRequestThatWasGranted) {
  const auto gate = make();
  load(*gate, 5);
  const auto claim = coupon_claim(1, "a");
  ASSERT_EQ(decide(*gate, claim).value(), Decision::kGranted);
  settle(*gate, coupon_claim(1, "another"), Settlement::kReturned);
  EXPECT_EQ(state(*gate).remaining, 4);
  settle(*gate, claim, Settlement::kIssued);
  settle(*gate, claim, Settlement::kReturned);  // Too late: it is issued.
  EXPECT_EQ(state(*gate).remaining, 4);
  EXPECT_EQ(state(*gate).holders, 1);
}

TEST_P(ExactGateContract, KeepsWhatIsPendingWhenItIsLoadedAgain) {
  const auto gate = make();
  load(*gate, 10);
  const auto stored = coupon_claim(1, "stored");
  const auto open = coupon_claim(2, "open");
  ASSERT_EQ(decide(*gate, stored).value(), Decision::kGranted);
  ASSERT_EQ(decide(*gate, open).value(), Decision::kGranted);
  load(*gate, 9, {{UserId{1}, "stored"}});  // The store has the first one by now.
  EXPECT_THAT(pending(*gate), ElementsAre("open"));
  EXPECT_EQ(state(*gate).remaining, 8);
  EXPECT_EQ(state(*gate).holders, 2);
  EXPECT_EQ(decide(*gate, coupon_claim(2, "again")).value(), Decision::kAlready);
  EXPECT_EQ(decide(*gate, stored).value(), Decision::kGranted);
}

TEST_P(ExactGateContract, GivesManyOfAProductToOneUserByRequest) {
  const auto gate = make();
  load(*gate, 10, {}, kProduct);
  const auto claim = [](std::string request, std::int64_t quantity) {
    return Claim{.resource = kProduct,
                 .user = UserId{1},
                 .quantity = quantity,
                 .request = std::move(request)};
  };
  EXPECT_EQ(decide(*gate, claim("a", 6)).value(), Decision::kGranted);
  EXPECT_EQ(decide(*gate, claim("a", 6)).value(), Decision::kGranted);
  EXPECT_EQ(decide(*gate, claim("b", 5)).value(), Decision::kSoldOut);
  EXPECT_EQ(decide(*gate, claim("c", 4)).value(), Decision::kGranted);
  settle(*gate, claim("a", 6), Settlement::kReturned);
  EXPECT_EQ(state(*gate, kProduct).remaining, 6);
}

INSTANTIATE_TEST_SUITE_P(All, GateContract, testing::ValuesIn(kGates), name_of_gate);
INSTANTIATE_TEST_SUITE_P(Exact, ExactGateContract, testing::ValuesIn(kExactGates), name_of_gate);

}  // namespace
}  // namespace stampede::test
