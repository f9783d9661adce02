// The verbs that sagas are made of, one caller at a time: steps, the inbox, the relay's cursor,
// orders that end later and stock that comes back.

#include <algorithm>
#include <limits>

#include "experiments/check/store_checks.hpp"
#include "experiments/check/store_trial.hpp"

namespace stampede::check {
namespace {

SagaStep make_step(const std::string& key) {
  return {.key = key, .state = SagaStep::State::kDone, .detail = "{}", .at = at(7)};
}

Order pending(std::uint64_t number) {
  auto order = make_order(number);
  order.status = Order::Status::kPending;
  return order;
}

void add_order(StoreTrial& trial, const Order& order) {
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(t.add_order(order));
    return Outcome::commit();
  });
}

void put_step(StoreTrial& trial, const SagaStep& step) {
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(t.put_saga_step(step));
    return Outcome::commit();
  });
}

// The step as the next transaction finds it.
std::optional<SagaStep> step_of(StoreTrial& trial, const std::string& key) {
  std::optional<SagaStep> found;
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    found = *t.saga_step(key);
    return Outcome::commit();
  });
  return found;
}

// Whether it is noted as new; nothing is received by asking.
bool is_new(StoreTrial& trial, const std::string& event) {
  bool is_new = false;
  const auto asked = trial.run([&](Transaction& t) -> Result<Outcome> {
    is_new = *t.receive(event);
    return Outcome::refuse(RefusalCode::kPaymentDeclined);
  });
  CHECK_TRUE(asked && !asked->committed());
  return is_new;
}

void answers_nothing_before_the_first_step_and_cursor(StoreTrial& trial) {
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_EQ(*t.saga_step("payment 1"), std::nullopt);
    CHECK_EQ(*t.relay_cursor(), std::nullopt);
    return Outcome::commit();
  });
  CHECK_TRUE(trial.view()->saga_steps_after("", 10)->empty());
  CHECK_EQ(*trial.view()->relay_cursor(), std::nullopt);
}

void keeps_every_field_of_a_saga_step(StoreTrial& trial) {
  auto step = make_step("payment \"1\" \\ {ä}");
  step.state = SagaStep::State::kRefused;
  step.detail = R"({"why": "INSUFFICIENT_BALANCE, {\"a\\b\"}"})";
  step.at = at(12) + std::chrono::microseconds(34);
  put_step(trial, step);
  const auto stored = step_of(trial, step.key);
  REQUIRE_TRUE(stored);
  CHECK_EQ(stored->key, step.key);
  CHECK_EQ(stored->state, step.state);
  CHECK_EQ(stored->detail, step.detail);
  CHECK_EQ(stored->at, step.at);
  CHECK_EQ(stored->version, 1);
  const auto listed = *trial.view()->saga_steps_after("", 10);
  REQUIRE_EQ(listed.size(), 1U);
  CHECK_EQ(listed[0].key, step.key);
  CHECK_EQ(listed[0].state, step.state);
  CHECK_EQ(listed[0].detail, step.detail);
  CHECK_EQ(listed[0].at, step.at);
  CHECK_EQ(listed[0].version, 1);
}

void replaces_a_saga_step_one_version_on(StoreTrial& trial) {
  put_step(trial, make_step("stock 1"));
  auto step = *step_of(trial, "stock 1");
  step.state = SagaStep::State::kUndone;
  step.detail = "undone";
  step.at = at(9);
  put_step(trial, step);
  const auto stored = *step_of(trial, "stock 1");
  CHECK_EQ(stored.state, SagaStep::State::kUndone);
  CHECK_EQ(stored.detail, "undone");
  CHECK_EQ(stored.at, at(9));
  CHECK_EQ(stored.version, 2);
  CHECK_EQ(trial.view()->saga_steps_after("", 10)->size(), 1U);
}

void shows_a_transaction_its_own_saga_writes(StoreTrial& trial) {
  trial.seed();
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(t.put_saga_step(make_step("payment 1")));
    auto step = **t.saga_step("payment 1");
    CHECK_EQ(step.version, 1);
    step.state = SagaStep::State::kUndone;
    CHECK_TRUE(t.put_saga_step(step));
    CHECK_EQ((*t.saga_step("payment 1"))->state, SagaStep::State::kUndone);
    CHECK_EQ(t.put_saga_step(step).error().code, ErrorCode::kConflict);
    CHECK_TRUE(t.put_relay_cursor({.sequence = 5, .owner = "a", .owned_until = at(1)}));
    CHECK_EQ((*t.relay_cursor())->sequence, 5);
    CHECK_EQ((*t.relay_cursor())->version, 1);
    CHECK_TRUE(*t.receive("event"));
    CHECK_FALSE(*t.receive("event"));
    CHECK_TRUE(t.add_order(pending(1)));
    CHECK_TRUE(*t.finish_order(**t.order(order_id(1)), Order::Status::kFailed, "LATE"));
    CHECK_EQ((*t.order(order_id(1)))->failure, "LATE");
    CHECK_FALSE(*t.finish_order(**t.order(order_id(1)), Order::Status::kCompleted, ""));
    CHECK_TRUE(t.return_stock(**t.product(ProductId{1}), 5));
    CHECK_EQ((*t.product(ProductId{1}))->stock, 15);
    return Outcome::commit();
  });
  CHECK_EQ(step_of(trial, "payment 1")->state, SagaStep::State::kUndone);
  CHECK_EQ((*trial.view()->order(order_id(1)))->failure, "LATE");
}

void refuses_saga_steps_of_another_version(StoreTrial& trial) {
  trial.seed();
  put_step(trial, make_step("payment 1"));
  for (const std::int64_t version : {0, 2, -1}) {
    auto step = make_step("payment 1");
    step.version = version;
    step.detail = "another";
    const auto outcome = trial.run([&](Transaction& t) -> Result<Outcome> {
      CHECK_TRUE(*t.take_stock(**t.product(ProductId{1}), 1));
      CHECK_TRUE(t.emit({"event", "TOPIC", "key", "{}", ""}));
      auto put = t.put_saga_step(step);
      if (!put) return Unexpected(put.error());
      return Outcome::commit();
    });
    REQUIRE_FALSE(outcome);
    CHECK_EQ(outcome.error().code, ErrorCode::kConflict);
  }
  auto unknown = make_step("payment 2");
  unknown.version = 1;
  const auto outcome = trial.run([&](Transaction& t) {
    return t.put_saga_step(unknown).map([] { return Outcome::commit(); });
  });
  REQUIRE_FALSE(outcome);
  CHECK_EQ(outcome.error().code, ErrorCode::kConflict);
  CHECK_EQ(step_of(trial, "payment 1")->detail, "{}");
  CHECK_EQ(step_of(trial, "payment 2"), std::nullopt);
  CHECK_EQ(trial.stock(1), 10);
  CHECK_TRUE(trial.view()->outbox_after(0, 10)->empty());
}

void refuses_saga_writes_that_make_no_sense(StoreTrial& trial) {
  trial.seed();
  add_order(trial, pending(1));
  const auto most = std::numeric_limits<std::int64_t>::max();
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    const auto product = **t.product(ProductId{1});
    const auto order = **t.order(order_id(1));
    CHECK_EQ(t.put_saga_step(make_step("")).error().code, ErrorCode::kInvalid);
    CHECK_EQ(t.put_saga_step(make_step(std::string(121, 'k'))).error().code, ErrorCode::kInvalid);
    CHECK_TRUE(t.put_saga_step(make_step(std::string(120, 'k'))));
    CHECK_EQ(t.receive("").error().code, ErrorCode::kInvalid);
    CHECK_EQ(t.return_stock(product, 0).error().code, ErrorCode::kInvalid);
    CHECK_EQ(t.return_stock(product, -1).error().code, ErrorCode::kInvalid);
    CHECK_EQ(t.return_stock(product, most).error().code, ErrorCode::kInvalid);
    CHECK_EQ(t.finish_order(order, Order::Status::kPending, "").error().code, ErrorCode::kInvalid);
    CHECK_EQ(t.finish_order(order, Order::Status::kCompleted, "LATE").error().code,
             ErrorCode::kInvalid);
    return Outcome::commit();
  });
  CHECK_EQ(trial.stock(1), 10);
  CHECK_EQ((*trial.view()->order(order_id(1)))->status, Order::Status::kPending);
}

std::vector<std::string> step_keys(StoreTrial& trial, std::int64_t page_size) {
  const auto view = trial.view();
  std::vector<std::string> keys;
  std::string after;
  for (;;) {
    const auto page = view->saga_steps_after(after, page_size);
    REQUIRE_TRUE(page);
    if (page->empty()) return keys;
    CHECK_TRUE(std::ssize(*page) <= page_size);
    for (const auto& step : *page) keys.push_back(step.key);
    after = keys.back();
  }
}

void reads_saga_steps_by_cursor_in_key_order(StoreTrial& trial) {
  std::vector<std::string> expected{"B", "a", "a 1", "ab", "b", "c", "ä"};
  for (const auto* key : {"b", "a", "ab", "c", "B", "a 1", "ä"}) put_step(trial, make_step(key));
  CHECK_EQ(step_keys(trial, 3), expected);
  // More come after they were listed.
  for (int i = 199; i >= 100; --i) {
    put_step(trial, make_step(expected.emplace_back("payment " + std::to_string(i))));
  }
  std::ranges::sort(expected);
  CHECK_EQ(step_keys(trial, 7), expected);
}

void returns_stock_in_every_form(StoreTrial& trial) {
  trial.seed();
  for (const auto form : trial.forms()) {
    const auto before = **trial.view()->product(ProductId{1});
    trial.commit(TransactionOptions::all(form), [&](Transaction& t) -> Result<Outcome> {
      CHECK_TRUE(t.return_stock(**t.product(ProductId{1}), 3));
      return Outcome::commit();
    });
    // Returned and taken by one transaction is one change of the row.
    trial.commit(TransactionOptions::all(form), [&](Transaction& t) -> Result<Outcome> {
      const auto seen = **t.product(ProductId{1});
      CHECK_TRUE(*t.take_stock(seen, seen.stock));
      CHECK_FALSE(*t.take_stock(seen, 1));
      CHECK_TRUE(t.return_stock(seen, 2));
      CHECK_TRUE(*t.take_stock(seen, 1));
      CHECK_TRUE(t.return_stock(seen, seen.stock));
      return Outcome::commit();
    });
    const auto after = **trial.view()->product(ProductId{1});
    CHECK_EQ(after.stock, before.stock + 3 + 1);
    CHECK_EQ(after.version, before.version + 2);
  }
}

void finishes_an_order_for_good(StoreTrial& trial) {
  add_order(trial, pending(1));
  add_order(trial, pending(2));
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(*t.finish_order(pending(1), Order::Status::kFailed, "INSUFFICIENT_STOCK"));
    CHECK_TRUE(*t.finish_order(pending(2), Order::Status::kCompleted, ""));
    return Outcome::commit();
  });
  for (const auto number : {1U, 2U}) {
    trial.commit([&](Transaction& t) -> Result<Outcome> {
      const auto order = **t.order(order_id(number));
      CHECK_FALSE(*t.finish_order(order, Order::Status::kCompleted, ""));
      CHECK_FALSE(*t.finish_order(order, Order::Status::kFailed, "LATE"));
      return Outcome::commit();
    });
  }
  const auto view = trial.view();
  const auto failed = **view->order(order_id(1));
  CHECK_EQ(failed.status, Order::Status::kFailed);
  CHECK_EQ(failed.failure, "INSUFFICIENT_STOCK");
  CHECK_EQ(failed.items.size(), 2U);
  CHECK_EQ(failed.total, Money{301});
  const auto completed = **view->order(order_id(2));
  CHECK_EQ(completed.status, Order::Status::kCompleted);
  CHECK_EQ(completed.failure, "");
}

void shows_a_failure_wherever_an_order_is_read(StoreTrial& trial) {
  auto failed = pending(1);
  failed.status = Order::Status::kFailed;
  failed.failure = "COUPON_NOT_USABLE";
  add_order(trial, failed);
  add_order(trial, make_order(2));
  const auto view = trial.view();
  CHECK_EQ((*view->order(order_id(1)))->failure, failed.failure);
  CHECK_EQ((*view->orders_after(OrderId{}, 1))[0].failure, failed.failure);
  const OrderFilter filters[] = {
      {}, {.user = UserId{1}}, {.status = Order::Status::kFailed}, {.from = at(0)}};
  for (const auto& filter : filters) {
    const auto listed = view->orders(filter, {0, 9})->items;
    REQUIRE_FALSE(listed.empty());
    CHECK_EQ(listed.back().failure, failed.failure);
  }
  CHECK_EQ((*view->order(order_id(2)))->failure, "");
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_EQ((*t.order(order_id(1)))->failure, failed.failure);
    return Outcome::commit();
  });
}

void receives_an_event_only_once(StoreTrial& trial) {
  CHECK_TRUE(is_new(trial, "event"));
  CHECK_TRUE(is_new(trial, "event"));  // A refusal received nothing.
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(*t.receive("event"));
    CHECK_TRUE(*t.receive("another"));
    return Outcome::commit();
  });
  CHECK_FALSE(is_new(trial, "event"));
  CHECK_FALSE(is_new(trial, "another"));
  CHECK_TRUE(is_new(trial, "Event"));
}

void keeps_one_relay_cursor(StoreTrial& trial) {
  const auto put = [&](const RelayCursor& cursor) {
    return trial.run([&](Transaction& t) {
      return t.put_relay_cursor(cursor).map([] { return Outcome::commit(); });
    });
  };
  const RelayCursor first{.sequence = 3, .owner = "first", .owned_until = at(5)};
  CHECK_TRUE(put(first)->committed());
  const auto stored = *trial.view()->relay_cursor();
  REQUIRE_TRUE(stored);
  CHECK_EQ(stored->sequence, 3);
  CHECK_EQ(stored->owner, "first");
  CHECK_EQ(stored->owned_until, at(5));
  CHECK_EQ(stored->version, 1);
  CHECK_EQ(put(first).error().code, ErrorCode::kConflict);
  CHECK_TRUE(put({.sequence = 4, .owner = "next", .owned_until = at(6), .version = 1}));
  CHECK_EQ(put({.sequence = 9, .owner = "late", .version = 1}).error().code, ErrorCode::kConflict);
  CHECK_EQ(put({.sequence = 9, .owner = "wild", .version = 7}).error().code, ErrorCode::kConflict);
  trial.commit([&](Transaction& t) -> Result<Outcome> {
    const auto cursor = **t.relay_cursor();
    CHECK_EQ(cursor.sequence, 4);
    CHECK_EQ(cursor.owner, "next");
    CHECK_EQ(cursor.owned_until, at(6));
    CHECK_EQ(cursor.version, 2);
    return Outcome::commit();
  });
}

void leaves_nothing_of_a_saga_that_was_rolled_back(StoreTrial& trial) {
  trial.seed();
  add_order(trial, pending(1));
  const auto touch_everything = [&](Transaction& t) {
    CHECK_TRUE(*t.receive("event"));
    CHECK_TRUE(t.put_saga_step(make_step("payment 1")));
    CHECK_TRUE(t.put_relay_cursor({.sequence = 1, .owner = "a"}));
    CHECK_TRUE(*t.finish_order(**t.order(order_id(1)), Order::Status::kCompleted, ""));
    CHECK_TRUE(t.return_stock(**t.product(ProductId{1}), 1));
  };
  const auto refused = trial.run([&](Transaction& t) -> Result<Outcome> {
    touch_everything(t);
    return Outcome::refuse(RefusalCode::kPaymentDeclined);
  });
  CHECK_EQ(refused->refusal, RefusalCode::kPaymentDeclined);
  auto stale = make_step("payment 2");
  stale.version = 1;
  const auto conflict = trial.run([&](Transaction& t) -> Result<Outcome> {
    touch_everything(t);
    CHECK_TRUE(t.put_saga_step(stale));
    return Outcome::commit();
  });
  CHECK_EQ(conflict.error().code, ErrorCode::kConflict);
  CHECK_TRUE(is_new(trial, "event"));
  const auto view = trial.view();
  CHECK_TRUE(view->saga_steps_after("", 10)->empty());
  CHECK_EQ(*view->relay_cursor(), std::nullopt);
  CHECK_EQ((*view->order(order_id(1)))->status, Order::Status::kPending);
  CHECK_EQ((*view->product(ProductId{1}))->stock, 10);
}

void does_not_seed_a_store_that_remembers_sagas(StoreTrial& trial) {
  const Work::Body writes[] = {
      [](Transaction& t) { return t.receive("event").map([](bool) { return Outcome::commit(); }); },
      [](Transaction& t) {
        return t.put_saga_step(make_step("key")).map([] { return Outcome::commit(); });
      },
      [](Transaction& t) {
        return t.put_relay_cursor({.owner = "a"}).map([] { return Outcome::commit(); });
      },
  };
  for (const auto& write : writes) {
    trial.start_again();
    trial.commit(write);
    const auto seeded = trial.store().seed(small_seed());
    REQUIRE_FALSE(seeded);
    CHECK_EQ(seeded.error().code, ErrorCode::kInvalid);
  }
}

constexpr Check kChecks[] = {
    {"AnswersNothingBeforeTheFirstStepAndCursor",
     on_trial<answers_nothing_before_the_first_step_and_cursor>},
    {"KeepsEveryFieldOfASagaStep", on_trial<keeps_every_field_of_a_saga_step>},
    {"ReplacesASagaStepOneVersionOn", on_trial<replaces_a_saga_step_one_version_on>},
    {"ShowsATransactionItsOwnSagaWrites", on_trial<shows_a_transaction_its_own_saga_writes>},
    {"RefusesSagaStepsOfAnotherVersion", on_trial<refuses_saga_steps_of_another_version>},
    {"RefusesSagaWritesThatMakeNoSense", on_trial<refuses_saga_writes_that_make_no_sense>},
    {"ReadsSagaStepsByCursorInKeyOrder", on_trial<reads_saga_steps_by_cursor_in_key_order>},
    {"ReturnsStockInEveryForm", on_trial<returns_stock_in_every_form>},
    {"FinishesAnOrderForGood", on_trial<finishes_an_order_for_good>},
    {"ShowsAFailureWhereverAnOrderIsRead", on_trial<shows_a_failure_wherever_an_order_is_read>},
    {"ReceivesAnEventOnlyOnce", on_trial<receives_an_event_only_once>},
    {"KeepsOneRelayCursor", on_trial<keeps_one_relay_cursor>},
    {"LeavesNothingOfASagaThatWasRolledBack",
     on_trial<leaves_nothing_of_a_saga_that_was_rolled_back>},
    {"DoesNotSeedAStoreThatRemembersSagas", on_trial<does_not_seed_a_store_that_remembers_sagas>},
};

}  // namespace

std::span<const Check> store_saga_checks() { return kChecks; }

}  // namespace stampede::check
