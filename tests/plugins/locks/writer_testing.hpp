// What the tests of a writer have in common: orders that it can place or run, sent from threads of
// their own, and a way to know how they stand in its line.

#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "plugins/locks/writer.hpp"
#include "tests/interleaving/books.hpp"
#include "tests/interleaving/interleave.hpp"
#include "tests/interleaving/plugins_under_test.hpp"
#include "tests/interleaving/sale.hpp"
#include "tests/plugins/locks/batching_store.hpp"

namespace stampede::test {

using locks::Writer;

inline constexpr Resource kName{Resource::Kind::kProduct, -1};
inline constexpr Resource kTeaLine{Resource::Kind::kProduct, value_of(kTea)};

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

inline const Outcome kCommitted = Outcome::commit();

}  // namespace stampede::test
