// What a writer promises beyond the contract of every strategy: order, batches, a bounded line that
// may be left, and turns between server instances.

#include "plugins/locks/writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tests/interleaving/books.hpp"
#include "tests/interleaving/interleave.hpp"
#include "tests/interleaving/plugins_under_test.hpp"
#include "tests/interleaving/sale.hpp"
#include "tests/plugins/locks/batching_store.hpp"

namespace stampede::test {
namespace {

using locks::Writer;
using testing::ElementsAre;

constexpr Resource kName{Resource::Kind::kProduct, -1};
constexpr Resource kTeaLine{Resource::Kind::kProduct, value_of(kTea)};

// A user buys one tea; can be said as data, unless told otherwise.
class TeaOrder final : public Operation {
 public:
  TeaOrder(std::uint64_t number, UserId user) : purchase_(number, user, {{kTea, 1}}) {
    placement_.order = placement_.event = order_number(number);
    placement_.user = user;
    placement_.items = {{kTea, 1}};
    placement_.now = TimePoint(std::chrono::seconds(1));
  }

  std::function<void(Context&)> in_guarded;
  bool can_be_placed = true;

  Result<Outcome> guarded(Context& context) override {
    ++guarded_runs;
    if (in_guarded) in_guarded(context);
    return Outcome::commit();
  }
  Result<Outcome> work(Transaction& transaction) override { return purchase_.work(transaction); }
  Placement* placement() override { return can_be_placed ? &placement_ : nullptr; }

  bool was_placed() const { return placement_.placed.has_value(); }
  int work_runs() const { return purchase_.work_runs(); }
  int guarded_runs = 0;

 private:
  Purchase purchase_;
  Placement placement_;
};

// An order on its way through a writer, on a thread of its own.
struct Sent {
  explicit Sent(std::uint64_t number, UserId user = kAda) : order(number, user) {}
  TeaOrder order;
  Phases phases;
  std::future<Result<Outcome>> answer;

  Result<Outcome> get() { return answer.get(); }
};

class WriterTest : public testing::Test {
 protected:
  void SetUp() override { open(small_sale(100, 100'000)); }

  void open(const Seed& seed) {
    memory_ = workshop_.store("memory");
    ASSERT_TRUE(memory_->seed(seed));
    before_ = Books::of(*memory_);
    store_ = std::make_unique<BatchingStore>(*memory_);
  }

  void make_writer(const Writer::Options& options = {.queue = 100, .batch = 64}) {
    writer_ = std::make_unique<Writer>(kName, options);
  }

  // Sends an order without waiting for anything.
  Sent& send(std::chrono::nanoseconds time_limit = kPatience) {
    return send(*writer_, *store_, time_limit);
  }
  Sent& send(Writer& writer, Store& store, std::chrono::nanoseconds time_limit = kPatience,
             const std::function<void(TeaOrder&)>& prepare = {}) {
    auto& sent = sent_.emplace_back(++numbers_);
    if (prepare) prepare(sent.order);
    sent.answer = std::async(std::launch::async, [&sent, &writer, &store, time_limit] {
      Context context{.deadline = Clock::now() + time_limit, .phases = sent.phases};
      return writer.execute(store, kTeaLine, sent.order, context);
    });
    return sent;
  }

  // Sends an order and returns when it stands in the line, so that the order of arrival is known.
  Sent& queue_up(std::chrono::nanoseconds time_limit = kPatience,
                 const std::function<void(TeaOrder&)>& prepare = {}) {
    const auto before = writer_->waiting();
    auto& sent = send(*writer_, *store_, time_limit, prepare);
    EXPECT_TRUE(eventually([&] { return writer_->waiting() == before + 1; }));
    return sent;
  }

  // Makes the writer stand still, in the guarded part of an order, until it is let go.
  Sent& hold_up(bool can_be_placed = true) {
    std::promise<void> arrived;
    auto is_there = arrived.get_future();
    auto& sent = send(*writer_, *store_, kPatience, [&, this](TeaOrder& order) {
      order.can_be_placed = can_be_placed;
      order.in_guarded = [this, &arrived](Context&) {
        arrived.set_value();
        may_go_.get_future().wait();
      };
    });
    is_there.wait();
    return sent;
  }
  void let_go() { may_go_.set_value(); }

  static bool eventually(const std::function<bool()>& condition) {
    for (const auto deadline = Clock::now() + kPatience; !condition();) {
      if (Clock::now() >= deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::string contradictions_after(std::size_t acknowledged) {
    return contradictions(before_, Books::of(*memory_), acknowledged);
  }

  Workshop workshop_;
  std::unique_ptr<Store> memory_;
  std::unique_ptr<BatchingStore> store_;
  Books before_;
  std::unique_ptr<Writer> writer_;
  std::promise<void> may_go_;
  std::deque<Sent> sent_;  // Futures that are waited for before the writer goes.
  std::uint64_t numbers_ = 0;
};

const Outcome kCommitted = Outcome::commit();

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
