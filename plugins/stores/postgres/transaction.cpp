#include "plugins/stores/postgres/transaction.hpp"

#include <algorithm>
#include <utility>

#include "plugins/stores/postgres/write_parameters.hpp"

namespace stampede::stores::postgres {

namespace {

bool needs_block(const Options& store, const TransactionOptions& options) {
  return store.isolation != Isolation::kReadCommitted || options.named_locks != nullptr ||
         options.user == WriteForm::kLockedRead || options.product == WriteForm::kLockedRead ||
         options.coupon == WriteForm::kLockedRead;
}

Query begin_of(Isolation isolation) {
  switch (isolation) {
    case Isolation::kSerializable:
      return Query::kBeginSerializable;
    case Isolation::kRepeatableRead:
      return Query::kBeginRepeatableRead;
    case Isolation::kReadCommitted:
      break;
  }
  return Query::kBeginReadCommitted;
}

// Of a write whose answer was lost: whether it was committed is not known.
Error in_doubt(Error error) {
  error.code = ErrorCode::kInDoubt;
  error.message += "; it may have been committed";
  return error;
}

}  // namespace

TransactionRun::TransactionRun(Connection& connection, const Options& store,
                               const TransactionOptions& options, Context& context)
    : connection_(connection),
      store_(store),
      options_(options),
      context_(context),
      in_block_(needs_block(store, options)) {}

TransactionRun::~TransactionRun() { roll_back(); }

Result<Outcome> TransactionRun::execute(Operation& operation) {
  if (auto begun = begin(); !begun) return Unexpected(std::move(begun.error()));
  if (auto locked = lock_names(); !locked) return Unexpected(std::move(locked.error()));
  if (auto read = read_ahead(operation); !read) return Unexpected(std::move(read.error()));
  Recorder recorder(*this, options_);
  auto outcome = operation.work(recorder);
  if (!outcome || !outcome->committed()) return outcome;
  // The work went on without what it could not read.
  if (failed_) return Unexpected(*std::move(failed_));
  return commit(recorder.take_commands());
}

Result<void> TransactionRun::begin() {
  if (!in_block_) return {};
  const PhaseTimer timer(context_.phases, Phase::kStore);
  if (auto begun = connection_.script(begin_of(store_.isolation)); !begun) {
    return unexpected(std::move(begun.error()));
  }
  begun_ = true;
  return {};
}

Result<void> TransactionRun::lock_names() {
  if (options_.named_locks == nullptr) return {};
  const PhaseTimer timer(context_.phases, Phase::kLock);
  Array kinds;
  Array ids;
  for (const auto& resource : options_.named_locks->resources()) {
    kinds.add(static_cast<std::int64_t>(resource.kind));
    ids.add(resource.id);
  }
  if (ids.empty()) return {};
  return each(connection_.run(Query::kLockNames, kinds, ids, time_left()), [](const auto&) {});
}

// An order that is known as data says what its work is about to read: one round trip instead of
// one for each row. Rows that are to be locked are left to their own reads.
Result<void> TransactionRun::read_ahead(Operation& operation) {
  if (options_.user == WriteForm::kLockedRead || options_.product == WriteForm::kLockedRead) {
    return {};
  }
  const auto* const placement = operation.placement();
  if (placement == nullptr) return {};
  const PhaseTimer timer(context_.phases, Phase::kStore);
  Ahead ahead{.user = placement->user, .key = placement->request_key};
  Array ids;
  for (const auto& item : placement->items) {
    ahead.asked.push_back(item.product);
    ids.add(value_of(item.product));
  }
  auto read = each(connection_.run(Query::kOrderRows, value_of(ahead.user), ahead.key, ids),
                   [&](const auto& row) {
                     if (!row[0].is_null())
                       ahead.wallet = {ahead.user, Money{integer(row, 0)}, integer(row, 1)};
                     if (!row[2].is_null()) {
                       ahead.record = {.key = ahead.key,
                                       .fingerprint = static_cast<std::uint64_t>(integer(row, 2)),
                                       .kind = static_cast<RequestRecord::Kind>(integer(row, 3)),
                                       .entity = text(row, 4)};
                     }
                     if (!row[5].is_null()) ahead.products.push_back(to_product(row, 5));
                   });
  if (read) ahead_ = std::move(ahead);
  return read;
}

Result<Outcome> TransactionRun::commit(std::vector<Command> commands) {
  if (!commands.empty() && Clock::now() >= context_.deadline) {
    return fail(ErrorCode::kTimeout, "postgres: the deadline passed before the writes were sent");
  }
  // Nothing was sent yet: better to know now than to be in doubt.
  if (!connection_.is_alive()) {
    connection_.break_off();
    return fail(ErrorCode::kUnavailable, "postgres: the connection was lost before the commit");
  }
  const PhaseTimer timer(context_.phases, Phase::kCommit);
  auto applied = commands.empty() ? Outcome::commit() : apply(std::move(commands));
  if (!applied || !applied->committed() || !in_block_) return applied;
  begun_ = false;
  auto committed = connection_.script(Query::kCommit);
  if (committed) return applied;
  auto error = std::move(committed.error().error);
  if (!connection_.is_broken()) return Unexpected(std::move(error));
  return Unexpected(in_doubt(std::move(error)));
}

Result<Outcome> TransactionRun::apply(std::vector<Command> commands) {
  const bool grants = std::ranges::any_of(
      commands, [](const auto& command) { return std::holds_alternative<GrantCoupon>(command); });
  const bool by_index =
      options_.user == WriteForm::kAtomic || options_.user == WriteForm::kVersioned;
  if (grants && by_index && !store_.index_user_coupons_user_coupon) {
    return fail(ErrorCode::kInvalid,
                "postgres: without the index user_coupons_user_coupon (option "
                "'indexes.user_coupons_user_coupon') only a lock keeps a coupon from being "
                "granted twice");
  }
  auto parameters = write_parameters(std::move(commands), options_, context_);
  if (!parameters) return Unexpected(std::move(parameters.error()));
  auto applied = connection_.run(Query::kApplyWrites, *parameters);
  if (applied) return Outcome::commit();
  auto& failure = applied.error();
  if (failure.refusal != RefusalCode::kNone) return Outcome::refuse(failure.refusal);
  // Outside a block the call commits by itself; inside one nothing is committed without COMMIT.
  if (connection_.is_broken() && !in_block_) return Unexpected(in_doubt(std::move(failure.error)));
  return unexpected(std::move(failure));
}

void TransactionRun::roll_back() {
  if (!std::exchange(begun_, false) || connection_.is_broken()) return;
  if (!connection_.script(Query::kRollback)) connection_.break_off();
}

template <typename Read>
auto TransactionRun::timed(Phase phase, Read read) {
  const PhaseTimer timer(context_.phases, phase);
  auto result = read();
  if (!result && !failed_) failed_ = result.error();
  return result;
}

std::string TransactionRun::time_left() const {
  return std::to_string(milliseconds_until(context_.deadline));
}

Result<std::optional<Product>> TransactionRun::product(ProductId id) {
  if (options_.product == WriteForm::kLockedRead) {
    return timed(Phase::kLock, [&] {
      return first_of(connection_.run(Query::kProductByIdLocked, value_of(id), time_left()),
                      to_product);
    });
  }
  if (ahead_ && std::ranges::find(ahead_->asked, id) != ahead_->asked.end()) {
    const auto found = std::ranges::find(ahead_->products, id, &Product::id);
    return found == ahead_->products.end() ? std::nullopt : std::optional(*found);
  }
  return timed(Phase::kStore, [&] {
    return first_of(connection_.run(Query::kProductById, value_of(id)), to_product);
  });
}

Result<std::optional<Wallet>> TransactionRun::wallet(UserId user) {
  if (options_.user == WriteForm::kLockedRead) {
    return timed(Phase::kLock, [&] {
      return first_of(connection_.run(Query::kWalletByUserLocked, value_of(user), time_left()),
                      to_wallet);
    });
  }
  if (ahead_ && ahead_->user == user) return ahead_->wallet;
  return timed(Phase::kStore, [&] {
    return first_of(connection_.run(Query::kWalletByUser, value_of(user)), to_wallet);
  });
}

Result<std::optional<Coupon>> TransactionRun::coupon(CouponId id) {
  if (options_.coupon == WriteForm::kLockedRead) {
    return timed(Phase::kLock, [&] {
      return first_of(connection_.run(Query::kCouponByIdLocked, value_of(id), time_left()),
                      to_coupon);
    });
  }
  return timed(Phase::kStore, [&] {
    return first_of(connection_.run(Query::kCouponById, value_of(id)), to_coupon);
  });
}

Result<std::optional<UserCoupon>> TransactionRun::user_coupon(UserId user, CouponId coupon) {
  if (options_.user == WriteForm::kLockedRead) {
    return timed(Phase::kLock, [&] {
      return first_of(
          connection_.run(Query::kUserCouponLocked, value_of(user), value_of(coupon), time_left()),
          to_user_coupon);
    });
  }
  return timed(Phase::kStore, [&] {
    return first_of(connection_.run(Query::kUserCoupon, value_of(user), value_of(coupon)),
                    to_user_coupon);
  });
}

Result<std::vector<CartLine>> TransactionRun::cart(UserId user) {
  if (options_.user == WriteForm::kLockedRead) {
    auto locked = timed(Phase::kLock, [&] {
      return each(connection_.run(Query::kCartByUserLocked, value_of(user), time_left()),
                  [](const auto&) {});
    });
    if (!locked) return Unexpected(std::move(locked.error()));
  }
  return timed(Phase::kStore, [&] {
    return all_of(connection_.run(Query::kCartByUser, value_of(user)), to_cart_line);
  });
}

Result<std::optional<Order>> TransactionRun::order(const OrderId& id) {
  return timed(Phase::kStore, [&] { return order_by_id(connection_, id); });
}

Result<std::optional<Charge>> TransactionRun::charge(std::string_view transaction_id) {
  return timed(Phase::kStore, [&] {
    return first_of(connection_.run(Query::kChargeById, transaction_id), to_charge);
  });
}

Result<std::optional<RequestRecord>> TransactionRun::request(std::string_view key) {
  if (ahead_ && ahead_->key == key) return ahead_->record;
  return timed(Phase::kStore,
               [&] { return first_of(connection_.run(Query::kRequestByKey, key), to_request); });
}

Result<std::optional<SagaStep>> TransactionRun::saga_step(std::string_view key) {
  return timed(Phase::kStore,
               [&] { return first_of(connection_.run(Query::kSagaStepByKey, key), to_saga_step); });
}

Result<std::optional<RelayCursor>> TransactionRun::relay_cursor() {
  return timed(Phase::kStore,
               [&] { return first_of(connection_.run(Query::kRelayCursor), to_relay_cursor); });
}

Result<bool> TransactionRun::received(std::string_view event) {
  return timed(Phase::kStore, [&]() -> Result<bool> {
    auto found = connection_.run(Query::kInboxByEvent, event);
    if (!found) return unexpected(std::move(found.error()));
    return !found->empty();
  });
}

}  // namespace stampede::stores::postgres
