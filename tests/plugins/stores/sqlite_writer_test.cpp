// The writer and the reader pool under forced circumstances: a foreign program holds the file's
// write lock, so that the writer stands still for as long as a test wants it to.

#include <sys/resource.h>

#include <csignal>
#include <future>

#include "tests/plugins/stores/sqlite_testing.hpp"

namespace stampede::testing {
namespace {

class SqliteWriter : public SqliteTest {
 protected:
  // Starts a call on a thread of its own.
  template <typename Call>
  std::future<Result<Outcome>> start(Call call) {
    return std::async(std::launch::async, call);
  }
  // Starts an order that the writer claims and then stands still with.
  std::future<Result<Outcome>> start_and_stall(std::uint64_t number) {
    const auto batches = gauge(store(), "batches");
    auto answer = start([this, number] { return place(number); });
    EXPECT_TRUE(eventually([&] { return gauge(store(), "batches") > batches; }));
    return answer;
  }
  bool waits_for_writer(double sets) {
    return eventually([&] { return gauge(store(), "queued_sets") == sets; });
  }
};

TEST_F(SqliteWriter, CommitsTheSetsOfManyCallersAtOnce) {
  open_seeded();
  ForeignWriter foreign(options_.path);
  std::vector<std::future<Result<Outcome>>> answers;
  answers.push_back(start_and_stall(1));
  for (std::uint64_t n = 2; n <= 9; ++n) answers.push_back(start([this, n] { return place(n); }));
  ASSERT_TRUE(waits_for_writer(8));
  foreign.let_go();
  for (auto& answer : answers) EXPECT_TRUE(answer.get()->committed());
  EXPECT_EQ(gauge(store(), "batches"), 2);
  EXPECT_EQ(gauge(store(), "sets"), 9);
  EXPECT_EQ((*view_of(store())->product(ProductId{1}))->stock, 1);
}

TEST_F(SqliteWriter, ClaimsNoMoreSetsThanTheOptionAllows) {
  options_.batch = 4;
  open_seeded();
  ForeignWriter foreign(options_.path);
  std::vector<std::future<Result<Outcome>>> answers;
  answers.push_back(start_and_stall(1));
  for (std::uint64_t n = 2; n <= 9; ++n) answers.push_back(start([this, n] { return place(n); }));
  ASSERT_TRUE(waits_for_writer(8));
  foreign.let_go();
  for (auto& answer : answers) EXPECT_TRUE(answer.get()->committed());
  EXPECT_EQ(gauge(store(), "batches"), 3);
}

TEST_F(SqliteWriter, ReplaysTheBatchWhenASetFailsOnALaterCommand) {
  open_seeded();
  const auto pay = [this](std::uint64_t number, Money amount) {
    return run(store(), [&](Transaction& t) -> Result<Outcome> {
      EXPECT_TRUE(*t.take_stock(**t.product(ProductId{2}), 1));
      EXPECT_TRUE(*t.debit(**t.wallet(UserId{1}), amount));
      EXPECT_TRUE(t.add_order(make_order(number)));
      EXPECT_TRUE(t.emit({std::to_string(number), "TOPIC", "key", "{}", ""}));
      return Outcome::commit();
    });
  };
  ForeignWriter foreign(options_.path);
  auto first = start_and_stall(1);
  std::vector<std::future<Result<Outcome>>> payments;
  for (std::uint64_t n = 2; n <= 6; ++n) {  // Three times 300 of 1,000: two must be refused.
    payments.push_back(start([&, n] { return pay(n, Money{300}); }));
    ASSERT_TRUE(waits_for_writer(static_cast<double>(n - 1)));
  }
  foreign.let_go();
  EXPECT_TRUE(first.get()->committed());
  for (std::size_t i = 0; i < payments.size(); ++i) {
    const auto outcome = payments[i].get();
    EXPECT_EQ(outcome->refusal, i < 3 ? RefusalCode::kNone : RefusalCode::kInsufficientBalance);
  }
  EXPECT_EQ(gauge(store(), "replays"), 1);
  const auto view = view_of(store());
  EXPECT_EQ((*view->wallet(UserId{1}))->balance, Money{100});
  EXPECT_EQ((*view->product(ProductId{2}))->stock, 7);
  EXPECT_EQ(view->outbox_after(0, 100)->size(), 4U);
}

TEST_F(SqliteWriter, AFirstCommandThatFailsNeedsNoReplay) {
  open_seeded();
  ForeignWriter foreign(options_.path);
  auto first = start_and_stall(1);
  std::vector<std::future<Result<Outcome>>> orders;
  for (std::uint64_t n = 2; n <= 13; ++n) {  // 13 for a stock of 10.
    orders.push_back(start([this, n] { return place(n); }));
    ASSERT_TRUE(waits_for_writer(static_cast<double>(n - 1)));
  }
  foreign.let_go();
  EXPECT_TRUE(first.get()->committed());
  int refused = 0;
  for (auto& order : orders) refused += order.get()->committed() ? 0 : 1;
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(gauge(store(), "replays"), 0);
}

TEST_F(SqliteWriter, WithdrawsAQueuedSetAndDoubtsAClaimedOne) {
  options_.in_doubt_timeout = 1ms;
  open_seeded();
  ForeignWriter foreign(options_.path);
  const auto deadline = Clock::now() + 2s;
  auto claimed = start([&] { return place(1, deadline); });
  ASSERT_TRUE(eventually([&] { return gauge(store(), "batches") == 1; }));
  const auto queued = place(2, Clock::now() + 50ms);
  ASSERT_FALSE(queued);
  EXPECT_EQ(queued.error().code, ErrorCode::kTimeout);
  const auto doubtful = claimed.get();
  ASSERT_FALSE(doubtful);
  EXPECT_EQ(doubtful.error().code, ErrorCode::kInDoubt);
  EXPECT_GE(Clock::now(), deadline);
  foreign.let_go();
  EXPECT_TRUE(eventually([&] { return is_stored(1); }));  // In doubt: this time it was committed.
  ASSERT_TRUE(place(3)->committed());
  EXPECT_FALSE(is_stored(2));
  EXPECT_EQ(gauge(store(), "withdrawn"), 1);
  EXPECT_EQ(gauge(store(), "in_doubt"), 1);
}

TEST_F(SqliteWriter, WaitsForAClaimedSetBeyondTheDeadline) {
  open_seeded();
  ForeignWriter foreign(options_.path);
  const auto deadline = Clock::now() + 500ms;
  auto claimed = start([&] { return place(1, deadline); });
  ASSERT_TRUE(eventually([&] { return gauge(store(), "batches") == 1; }));
  ASSERT_TRUE(eventually([&] { return Clock::now() > deadline; }));
  foreign.let_go();
  EXPECT_TRUE(claimed.get()->committed());
}

TEST_F(SqliteWriter, RefusesWhatTheBoundedQueueCannotHold) {
  options_.queue = 1;
  open_seeded();
  ForeignWriter foreign(options_.path);
  auto claimed = start_and_stall(1);
  auto queued = start([this] { return place(2); });
  ASSERT_TRUE(waits_for_writer(1));
  const auto refused = place(3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  foreign.let_go();
  EXPECT_TRUE(claimed.get()->committed());
  EXPECT_TRUE(queued.get()->committed());
  EXPECT_TRUE(place(4)->committed());
  EXPECT_FALSE(is_stored(3));
}

TEST_F(SqliteWriter, IsUnavailableWhileAnotherProgramHoldsTheFile) {
  options_.busy_timeout = 10ms;
  open_seeded();
  ForeignWriter foreign(options_.path);
  const auto outcome = place(1);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(outcome.error().message.find("locked"), std::string::npos);
  foreign.let_go();
  EXPECT_FALSE(is_stored(1));
  EXPECT_TRUE(place(1)->committed());
}

TEST_F(SqliteWriter, PingsTheReadersAndTheWriter) {
  open_seeded();
  EXPECT_TRUE(store().ping(far_deadline()));
  ForeignWriter foreign(options_.path);
  EXPECT_FALSE(store().ping(Clock::now() + 50ms));
  foreign.let_go();
  EXPECT_TRUE(store().ping(far_deadline()));
}

// Files may not grow beyond a limit while this lives: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t size) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    previous_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{size, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, previous_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*previous_)(int) = nullptr;
};

TEST_F(SqliteWriter, SurvivesAFullDiskAndLosesNothingThatItAcknowledged) {
  auto seed = small_seed();
  seed.stock = 1'000'000;
  options_.checkpoint_pages = 50;
  open_seeded(seed);
  std::vector<std::uint64_t> acknowledged;
  std::uint64_t number = 0;
  int failed = 0;
  {
    const FullDisk full(300'000);
    while (failed < 5 && number < 20'000) {
      const auto outcome = place(++number);
      if (outcome) {
        acknowledged.push_back(number);
        continue;
      }
      ++failed;
      EXPECT_TRUE(outcome.error().code == ErrorCode::kUnavailable ||
                  outcome.error().code == ErrorCode::kInDoubt)
          << outcome.error().message;
    }
  }
  EXPECT_EQ(failed, 5);
  EXPECT_TRUE(place(++number)->committed());
  open();
  for (const auto order : acknowledged) EXPECT_TRUE(is_stored(order)) << order;
  EXPECT_EQ(ask(sql("integrity_check")), "ok");
}

class SqliteLog : public SqliteWriter {
 protected:
  SqliteLog() {
    options_.checkpoint_pages = 10;
    options_.gate_pages = 40;
    options_.view_age = 1ms;
  }

  void open_well_stocked() {
    auto seed = small_seed();
    seed.stock = 1'000'000;
    open_seeded(seed);
  }
  void place_until_a_gate() {
    const auto gates = gauge(store(), "gates");
    while (gauge(store(), "gates") == gates) ASSERT_TRUE(place(next_++)->committed());
  }

  std::uint64_t next_ = 1;
};

TEST_F(SqliteLog, EndsAViewThatKeepsTheLogFromStartingAgain) {
  open_well_stocked();
  const auto held = view_of(store());
  ASSERT_TRUE(held->product(ProductId{1}));
  place_until_a_gate();
  const auto late = held->product(ProductId{1});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  EXPECT_EQ(gauge(store(), "views_ended"), 1);
  EXPECT_LT(gauge(store(), "wal_pages_max"), 200);
  EXPECT_TRUE(view_of(store())->product(ProductId{1}));
}

TEST_F(SqliteLog, ATransactionThatReadsAfterItsViewWasEndedConflicts) {
  open_well_stocked();
  const auto outcome = run(store(), [&](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(t.product(ProductId{1}));
    place_until_a_gate();
    auto late = t.product(ProductId{1});
    if (!late) return Unexpected(late.error());
    return Outcome::commit();
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kConflict);
}

TEST_F(SqliteLog, ATransactionThatHadReadEverythingDoesNotNotice) {
  open_well_stocked();
  const auto outcome = run(store(), [&](Transaction& t) -> Result<Outcome> {
    const auto seen = **t.product(ProductId{1});
    place_until_a_gate();
    EXPECT_TRUE(*t.take_stock(seen, 1));
    return Outcome::commit();
  });
  EXPECT_TRUE(outcome->committed());
}

TEST_F(SqliteLog, StaysShortWhileReadersOverlapForEver) {
  open_well_stocked();
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto view = view_of(store());
        while (!stop && view->product(ProductId{1})) std::this_thread::yield();
      }
    });
  }
  for (int i = 0; i < 3; ++i) place_until_a_gate();
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_LT(gauge(store(), "wal_pages_max"), 200);
}

class SqlitePool : public SqliteWriter {};

TEST_F(SqlitePool, TimesOutWhenNoViewBecomesFree) {
  options_.readers = 1;
  open_seeded();
  {
    const auto held = view_of(store());
    EXPECT_EQ(store().stats().pool.active, 1);
    const auto view = store().read_view(Clock::now() + 20ms);
    ASSERT_FALSE(view);
    EXPECT_EQ(view.error().code, ErrorCode::kPoolTimeout);
    EXPECT_EQ(place(1, Clock::now() + 20ms).error().code, ErrorCode::kPoolTimeout);
  }
  EXPECT_EQ(store().stats().pool.timeouts, 2);
  EXPECT_EQ(store().stats().pool.idle, 1);
  EXPECT_TRUE(place(1)->committed());
}

TEST_F(SqlitePool, ServesWaitersInTheOrderInWhichTheyCame) {
  options_.readers = 1;
  open_seeded();
  auto held = view_of(store());
  std::mutex mutex;
  std::vector<int> served;
  std::vector<std::thread> waiters;
  for (int i = 0; i < 5; ++i) {
    waiters.emplace_back([&, i] {
      const auto view = view_of(store());
      const std::lock_guard guard(mutex);
      served.push_back(i);
    });
    ASSERT_TRUE(eventually([&] { return store().stats().pool.pending == i + 1; }));
  }
  held.reset();
  for (auto& waiter : waiters) waiter.join();
  EXPECT_EQ(served, (std::vector{0, 1, 2, 3, 4}));
}

TEST_F(SqlitePool, NoViewIsHeldWhileAWriteSetIsQueued) {
  options_.readers = 1;
  open_seeded();
  ForeignWriter foreign(options_.path);
  auto claimed = start_and_stall(1);
  EXPECT_TRUE(view_of(store())->product(ProductId{1}));  // The only reader is free.
  foreign.let_go();
  EXPECT_TRUE(claimed.get()->committed());
}

TEST_F(SqlitePool, CountsAndTimesEveryNamedQuery) {
  open_seeded();
  for (std::uint64_t n = 1; n <= 9; ++n) ASSERT_TRUE(place(n)->committed());
  EXPECT_EQ(count_of(store(), "product_by_id"), 9);
  EXPECT_EQ(count_of(store(), "stock_change"), 9);
  EXPECT_EQ(count_of(store(), "order_insert"), 9);
  for (const auto& query : store().stats().queries) {
    EXPECT_GT(query.mean.count(), 0) << query.name;
    EXPECT_GT(query.p95.count(), 0) << query.name;
  }
}

}  // namespace
}  // namespace stampede::testing
