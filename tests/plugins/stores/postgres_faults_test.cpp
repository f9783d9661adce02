// What happens when the server, a rival or the clock gets in the way. Races and failures are
// forced: a test holds a row, and waits until the server says that somebody waits for it.

#include "tests/plugins/stores/postgres_testing.hpp"

namespace stampede::testing {
namespace {

using ::testing::HasSubstr;

class PostgresFaults : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (!IsSkipped()) open_seeded();
  }

  // Time enough to get to a lock on a slow machine, and short to wait for.
  static Deadline soon() { return Clock::now() + 2s; }

  void end_backends() {
    ask("postgres_end_backends");
    ASSERT_TRUE(eventually([&] { return ask("postgres_backends") == "0"; }));
  }
  void wait_for_waiting(const std::string& count = "1") {
    ASSERT_TRUE(eventually([&] { return ask("postgres_waiting") == count; }));
  }

  // Holds the row of product 1 until it is destroyed.
  struct Hold {
    explicit Hold(PostgresFaults& test) : connection(test.connect()), transaction(*connection) {
      transaction.exec(sql("postgres_hold_product"));
    }
    std::unique_ptr<pqxx::connection> connection;
    pqxx::work transaction;
  };

  // Emits an event and then takes one of the product.
  Result<Outcome> announce(const std::string& event, std::int64_t product, const std::string& key,
                           Deadline deadline = far_deadline()) {
    return run(
        store(), TransactionOptions{},
        [&](Transaction& t) -> Result<Outcome> {
          EXPECT_TRUE(*t.take_stock(**t.product(ProductId{product}), 1));
          EXPECT_TRUE(t.emit({event, "TOPIC", key, "{}", ""}));
          return Outcome::commit();
        },
        deadline);
  }
  std::string events_after(std::int64_t sequence) {
    std::string ids;
    const auto rows = *view_of(store())->outbox_after(sequence, 100);
    for (const auto& row : rows) ids += row.event.id + " ";
    return ids;
  }
};

TEST_F(PostgresFaults, AConnectionThatEndedInThePoolIsReplacedUnnoticed) {
  end_backends();
  EXPECT_TRUE(buy(1)->committed());
  EXPECT_EQ(stock(1), 9);
}

TEST_F(PostgresFaults, AConnectionThatEndsBetweenReadAndWriteIsUnavailable) {
  for (const auto form : {WriteForm::kAtomic, WriteForm::kLockedRead}) {
    const auto outcome =
        run(store(), TransactionOptions::all(form), [&](Transaction& t) -> Result<Outcome> {
          const auto seen = **t.product(ProductId{1});
          end_backends();
          EXPECT_TRUE(*t.take_stock(seen, 1));
          return Outcome::commit();
        });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable) << outcome.error().message;
  }
  EXPECT_EQ(stock(1), 10);
}

TEST_F(PostgresFaults, AReadOnAConnectionThatEndedIsUnavailableWhateverTheWorkMakesOfIt) {
  const auto outcome = run(store(), [&](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(t.product(ProductId{1}));
    end_backends();
    EXPECT_EQ(t.product(ProductId{1}).error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(t.emit({"event", "TOPIC", "key", "{}", ""}));
    return Outcome::commit();
  });
  EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(events_after(0), "");
}

TEST_F(PostgresFaults, AConnectionThatEndsDuringTheCommitLeavesItInDoubt) {
  auto hold = std::make_optional<Hold>(*this);
  auto outcome = std::async(std::launch::async, [&] { return buy(1); });
  wait_for_waiting();
  ask("postgres_end_waiting");
  const auto answered = outcome.get();
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().code, ErrorCode::kInDoubt) << answered.error().message;
  hold.reset();
  EXPECT_EQ(stock(1), 10);
  EXPECT_TRUE(buy(1)->committed());
}

TEST_F(PostgresFaults, WaitsForARowNoLongerThanTheDeadline) {
  const Hold hold(*this);
  const auto atomic = buy(1, {}, soon());
  ASSERT_FALSE(atomic);
  EXPECT_EQ(atomic.error().code, ErrorCode::kLockTimeout) << atomic.error().message;

  Phases phases;
  Context context{soon(), phases};
  Work work([](Transaction& t) -> Result<Outcome> {
    auto read = t.product(ProductId{1});
    if (!read) return Unexpected(read.error());
    return Outcome::commit();
  });
  const auto locked =
      store().transact(TransactionOptions::all(WriteForm::kLockedRead), work, context);
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, ErrorCode::kLockTimeout);
  EXPECT_GT(phases.spent(Phase::kLock), 50ms);
}

TEST_F(PostgresFaults, SendsNothingAfterTheDeadline) {
  const auto late = run(
      store(), TransactionOptions{},
      [](Transaction& t) -> Result<Outcome> {
        EXPECT_TRUE(t.emit({"event", "TOPIC", "key", "{}", ""}));
        return Outcome::commit();
      },
      Clock::now() - 1ms);
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(events_after(0), "");
}

TEST_F(PostgresFaults, ALockedReadKeepsOthersOutUntilTheCommit) {
  std::promise<void> locked;
  std::promise<void> go_on;
  auto first = std::async(std::launch::async, [&] {
    return run(store(), TransactionOptions::all(WriteForm::kLockedRead),
               [&](Transaction& t) -> Result<Outcome> {
                 const auto seen = **t.product(ProductId{1});
                 locked.set_value();
                 go_on.get_future().wait();
                 EXPECT_TRUE(*t.take_stock(seen, 6));
                 return Outcome::commit();
               });
  });
  locked.get_future().wait();
  auto second = std::async(std::launch::async, [&] {
    return run(store(), TransactionOptions::all(WriteForm::kLockedRead),
               [](Transaction& t) -> Result<Outcome> {
                 EXPECT_EQ((**t.product(ProductId{1})).stock, 4);
                 return Outcome::refuse(RefusalCode::kInsufficientStock);
               });
  });
  wait_for_waiting();
  go_on.set_value();
  EXPECT_TRUE(first.get()->committed());
  EXPECT_FALSE(second.get()->committed());
}

TEST_F(PostgresFaults, ADeadlockIsAConflictOfOne) {
  std::promise<void> has_first;
  std::promise<void> has_second;
  const auto lock_both = [&](std::int64_t mine, std::int64_t theirs, std::promise<void>& have,
                             std::promise<void>& other) {
    return run(store(), TransactionOptions::all(WriteForm::kLockedRead),
               [&](Transaction& t) -> Result<Outcome> {
                 EXPECT_TRUE(t.product(ProductId{mine}));
                 have.set_value();
                 other.get_future().wait();
                 auto read = t.product(ProductId{theirs});
                 if (!read) return Unexpected(read.error());
                 EXPECT_TRUE(*t.take_stock(**read, 1));
                 return Outcome::commit();
               });
  };
  auto first =
      std::async(std::launch::async, lock_both, 1, 2, std::ref(has_first), std::ref(has_second));
  const auto second = lock_both(2, 1, has_second, has_first);
  const auto other = first.get();
  EXPECT_NE(second.has_value(), other.has_value());
  EXPECT_EQ((second ? other : second).error().code, ErrorCode::kConflict);
}

TEST_F(PostgresFaults, StricterIsolationMakesARivalAConflictInEveryForm) {
  for (const auto isolation :
       {postgres::Isolation::kRepeatableRead, postgres::Isolation::kSerializable}) {
    options_.isolation = isolation;
    auto strict = make();
    const auto outcome = run(*strict, [&](Transaction& t) -> Result<Outcome> {
      const auto seen = **t.product(ProductId{1});
      EXPECT_TRUE(buy(*strict, 1)->committed());
      EXPECT_TRUE(*t.take_stock(seen, 1));
      return Outcome::commit();
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::kConflict) << outcome.error().message;
  }
  EXPECT_EQ(stock(1), 8);
}

TEST_F(PostgresFaults, ANamedLockLetsOneInAtATime) {
  Scope mine;
  mine.add(UserId{1}).add(ProductId{1});
  Scope theirs;
  theirs.add(ProductId{1});
  Scope others;
  others.add(UserId{2});
  const auto under = [&](const Scope& scope, Deadline deadline) {
    return buy(2, {.named_locks = &scope}, deadline);
  };
  const auto outcome = run(store(), {.named_locks = &mine}, [&](Transaction& t) -> Result<Outcome> {
    EXPECT_EQ(under(theirs, soon()).error().code, ErrorCode::kLockTimeout);
    EXPECT_TRUE(under(others, far_deadline())->committed());
    EXPECT_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
    return Outcome::commit();
  });
  EXPECT_TRUE(outcome->committed());
  EXPECT_TRUE(under(theirs, far_deadline())->committed());
}

TEST_F(PostgresFaults, TwoStoresShareOneSchema) {
  auto other = make();
  EXPECT_TRUE(buy(1)->committed());
  EXPECT_TRUE(buy(*other, 1)->committed());
  EXPECT_EQ(stock(1), 8);
}

TEST_F(PostgresFaults, TheOutboxNeverSkipsARowThatCommitsLate) {
  auto hold = std::make_optional<Hold>(*this);
  auto late = std::async(std::launch::async, [&] { return announce("late", 1, "a"); });
  wait_for_waiting();
  EXPECT_TRUE(announce("early", 2, "b")->committed());
  EXPECT_EQ(events_after(0), "");  // Or "late" would come before a row that was read.
  hold.reset();
  EXPECT_TRUE(late.get()->committed());
  EXPECT_EQ(events_after(0), "late early ");
  EXPECT_TRUE(announce("last", 2, "b")->committed());
  const auto rows = *view_of(store())->outbox_after(0, 2);
  EXPECT_EQ(events_after(rows.back().sequence), "last ");
}

TEST_F(PostgresFaults, NeedsNoPrivilegesAndItsOutboxDoesNotWaitForOtherDatabases) {
  {
    const auto connection = connect();
    pqxx::nontransaction(*connection).exec(sql("postgres_role"));
  }
  options_.url += " user=shop";
  options_.schema = PostgresCluster::instance().fresh_schema();
  open_seeded();
  pqxx::connection elsewhere(PostgresCluster::instance().url() + " dbname=template1");
  pqxx::work open(elsewhere);
  open.exec(sql("postgres_become_writer"));
  EXPECT_TRUE(announce("event", 1, "a")->committed());
  EXPECT_EQ(events_after(0), "event ");
  const auto connection = connect();
  pqxx::work here(*connection);
  here.exec(sql("postgres_become_writer"));
  EXPECT_TRUE(announce("hidden", 1, "a")->committed());
  EXPECT_EQ(events_after(0), "event ");
}

TEST_F(PostgresFaults, EventsOfOneKeyAreNumberedInTheOrderOfTheirCommits) {
  auto hold = std::make_optional<Hold>(*this);
  auto first = std::async(std::launch::async, [&] { return announce("first", 1, "key"); });
  wait_for_waiting();
  const auto overtaking = announce("second", 2, "key", soon());
  ASSERT_FALSE(overtaking);
  EXPECT_EQ(overtaking.error().code, ErrorCode::kLockTimeout);
  hold.reset();
  EXPECT_TRUE(first.get()->committed());
  EXPECT_TRUE(announce("second", 2, "key")->committed());
  EXPECT_EQ(events_after(0), "first second ");
}

class PostgresFences : public PostgresFaults {
 protected:
  Result<std::vector<Fence>> issue(std::initializer_list<Resource> resources,
                                   Deadline deadline = far_deadline()) {
    const std::vector<Resource> all(resources);
    Phases phases;
    Context context{deadline, phases};
    return store().issue(all, context);
  }
  Result<Outcome> buy_with(std::span<const Fence> fences) {
    Work work([](Transaction& t) -> Result<Outcome> {
      EXPECT_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
      return Outcome::commit();
    });
    Phases phases;
    Context context{far_deadline(), phases, fences};
    return store().transact({}, work, context);
  }
  static constexpr Resource kUser{Resource::Kind::kUser, 7};
  static constexpr Resource kProduct{Resource::Kind::kProduct, 7};
};

TEST_F(PostgresFences, RiseForEachResourceAndComeInTheOrderAsked) {
  const auto first = *issue({kProduct, kUser});
  const auto second = *issue({kProduct});
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].resource, kProduct);
  EXPECT_EQ(first[1].resource, kUser);
  EXPECT_GT(second[0].token, first[0].token);
  EXPECT_GT((*issue({kUser}))[0].token, first[1].token);
}

TEST_F(PostgresFences, OnlyTheNewestHolderCommits) {
  const auto old = *issue({kProduct, kUser});
  EXPECT_TRUE(buy_with(old)->committed());
  const auto newer = *issue({kUser});
  EXPECT_EQ(buy_with(old).error().code, ErrorCode::kLeaseLost);
  EXPECT_TRUE(buy_with(newer)->committed());
  const Fence never{{Resource::Kind::kCoupon, 99}, 1};
  EXPECT_EQ(buy_with(std::span(&never, 1)).error().code, ErrorCode::kLeaseLost);
  EXPECT_EQ(stock(1), 8);
}

TEST_F(PostgresFences, AreIssuedOnlyAfterAnOlderHoldersCommit) {
  const auto old = *issue({kProduct});
  auto hold = std::make_optional<Hold>(*this);
  auto committing = std::async(std::launch::async, [&] { return buy_with(old); });
  wait_for_waiting();
  EXPECT_EQ(issue({kProduct}, soon()).error().code, ErrorCode::kLockTimeout);
  hold.reset();
  EXPECT_TRUE(committing.get()->committed());
  EXPECT_GT((*issue({kProduct}))[0].token, old[0].token);
}

// Last in the file: whoever runs all of it in one program restarts the server once.
TEST_F(PostgresFaults, WorksAgainAsSoonAsTheServerDoes) {
  auto& cluster = PostgresCluster::instance();
  cluster.stop();
  EXPECT_EQ(buy(1).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store().ping(far_deadline()).error().code, ErrorCode::kUnavailable);
  cluster.start();
  EXPECT_TRUE(store().ping(far_deadline()));
  EXPECT_TRUE(buy(1)->committed());
  EXPECT_EQ(stock(1), 9);
}

}  // namespace
}  // namespace stampede::testing
