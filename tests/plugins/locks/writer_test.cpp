// What a writer promises beyond the contract of every strategy: order, batches, and a bounded line
// that may be left.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <vector>

#include "tests/plugins/locks/writer_testing.hpp"

namespace stampede::test {
namespace {

using testing::ElementsAre;

TEST_F(WriterTest, PlacesTogetherWhatQueuesUp) {
  make_writer();
  hold_up();
  for (int i = 0; i < 5; ++i) queue_up();
  let_go();
  for (auto& sent : sent_) {
    EXPECT_EQ(sent.get(), kCommitted);
    EXPECT_TRUE(sent.order.was_placed());
    EXPECT_EQ(sent.order.guarded_runs, 1);
    EXPECT_EQ(sent.order.work_runs(), 0);
    EXPECT_EQ(sent.phases.attempts, 1U);
    EXPECT_GT(sent.phases.lock_hold.count(), 0);
  }
  EXPECT_THAT(store_->sizes(), ElementsAre(6));
  EXPECT_EQ(contradictions_after(6), "");
}

TEST_F(WriterTest, PlacesNoMoreTogetherThanItWasTold) {
  make_writer({.queue = 100, .batch = 2});
  hold_up();
  for (int i = 0; i < 4; ++i) queue_up();
  let_go();
  for (auto& sent : sent_) EXPECT_EQ(sent.get(), kCommitted);
  EXPECT_THAT(store_->sizes(), ElementsAre(2, 2, 1));
}

TEST_F(WriterTest, GrantsOrRefusesEachOnItsOwnInOrderOfArrival) {
  open(small_sale(3, 100'000));
  make_writer();
  hold_up();
  for (int i = 0; i < 4; ++i) queue_up();
  let_go();
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    const auto expected = i < 3 ? kCommitted : Outcome::refuse(RefusalCode::kInsufficientStock);
    EXPECT_EQ(sent_[i].get(), expected) << "number " << i;
  }
  EXPECT_EQ(contradictions_after(3), "");
}

TEST_F(WriterTest, WorkThatCannotBeSaidAsDataKeepsItsPlace) {
  open(small_sale(3, 100'000));
  make_writer();
  hold_up();
  queue_up();
  queue_up(kPatience, [](TeaOrder& order) { order.can_be_placed = false; });
  queue_up();
  let_go();
  EXPECT_EQ(sent_[0].get(), kCommitted);
  EXPECT_EQ(sent_[1].get(), kCommitted);
  EXPECT_EQ(sent_[2].get(), kCommitted) << "those behind it took what was left";
  EXPECT_EQ(sent_[3].get(), Outcome::refuse(RefusalCode::kInsufficientStock));
  EXPECT_EQ(sent_[2].order.work_runs(), 1);
  EXPECT_THAT(store_->sizes(), ElementsAre(2, 1));
}

TEST_F(WriterTest, AnOrderThatIsPaidOnTheWriterIsCommittedBeforeTheNextIsPaid) {
  make_writer();
  hold_up(false);
  std::vector<std::int64_t> stock_when_paid;
  for (int i = 0; i < 3; ++i) {
    queue_up(kPatience, [&](TeaOrder& order) {
      order.in_guarded = [&](Context& context) {
        stock_when_paid.push_back(Books::of(*memory_).stock(kTea));
        context.phases.add(Phase::kPayment, std::chrono::milliseconds(1));
      };
    });
  }
  let_go();
  for (auto& sent : sent_) EXPECT_EQ(sent.get(), kCommitted);
  EXPECT_THAT(stock_when_paid, ElementsAre(99, 98, 97));
}

TEST_F(WriterTest, APlacementThatConflictsIsRunAsWork) {
  make_writer();
  store_->in_place_of = [](const Placement& placement) -> std::optional<Error> {
    if (placement.order != order_number(2)) return std::nullopt;
    return Error{ErrorCode::kConflict, "its key is stored already"};
  };
  hold_up();
  queue_up();
  queue_up();
  let_go();
  for (auto& sent : sent_) EXPECT_EQ(sent.get(), kCommitted);
  EXPECT_EQ(sent_[0].order.work_runs(), 0);
  EXPECT_EQ(sent_[1].order.work_runs(), 1);
  EXPECT_EQ(sent_[1].phases.attempts, 2U);
  EXPECT_EQ(sent_[2].order.work_runs(), 0);
  EXPECT_EQ(contradictions_after(3), "");
}

TEST_F(WriterTest, AFullLineIsSaidAtOnce) {
  make_writer({.queue = 2, .batch = 64});
  hold_up();
  queue_up();
  queue_up();
  const auto refused = send().get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(refused.error().message, "the line before the writer of product 1 is full: 2 wait");
  let_go();
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(sent_[i].get(), kCommitted);
  EXPECT_EQ(contradictions_after(3), "");
}

TEST_F(WriterTest, WhoLeavesTheLineAtTheDeadlineIsNotServedLater) {
  make_writer();
  hold_up();
  auto& impatient = queue_up(std::chrono::milliseconds(200));
  queue_up();
  const auto answer = impatient.get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kLockTimeout);
  EXPECT_THAT(answer.error().message,
              testing::StartsWith("the writer of product 1 was not free before the deadline"));
  EXPECT_GE(impatient.phases.spent(Phase::kLock), std::chrono::milliseconds(200));
  let_go();
  EXPECT_EQ(sent_[0].get(), kCommitted);
  EXPECT_EQ(sent_[2].get(), kCommitted);
  EXPECT_EQ(impatient.order.guarded_runs, 0);
  EXPECT_EQ(contradictions_after(2), "");
}

TEST_F(WriterTest, WorkThatWasBegunIsWaitedForBeyondTheDeadline) {
  make_writer();
  auto& late = send(*writer_, *store_, std::chrono::milliseconds(200), [](TeaOrder& order) {
    order.can_be_placed = false;
    order.in_guarded = [](Context& context) {
      EXPECT_TRUE(eventually([&] { return Clock::now() > context.deadline; }));
    };
  });
  EXPECT_EQ(late.get(), kCommitted);
  EXPECT_EQ(contradictions_after(1), "");
}

TEST_F(WriterTest, WhoHasMoreTimeIsPlacedWithoutTheOneWhoseTimeRanOut) {
  make_writer();
  hold_up(false);
  auto& impatient = queue_up(std::chrono::seconds(1));
  auto& patient = queue_up(kPatience, [&](TeaOrder& order) {
    order.in_guarded = [&](Context&) {
      const auto its_deadline = Clock::now() + std::chrono::seconds(1);  // At the latest.
      EXPECT_TRUE(eventually([&] { return Clock::now() > its_deadline; }));
    };
  });
  let_go();
  const auto answer = impatient.get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(patient.get(), kCommitted);
  EXPECT_EQ(sent_[0].get(), kCommitted);
  EXPECT_THAT(store_->sizes(), ElementsAre(2, 1));
  EXPECT_EQ(contradictions_after(2), "");
}

TEST_F(WriterTest, ABugOfTheStoreIsAnsweredAndTheWriterGoesOn) {
  make_writer();
  store_->in_place_of = [](const Placement&) -> std::optional<Error> {
    throw std::runtime_error("no more of this");
  };
  const auto answer = send().get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "single_writer: no more of this");
  store_->in_place_of = nullptr;
  EXPECT_EQ(send().get(), kCommitted);
}

}  // namespace
}  // namespace stampede::test
