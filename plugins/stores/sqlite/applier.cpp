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

bool is_taken(int code) {
  return code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE;
}

}  // namespace

Result<Outcome> Applier::apply(const std::vector<Command>& commands) {
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto applied = std::visit([this](const auto& c) { return apply(c); }, commands[i]);
    if (applied && applied->committed()) continue;
    if (!applied) return applied;
    // The key of a request goes before every other refusal: whoever lost the race for the last
    // unit against itself must hear of that, not that the goods are sold out. A key that this set
    // recorded itself, before it failed, was new.
    auto known = request_is_known(std::span(commands).subspan(i));
    if (!known) return Unexpected(std::move(known.error()));
    return *known ? Outcome::refuse(RefusalCode::kRequestInProgress) : applied;
  }
  return Outcome::commit();
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

Result<bool> Applier::exists(Query query, const std::string& key) {
  bool found = false;
  const int code = connection_.run(
      query, [&](SQLite::Statement&) { found = true; }, key);
  if (code != SQLITE_DONE) return Unexpected(connection_.error(code, query));
  return found;
}

Result<bool> Applier::request_is_known(std::span<const Command> commands) {
  for (const auto& command : commands) {
    Result<bool> known = false;
    if (const auto* c = std::get_if<RecordRequest>(&command)) {
      known = exists(Query::kRequestByKey, c->record.key);
    } else if (const auto* charge = std::get_if<AddCharge>(&command)) {
      known = exists(Query::kChargeById, charge->charge.transaction_id);
    }
    if (!known || *known) return known;
  }
  return false;
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
  const int code = connection_.write(
      Query::kOrderInsert, order.id, value_of(order.user), static_cast<std::int64_t>(order.status),
      coupon, order.subtotal.minor, order.total.minor, stored(order.created_at), order.request_key);
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

}  // namespace stampede::stores::sqlite
