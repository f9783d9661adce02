#include "plugins/stores/sqlite/applier.hpp"

#include <array>
#include <string>
#include <utility>

#include "plugins/stores/sqlite/rows.hpp"

namespace stampede::stores::sqlite {

namespace {

// The queries that write a counter, by its kind.
struct CounterQueries {
  Query change;
  Query set;
  Query set_if_unchanged;
};

constexpr std::array<CounterQueries, 3> kCounterQueries{{
    {Query::kStockChange, Query::kStockSet, Query::kStockSetIfUnchanged},
    {Query::kBalanceChange, Query::kBalanceSet, Query::kBalanceSetIfUnchanged},
    {Query::kIssuedChange, Query::kIssuedSet, Query::kIssuedSetIfUnchanged},
}};

Result<Outcome> conflict(const std::string& what) {
  return fail(ErrorCode::kConflict, "sqlite: " + what + " changed since it was read");
}

Result<Outcome> missing(const std::string& what) {
  return fail(ErrorCode::kInternal, "sqlite: " + what + " does not exist");
}

Result<Outcome> received(const std::string& event) {
  return fail(ErrorCode::kConflict, "sqlite: event " + event + " was received by another");
}

bool is_taken(int code) {
  return code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE;
}

}  // namespace

Result<Outcome> Applier::apply(const std::vector<Command>& commands) {
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto applied = std::visit([this](const auto& c) { return apply(c); }, commands[i]);
    if (applied && applied->committed()) continue;
    if (!applied) return applied;
    return known_or(applied, std::span(commands).subspan(i));
  }
  return Outcome::commit();
}

// The key of a request, and an event, go before every other refusal: whoever lost the race for the
// last unit against itself must hear of that, not that the goods are sold out. What this set wrote
// of them itself, before it was refused, was new.
Result<Outcome> Applier::known_or(const Result<Outcome>& refused, std::span<const Command> rest) {
  for (const auto& command : rest) {
    Result<bool> known = false;
    if (const auto* c = std::get_if<RecordRequest>(&command)) {
      known = exists(Query::kRequestByKey, c->record.key);
    } else if (const auto* charge = std::get_if<AddCharge>(&command)) {
      known = exists(Query::kChargeById, charge->charge.transaction_id);
    } else if (const auto* receive = std::get_if<ReceiveEvent>(&command)) {
      known = exists(Query::kInboxByEvent, receive->event);
      if (known && *known) return received(receive->event);
    }
    if (!known) return Unexpected(std::move(known.error()));
    if (*known) return Outcome::refuse(RefusalCode::kRequestInProgress);
  }
  return refused;
}

template <typename... Parameters>
Result<Outcome> Applier::write(Query query, const Parameters&... parameters) {
  const int code = connection_.write(query, parameters...);
  if (code != SQLITE_DONE) return Unexpected(connection_.error(code, query));
  return Outcome::commit();
}

template <typename Otherwise, typename... Parameters>
Result<Outcome> Applier::write_or(Otherwise otherwise, Query query,
                                  const Parameters&... parameters) {
  auto written = write(query, parameters...);
  if (written && connection_.changes() == 0) return otherwise();
  return written;
}

template <typename... Parameters>
Result<Outcome> Applier::insert_new(RefusalCode taken, Query query,
                                    const Parameters&... parameters) {
  const int code = connection_.write(query, parameters...);
  if (is_taken(code)) return Outcome::refuse(taken);
  if (code != SQLITE_DONE) return Unexpected(connection_.error(code, query));
  return Outcome::commit();
}

template <typename Key>
Result<bool> Applier::exists(Query query, const Key& key) {
  bool found = false;
  const int code = connection_.run(
      query, [&](SQLite::Statement&) { found = true; }, key);
  if (code != SQLITE_DONE) return Unexpected(connection_.error(code, query));
  return found;
}

Result<Outcome> Applier::apply(const CounterWrite& write) {
  const auto& queries = kCounterQueries[static_cast<std::size_t>(write.kind)];
  switch (write.form) {
    case WriteForm::kAtomic:
      return write_or([&] { return Outcome::refuse(refusal_of(write.kind)); }, queries.change,
                      write.id, write.change);
    case WriteForm::kVersioned:
      return write_or([&] { return conflict(describe(write)); }, queries.set_if_unchanged, write.id,
                      write.result, write.seen_version);
    case WriteForm::kReadThenWrite:
    case WriteForm::kLockedRead:
      break;
  }
  return write_or([&] { return missing(describe(write)); }, queries.set, write.id, write.result);
}

Result<Outcome> Applier::apply(const UseCoupon& use) {
  const auto what = [&] { return "the coupon of " + describe(use.user, use.coupon); };
  const auto user = value_of(use.user);
  const auto coupon = value_of(use.coupon);
  switch (use.form) {
    case WriteForm::kAtomic:
      return write_or([] { return Outcome::refuse(RefusalCode::kCouponNotUsable); },
                      Query::kUserCouponUse, user, coupon, use.used_by);
    case WriteForm::kVersioned:
      return write_or([&] { return conflict(what()); }, Query::kUserCouponUseIfUnchanged, user,
                      coupon, use.used_by, use.seen_version);
    case WriteForm::kReadThenWrite:
    case WriteForm::kLockedRead:
      break;
  }
  return write_or([&] { return missing(what()); }, Query::kUserCouponUseBlindly, user, coupon,
                  use.used_by);
}

Result<Outcome> Applier::apply(const GrantCoupon& grant) {
  const auto& row = grant.granted;
  const auto insert = [&](Query query, auto otherwise) {
    return write_or(otherwise, query, value_of(row.user), value_of(row.coupon),
                    static_cast<std::int64_t>(row.status), stored(row.issued_at), row.request_key,
                    row.used_by, row.version);
  };
  switch (grant.form) {
    case WriteForm::kAtomic:
      return insert(Query::kUserCouponInsertIfNone,
                    [] { return Outcome::refuse(RefusalCode::kCouponAlreadyIssued); });
    case WriteForm::kVersioned:
      return insert(Query::kUserCouponInsertIfNone,
                    [&] { return conflict("the coupon of " + describe(row.user, row.coupon)); });
    case WriteForm::kReadThenWrite:
    case WriteForm::kLockedRead:
      break;
  }
  return insert(Query::kUserCouponInsert, [] { return Outcome::commit(); });
}

Result<Outcome> Applier::apply(const AddCharge& add) {
  const auto& row = add.charge;
  return insert_new(RefusalCode::kRequestInProgress, Query::kChargeInsert, row.transaction_id,
                    value_of(row.user), row.amount.minor, stored(row.charged_at));
}

Result<Outcome> Applier::apply(const RecordRequest& request) {
  const auto& row = request.record;
  return insert_new(RefusalCode::kRequestInProgress, Query::kRequestInsert, row.key,
                    static_cast<std::int64_t>(row.fingerprint), static_cast<std::int64_t>(row.kind),
                    row.entity);
}

Result<Outcome> Applier::apply(const AddOrder& add) {
  const auto& order = add.order;
  std::optional<std::int64_t> coupon;
  if (order.coupon) coupon = value_of(*order.coupon);
  const int code = connection_.write(Query::kOrderInsert, order.id, value_of(order.user),
                                     static_cast<std::int64_t>(order.status), coupon,
                                     order.subtotal.minor, order.total.minor,
                                     stored(order.created_at), order.request_key, order.failure);
  if (is_taken(code)) {
    return fail(ErrorCode::kInternal, "sqlite: order " + to_string(order.id) + " exists already");
  }
  if (code != SQLITE_DONE) return Unexpected(connection_.error(code, Query::kOrderInsert));
  std::int64_t position = 0;
  for (const auto& item : order.items) {
    auto written = write(Query::kOrderItemInsert, order.id, position++, value_of(item.product),
                         item.quantity, item.unit_price.minor);
    if (!written) return written;
  }
  return Outcome::commit();
}

Result<Outcome> Applier::apply(const AddToCart& add) {
  auto made = write(Query::kCartInsert, value_of(add.user));
  if (!made) return made;
  std::int64_t cart = 0;
  const int code = connection_.run(
      Query::kCartIdByUser, [&](SQLite::Statement& row) { cart = integer(row, 0); },
      value_of(add.user));
  if (code != SQLITE_DONE) return Unexpected(connection_.error(code, Query::kCartIdByUser));
  const auto product = value_of(add.product);
  return write_or([&] { return write(Query::kCartItemInsert, cart, product, add.quantity); },
                  Query::kCartItemAdd, cart, product, add.quantity);
}

Result<Outcome> Applier::apply(const ClearCart& clear) {
  if (clear.form == WriteForm::kReadThenWrite || clear.form == WriteForm::kLockedRead) {
    return write(Query::kCartClear, value_of(clear.user));
  }
  const auto user = value_of(clear.user);
  for (const auto& line : clear.seen) {
    const auto product = value_of(line.product);
    const auto changed = [&]() -> Result<Outcome> {
      if (clear.form == WriteForm::kAtomic) return Outcome::refuse(RefusalCode::kCartEmpty);
      return conflict("the cart of user " + std::to_string(user));
    };
    // As a rule the line is as it was seen, and goes whole.
    auto taken = write_or(
        [&] { return write_or(changed, Query::kCartItemTake, user, product, line.quantity); },
        Query::kCartItemDelete, user, product, line.quantity);
    if (!taken || !taken->committed()) return taken;
  }
  return Outcome::commit();
}

Result<Outcome> Applier::apply(const Emit& emit) {
  const auto& event = emit.event;
  return write(Query::kOutboxInsert, event.id, event.topic, event.key, event.payload,
               event.correlation);
}

Result<Outcome> Applier::apply(const FinishOrder& finish) {
  const auto final_or_missing = [&]() -> Result<Outcome> {
    auto there = exists(Query::kOrderById, finish.order);
    if (!there) return Unexpected(std::move(there.error()));
    const auto what = "order " + to_string(finish.order);
    return *there ? conflict(what) : missing(what);
  };
  return write_or(final_or_missing, Query::kOrderFinish, finish.order,
                  static_cast<std::int64_t>(finish.status), finish.failure);
}

Result<Outcome> Applier::apply(const ReceiveEvent& receive) {
  return write_or([&] { return received(receive.event); }, Query::kInboxInsert, receive.event);
}

Result<Outcome> Applier::apply(const PutSagaStep& put) {
  const auto& step = put.step;
  const auto changed = [&] { return conflict("saga step '" + step.key + "'"); };
  const auto state = static_cast<std::int64_t>(step.state);
  if (step.version == 0) {
    return write_or(changed, Query::kSagaStepInsert, step.key, state, step.detail, stored(step.at));
  }
  return write_or(changed, Query::kSagaStepReplace, step.key, state, step.detail, stored(step.at),
                  step.version);
}

Result<Outcome> Applier::apply(const PutRelayCursor& put) {
  const auto& cursor = put.cursor;
  const auto changed = [] { return conflict("the relay's cursor"); };
  if (cursor.version == 0) {
    return write_or(changed, Query::kRelayCursorInsert, cursor.sequence, cursor.owner,
                    stored(cursor.owned_until));
  }
  return write_or(changed, Query::kRelayCursorReplace, cursor.sequence, cursor.owner,
                  stored(cursor.owned_until), cursor.version);
}

}  // namespace stampede::stores::sqlite
