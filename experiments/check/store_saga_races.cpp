// What becomes of two that do the same for one saga at the same moment: exactly one of them has
// done it, and the other one is told.

#include <condition_variable>
#include <mutex>
#include <thread>

#include "experiments/check/store_checks.hpp"
#include "experiments/check/store_race.hpp"

namespace stampede::check {
namespace {

constexpr auto kPending = Order::Status::kPending;

void add_pending_order(StoreTrial& trial) {
  auto order = make_order(1);
  order.status = kPending;
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(t.add_order(order));
    return Outcome::commit();
  });
}

void expect_conflict(StoreTrial& trial, const Result<Outcome>& outcome) {
  REQUIRE_FALSE(outcome);
  CHECK_EQ(outcome.error().code, ErrorCode::kConflict);
}

void an_event_that_comes_twice_at_once_is_received_once(StoreTrial& trial) {
  trial.seed();
  auto race = race_in(trial, WriteForm::kAtomic);
  const auto outcome = race.run(
      [&](Transaction& t) {
        CHECK_TRUE(*t.receive("event"));
        race.let_the_rival_commit();
        CHECK_TRUE(t.credit(**t.wallet(UserId{1}), Money{5}));
        CHECK_TRUE(t.emit({"mine", "TOPIC", "1", "{}", ""}));
      },
      [&](Transaction& t) {
        CHECK_TRUE(*t.receive("event"));
        CHECK_TRUE(t.credit(**t.wallet(UserId{1}), Money{5}));
        CHECK_TRUE(t.emit({"rival's", "TOPIC", "1", "{}", ""}));
      });
  expect_conflict(trial, outcome);
  CHECK_EQ(trial.balance(1), 1005);
  CHECK_EQ(trial.view()->outbox_after(0, 10)->size(), 1U);
}

// Whoever lost against itself must not believe that the goods are gone.
void an_event_received_by_another_goes_before_what_is_sold_out(StoreTrial& trial) {
  trial.seed();
  const auto buy_the_rest = [&](Transaction& t, const Product& seen) {
    CHECK_TRUE(*t.take_stock(seen, 10));
    CHECK_TRUE(*t.receive("event"));
  };
  for (const bool first : {true, false}) {
    trial.start_again();
    trial.seed();
    auto race = race_in(trial, WriteForm::kAtomic);
    const auto outcome = race.run(
        [&](Transaction& t) {
          const auto seen = **t.product(ProductId{1});
          if (first) CHECK_TRUE(*t.receive("event"));
          CHECK_TRUE(*t.take_stock(seen, 10));
          if (!first) CHECK_TRUE(*t.receive("event"));
          race.let_the_rival_commit();
        },
        [&](Transaction& t) { buy_the_rest(t, **t.product(ProductId{1})); });
    expect_conflict(trial, outcome);
    CHECK_EQ(trial.stock(1), 0);
  }
}

// Lets two threads go on only when both have come so far.
class Meeting {
 public:
  bool arrive() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    return changed_.wait_for(lock, kPatience, [this] { return arrived_ == 2; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
};

void two_threads_receive_an_event_once(StoreTrial& trial) {
  trial.seed();
  constexpr int kEvents = 20;
  for (int event = 0; event < kEvents; ++event) {
    Meeting meeting;
    const auto id = "event " + std::to_string(event);
    Result<Outcome> outcomes[2] = {Outcome::commit(), Outcome::commit()};
    const auto handle = [&](Result<Outcome>& outcome) {
      outcome = trial.run([&](Transaction& t) -> Result<Outcome> {
        CHECK_TRUE(*t.receive(id));
        const auto seen = **t.wallet(UserId{1});
        CHECK_TRUE(meeting.arrive());
        CHECK_TRUE(t.credit(seen, Money{1}));
        return Outcome::commit();
      });
    };
    std::thread other(handle, std::ref(outcomes[1]));
    handle(outcomes[0]);
    other.join();
    const int winner = outcomes[0] ? 0 : 1;
    CHECK_TRUE(outcomes[winner] && outcomes[winner]->committed());
    expect_conflict(trial, outcomes[1 - winner]);
  }
  CHECK_EQ(trial.balance(1), 1000 + kEvents);
}

void of_two_that_finish_an_order_one_wins(StoreTrial& trial) {
  trial.seed();
  add_pending_order(trial);
  for (const auto form : trial.forms()) {  // Atomic, whatever the options say.
    trial.start_again();
    trial.seed();
    add_pending_order(trial);
    auto race = race_in(trial, form);
    const auto outcome = race.run(
        [&](Transaction& t) {
          const auto seen = **t.order(order_id(1));
          race.let_the_rival_commit();
          CHECK_TRUE(*t.finish_order(seen, Order::Status::kFailed, "TIMEOUT"));
          CHECK_TRUE(t.emit({"mine", "ORDER_FAILED", to_string(seen.id), "{}", ""}));
        },
        [&](Transaction& t) {
          CHECK_TRUE(*t.finish_order(**t.order(order_id(1)), Order::Status::kCompleted, ""));
        });
    expect_conflict(trial, outcome);
    const auto order = **trial.view()->order(order_id(1));
    CHECK_EQ(order.status, Order::Status::kCompleted);
    CHECK_EQ(order.failure, "");
    CHECK_TRUE(trial.view()->outbox_after(0, 10)->empty());
  }
}

// `before` is what the store holds when the race begins.
void race_for_step(StoreTrial& trial, std::int64_t before) {
  const auto put = [&](Transaction& t, const std::string& detail) {
    const SagaStep step{.key = "payment 1", .detail = detail, .at = at(1), .version = before};
    CHECK_TRUE(t.put_saga_step(step));
  };
  auto race = race_in(trial, WriteForm::kAtomic);
  const auto outcome = race.run(
      [&](Transaction& t) {
        const auto seen = *t.saga_step("payment 1");
        CHECK_EQ(seen ? seen->version : 0, before);
        race.let_the_rival_commit();
        put(t, "mine");
        CHECK_TRUE(*t.debit(**t.wallet(UserId{1}), Money{1}));
      },
      [&](Transaction& t) { put(t, "rival's"); });
  expect_conflict(trial, outcome);
  const auto steps = *trial.view()->saga_steps_after("", 10);
  REQUIRE_EQ(steps.size(), 1U);
  CHECK_EQ(steps[0].detail, "rival's");
  CHECK_EQ(steps[0].version, before + 1);
  CHECK_EQ(trial.balance(1), 1000);
}

void of_two_that_write_a_saga_step_one_wins(StoreTrial& trial) {
  trial.seed();
  race_for_step(trial, 0);
  race_for_step(trial, 1);
}

void race_for_cursor(StoreTrial& trial, std::int64_t before) {
  const auto take = [&](Transaction& t, const std::string& owner) {
    auto cursor = t.relay_cursor()->value_or(RelayCursor{});
    CHECK_EQ(cursor.version, before);
    cursor.owner = owner;
    return cursor;
  };
  auto race = race_in(trial, WriteForm::kAtomic);
  const auto outcome = race.run(
      [&](Transaction& t) {
        const auto cursor = take(t, "mine");
        race.let_the_rival_commit();
        CHECK_TRUE(t.put_relay_cursor(cursor));
      },
      [&](Transaction& t) { CHECK_TRUE(t.put_relay_cursor(take(t, "rival's"))); });
  expect_conflict(trial, outcome);
  const auto cursor = *trial.view()->relay_cursor();
  REQUIRE_TRUE(cursor);
  CHECK_EQ(cursor->owner, "rival's");
  CHECK_EQ(cursor->version, before + 1);
}

void of_two_relays_one_takes_the_cursor(StoreTrial& trial) {
  race_for_cursor(trial, 0);
  race_for_cursor(trial, 1);
}

// The rival takes 6 of 10 while 1 comes back.
Result<Outcome> race_for_return(StoreTrial& trial, WriteForm form) {
  trial.seed();
  auto race = race_in(trial, form);
  return race.run(
      [&](Transaction& t) {
        const auto seen = **t.product(ProductId{1});
        race.let_the_rival_commit();
        CHECK_TRUE(t.return_stock(seen, 1));
      },
      [&](Transaction& t) { CHECK_TRUE(*t.take_stock(**t.product(ProductId{1}), 6)); });
}

void the_atomic_form_returns_stock_to_what_is_left(StoreTrial& trial) {
  CHECK_TRUE(race_for_return(trial, WriteForm::kAtomic)->committed());
  CHECK_EQ(trial.stock(1), 5);
}

void the_versioned_form_conflicts_over_returned_stock(StoreTrial& trial) {
  expect_conflict(trial, race_for_return(trial, WriteForm::kVersioned));
  CHECK_EQ(trial.stock(1), 4);
}

void the_read_then_write_form_returns_stock_over_the_rivals_take(StoreTrial& trial) {
  CHECK_TRUE(race_for_return(trial, WriteForm::kReadThenWrite)->committed());
  CHECK_EQ(trial.stock(1), 11);
}

constexpr Check kChecks[] = {
    {"AnEventThatComesTwiceAtOnceIsReceivedOnce",
     on_trial<an_event_that_comes_twice_at_once_is_received_once>},
    {"AnEventReceivedByAnotherGoesBeforeWhatIsSoldOut",
     on_trial<an_event_received_by_another_goes_before_what_is_sold_out>},
    {"TwoThreadsReceiveAnEventOnce", on_trial<two_threads_receive_an_event_once>},
    {"OfTwoThatFinishAnOrderOneWins", on_trial<of_two_that_finish_an_order_one_wins>},
    {"OfTwoThatWriteASagaStepOneWins", on_trial<of_two_that_write_a_saga_step_one_wins>},
    {"OfTwoRelaysOneTakesTheCursor", on_trial<of_two_relays_one_takes_the_cursor>},
    {"TheAtomicFormReturnsStockToWhatIsLeft",
     on_trial<the_atomic_form_returns_stock_to_what_is_left>},
    {"TheVersionedFormConflictsOverReturnedStock",
     on_trial<the_versioned_form_conflicts_over_returned_stock>},
    {"TheReadThenWriteFormReturnsStockOverTheRivalsTake",
     on_trial<the_read_then_write_form_returns_stock_over_the_rivals_take>},
};

}  // namespace

std::span<const Check> store_saga_race_checks() { return kChecks; }

}  // namespace stampede::check
