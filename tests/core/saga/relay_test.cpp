// The relay of an outbox: order, restart, takeover, and what it does about a broker that is away.

#include "core/saga/relay.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tests/core/saga/world.hpp"

namespace stampede::saga {
namespace {

using testing::HandTransport;
using testing::SetClock;

class EmitEvents final : public Operation {
 public:
  explicit EmitEvents(std::vector<std::string> ids) : ids_(std::move(ids)) {}
  Result<Outcome> work(Transaction& transaction) override {
    for (const auto& id : ids_) {
      if (auto told = transaction.emit({id, "TOPIC", "key", "{}", "trace-1"}); !told) {
        return Unexpected(told.error());
      }
    }
    return Outcome::commit();
  }

 private:
  const std::vector<std::string> ids_;
};

// The memory store as if other processes shared it.
class SharedStore final : public Store {
 public:
  explicit SharedStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}
  Sharing sharing() const override { return Sharing::kNetwork; }
  bool supports(const TransactionOptions& options) const override {
    return inner_->supports(options);
  }
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    return inner_->transact(options, operation, context);
  }
  Result<std::unique_ptr<ReadView>> read_view(Deadline deadline) override {
    return inner_->read_view(deadline);
  }
  Result<void> seed(const Seed& seed) override { return inner_->seed(seed); }
  Result<void> ping(Deadline deadline) override { return inner_->ping(deadline); }
  StoreStats stats() const override { return inner_->stats(); }

 private:
  const std::unique_ptr<Store> inner_;
};

class RelayTest : public ::testing::Test {
 protected:
  std::unique_ptr<Relay> relay(const std::string& owner, std::int64_t batch = 2,
                               std::function<void(std::span<const Event>)> told = {}) {
    RelayOptions options;
    options.batch = batch;
    options.lease = std::chrono::microseconds(1'000);  // Of the clock that tests set.
    return std::make_unique<Relay>(Relay::Parts{.store = store_,
                                                .transport = transport_,
                                                .clock = clock_,
                                                .journal = journal_,
                                                .service = 0,
                                                .fresh = fresh_,
                                                .owner = owner,
                                                .options = options,
                                                .published = std::move(told)});
  }
  void commit(std::vector<std::string> ids) {
    EmitEvents operation(std::move(ids));
    Phases phases;
    Context context{Clock::now() + std::chrono::seconds(30), phases};
    ASSERT_TRUE(store_.transact({}, operation, context));
  }
  std::vector<std::string> published() const {
    std::vector<std::string> ids;
    for (const auto& event : transport_.published("TOPIC")) ids.push_back(event.id);
    return ids;
  }

  plugin::Catalog catalog_{{STAMPEDE_PLUGIN_DIR}};
  SharedStore store_{std::move(*catalog_.create<Store>("memory"))};
  std::unique_ptr<telemetry::Log> log_ = testing::silent_log();
  Journal journal_{*log_, {"order"}};
  HandTransport transport_;
  SetClock clock_;
  FreshEvents fresh_;
};

using Ids = std::vector<std::string>;

TEST_F(RelayTest, PublishesInOrderABatchAtATimeAndEachOnce) {
  commit({"1", "2", "3"});
  auto first = relay("a");
  EXPECT_EQ(*first->round(), true);
  EXPECT_EQ(published(), (Ids{"1", "2"}));
  EXPECT_EQ(*first->round(), false);
  EXPECT_EQ(*first->round(), false);
  EXPECT_EQ(published(), (Ids{"1", "2", "3"}));
}

TEST_F(RelayTest, GoesOnAfterARestartWhereItWas) {
  commit({"1", "2"});
  ASSERT_TRUE(relay("a")->round());
  commit({"3"});
  clock_.set(5'000);
  ASSERT_TRUE(relay("b")->round());
  EXPECT_EQ(published(), (Ids{"1", "2", "3"}));
}

TEST_F(RelayTest, KeepsOthersOutUntilItsLeaseHasRunOut) {
  auto first = relay("a");
  auto second = relay("b");
  commit({"1"});
  ASSERT_TRUE(first->round());
  commit({"2"});
  // The very first look takes what is there for a dead owner's only where nobody else can be.
  EXPECT_EQ(*second->round(), false);
  EXPECT_EQ(published(), (Ids{"1"}));
  clock_.set(5'000);
  ASSERT_TRUE(second->round());
  EXPECT_EQ(published(), (Ids{"1", "2"}));
  commit({"3"});
  EXPECT_EQ(*first->round(), false);  // It has lost the outbox, and knows.
  ASSERT_TRUE(second->round());
  EXPECT_EQ(published(), (Ids{"1", "2", "3"}));
}

TEST_F(RelayTest, TellsWhatTheOwnerHasPublishedToWhoeverWaitsBesideAnotherRelay) {
  commit({"0"});
  auto owner = relay("a", 10);
  ASSERT_TRUE(owner->round());
  Ids told;
  auto other = relay("b", 2, [&](std::span<const Event> events) {
    for (const auto& event : events) told.push_back(event.id);
  });
  EXPECT_EQ(*other->round(), false);
  commit({"1", "2", "3"});
  EXPECT_EQ(*other->round(), false);
  EXPECT_EQ(told, Ids{});  // Committed, and not published yet.
  ASSERT_TRUE(owner->round());
  EXPECT_EQ(*other->round(), true);
  EXPECT_EQ(*other->round(), false);
  EXPECT_EQ(told, (Ids{"1", "2", "3"}));
  EXPECT_EQ(published(), (Ids{"0", "1", "2", "3"}));
}

TEST_F(RelayTest, PublishesAgainWhatTheBrokerDidNotTake) {
  commit({"1"});
  transport_.fail_publishing(2);
  auto first = relay("a");
  EXPECT_FALSE(first->round());
  EXPECT_FALSE(first->round());
  ASSERT_TRUE(first->round());
  EXPECT_EQ(published(), (Ids{"1"}));
}

TEST_F(RelayTest, WaitsForWhatItsThreadIsAboutToPublishAndPassesWhatItHas) {
  fresh_.hold("2");
  commit({"1", "2", "3"});
  auto first = relay("a", 10);
  EXPECT_EQ(*first->round(), false);
  EXPECT_EQ(published(), (Ids{"1"}));
  const std::vector<Event> done{{"2", "TOPIC", "key", "{}", ""}};
  fresh_.done(done);
  ASSERT_TRUE(first->round());
  EXPECT_EQ(published(), (Ids{"1", "3"}));
}

TEST_F(RelayTest, InTheBackgroundPublishesWhatItIsWokenForLongBeforeItsPoll) {
  RelayOptions options;
  options.poll = std::chrono::hours(1);
  std::promise<void> taken;
  Relay waiting({.store = store_,
                 .transport = transport_,
                 .clock = clock_,
                 .journal = journal_,
                 .service = 0,
                 .fresh = fresh_,
                 .owner = "a",
                 .options = options,
                 .published = [&](std::span<const Event>) { taken.set_value(); }});
  waiting.start();
  commit({"1"});
  waiting.wake();
  EXPECT_EQ(taken.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  waiting.stop();
  // It gave the outbox up: another goes on without waiting for the lease.
  commit({"2"});
  ASSERT_TRUE(relay("b")->round());
  EXPECT_EQ(published(), (Ids{"1", "2"}));
}

}  // namespace
}  // namespace stampede::saga
