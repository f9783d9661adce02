// How the writers of several server instances share the products of one database.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tests/plugins/locks/writer_testing.hpp"

namespace stampede::test {
namespace {

// Two writers of one name on one database, as two server instances have them.
class TwoInstances : public WriterTest {
 protected:
  void start(std::chrono::nanoseconds lease) {
    const Writer::Options options{.queue = 100, .batch = 64, .lease = lease};
    make_writer(options);
    other_ = std::make_unique<Writer>(kName, options);
    store_ = std::make_unique<BatchingStore>(*memory_, Sharing::kNetwork);
    others_store_ = std::make_unique<BatchingStore>(*memory_, Sharing::kNetwork);
  }

  Result<Outcome> here(std::chrono::nanoseconds time_limit = kPatience, bool as_data = true) {
    return send(*writer_, *store_, time_limit, can_be(as_data)).get();
  }
  Result<Outcome> there(std::chrono::nanoseconds time_limit = kPatience, bool as_data = true) {
    return send(*other_, *others_store_, time_limit, can_be(as_data)).get();
  }

  // How many fences the writers have issued, this look included.
  std::int64_t fences_issued() {
    Phases phases;
    Context context{.deadline = Clock::now() + kPatience, .phases = phases};
    const auto issued = memory_->fences()->issue({&kName, 1}, context);
    return issued ? issued->front().token : -1;
  }

  std::unique_ptr<BatchingStore> others_store_;
  std::unique_ptr<Writer> other_;

 private:
  static std::function<void(TeaOrder&)> can_be(bool as_data) {
    return [as_data](TeaOrder& order) { order.can_be_placed = as_data; };
  }
};

TEST_F(TwoInstances, AnOwnerStaysOneAsLongAsNobodyElseHasWork) {
  start(std::chrono::nanoseconds(0));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(here(), kCommitted);
  EXPECT_EQ(fences_issued(), 1 + 1);
}

TEST_F(TwoInstances, TakeTurns) {
  for (const bool as_data : {true, false}) {
    start(std::chrono::nanoseconds(0));
    const auto before = fences_issued();
    EXPECT_EQ(here(kPatience, as_data), kCommitted);
    EXPECT_EQ(there(kPatience, as_data), kCommitted);
    EXPECT_EQ(here(kPatience, as_data), kCommitted) << "it has to take the product back";
    EXPECT_EQ(fences_issued(), before + 3 + 1);
  }
  EXPECT_THAT(store_->sizes(), testing::IsEmpty()) << "of the instances that placed nothing";
  EXPECT_EQ(contradictions_after(6), "");
}

TEST_F(TwoInstances, TheOneThatLostAProductLeavesItToTheOtherForTheLease) {
  start(std::chrono::hours(1));
  EXPECT_EQ(here(), kCommitted);
  EXPECT_EQ(there(), kCommitted);
  for (const bool as_data : {true, false}) {
    const auto refused = here(std::chrono::milliseconds(100), as_data);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kLeaseLost);
    EXPECT_EQ(there(kPatience, as_data), kCommitted);
  }
  EXPECT_EQ(contradictions_after(4), "");
  EXPECT_EQ(fences_issued(), 2 + 1);
}

TEST_F(TwoInstances, NothingIsLostWhenTheyFight) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 30;
  start(std::chrono::microseconds(200));
  std::atomic<std::size_t> committed = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 2 * kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        auto& writer = thread % 2 == 0 ? *writer_ : *other_;
        auto& store = thread % 2 == 0 ? *store_ : *others_store_;
        for (int round = 0; round < kRounds; ++round) {
          TeaOrder order(static_cast<std::uint64_t>(thread * kRounds + round + 1), kAda);
          order.can_be_placed = round % 3 != 0;
          Phases phases;
          Context context{.deadline = Clock::now() + kPatience, .phases = phases};
          const auto outcome = writer.execute(store, kTeaLine, order, context);
          if (outcome && outcome->committed()) ++committed;
        }
      });
    }
  }
  EXPECT_EQ(committed, 100U) << "of 240 orders for 100 units";
  EXPECT_EQ(contradictions_after(committed), "");
}

}  // namespace
}  // namespace stampede::test
