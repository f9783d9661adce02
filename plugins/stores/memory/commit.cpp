// How the memory store commits: the stripes of all rows involved are locked, every condition is
// checked, and only then is anything changed, so that a refusal has nothing to undo.

#include <algorithm>
#include <limits>

#include "plugins/stores/memory/state.hpp"

namespace stampede::stores::memory {

namespace {

using Kind = CounterWrite::Kind;

Unexpected changed(const std::string& what) {
  return fail(ErrorCode::kConflict, what + " changed since it was read");
}

Unexpected missing(const std::string& what) {
  return fail(ErrorCode::kInternal, what + " does not exist");
}

// The stripes that a command reads or writes.
struct Involved {
  StripeSet& set;

  void operator()(const CounterWrite& c) const {
    set.set(c.kind == Kind::kStock     ? State::stripe_of(ProductId{c.id})
            : c.kind == Kind::kBalance ? State::stripe_of(UserId{c.id})
                                       : State::stripe_of(CouponId{c.id}));
  }
  void operator()(const UseCoupon& c) const { set.set(State::stripe_of(c.user)); }
  void operator()(const GrantCoupon& c) const {
    set.set(State::stripe_of(c.granted.user));
    set.set(State::stripe_of(c.granted.coupon));
  }
  void operator()(const AddCharge& c) const { set.set(State::stripe_of(c.charge.transaction_id)); }
  void operator()(const RecordRequest& c) const { set.set(State::stripe_of(c.record.key)); }
  void operator()(const AddOrder& c) const {
    set.set(State::stripe_of(c.order.id));
    set.set(State::stripe_of(c.order.user));
  }
  void operator()(const AddToCart& c) const { set.set(State::stripe_of(c.user)); }
  void operator()(const ClearCart& c) const { set.set(State::stripe_of(c.user)); }
  void operator()(const Emit&) const {}
  void operator()(const FinishOrder& c) const { set.set(State::stripe_of(c.order)); }
  void operator()(const ReceiveEvent& c) const { set.set(State::stripe_of(c.event)); }
  void operator()(const PutSagaStep& c) const { set.set(State::stripe_of(c.step.key)); }
  void operator()(const PutRelayCursor&) const { set.set(State::kCursorStripe); }
};

// A counter row: what it holds, its version and the bounds it must keep.
struct Counter {
  std::int64_t* value = nullptr;
  std::int64_t* version = nullptr;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

Counter find(State& state, const CounterWrite& write) {
  switch (write.kind) {
    case Kind::kStock:
      if (auto* row = state.product(ProductId{write.id})) return {&row->stock, &row->version};
      break;
    case Kind::kBalance:
      if (auto* row = state.wallet(UserId{write.id})) return {&row->balance.minor, &row->version};
      break;
    case Kind::kIssued:
      if (auto* row = state.coupon(CouponId{write.id})) {
        return {&row->issued, &row->version, row->total};
      }
      break;
  }
  return {};
}

}  // namespace

class Committer {
 public:
  explicit Committer(State& state) : state_(state) {}

  Result<Outcome> check(const std::vector<Command>& commands, std::span<const Fence> fences) {
    for (const auto& fence : fences) {
      auto checked = check(fence);
      if (!checked) return checked;
    }
    // The key of a request, and an event, go before everything else: whoever lost the race for the
    // last unit against itself must hear of that, not that the goods are sold out.
    for (const auto& command : commands) {
      if (known(command)) return Outcome::refuse(RefusalCode::kRequestInProgress);
      if (const auto* c = std::get_if<ReceiveEvent>(&command); c != nullptr && received(*c)) {
        return fail(ErrorCode::kConflict, "event " + c->event + " was received by another");
      }
    }
    for (const auto& command : commands) {
      auto checked = std::visit([this](const auto& c) { return check(c); }, command);
      if (!checked || !checked->committed()) return checked;
    }
    return Outcome::commit();
  }

  void apply(std::vector<Command>& commands) {
    for (auto& command : commands) {
      std::visit([this](auto& c) { apply(c); }, command);
    }
    if (events_.empty()) return;
    const std::lock_guard guard(state_.outbox_mutex_);
    std::ranges::move(events_, std::back_inserter(state_.outbox_));
  }

 private:
  bool known(const Command& command) {
    if (const auto* c = std::get_if<RecordRequest>(&command)) {
      return stripe(c->record.key).requests.contains(c->record.key);
    }
    if (const auto* c = std::get_if<AddCharge>(&command)) {
      return stripe(c->charge.transaction_id).charges.contains(c->charge.transaction_id);
    }
    return false;
  }

  bool received(const ReceiveEvent& c) { return stripe(c.event).received.contains(c.event); }

  Result<Outcome> check(const Fence& fence) {
    const auto& newest = state_.stripe(State::stripe_of(fence.resource)).newest_fences;
    const auto found = newest.find(fence.resource);
    if (found != newest.end() && found->second == fence.token) return Outcome::commit();
    return fail(ErrorCode::kLeaseLost, "the lock on " + describe(fence.resource) +
                                           " passed to another holder before the commit");
  }

  Result<Outcome> check(const CounterWrite& write) {
    const auto row = find(state_, write);
    if (row.value == nullptr) return missing(describe(write));
    if (write.form == WriteForm::kVersioned && *row.version != write.seen_version) {
      return changed(describe(write));
    }
    if (write.form != WriteForm::kAtomic) return Outcome::commit();
    std::int64_t result = 0;
    if (__builtin_add_overflow(*row.value, write.change, &result)) {
      return fail(ErrorCode::kInvalid, describe(write) + " would pass the largest number there is");
    }
    const bool passes_bound = write.change < 0 ? result < 0 : result > row.most;
    return passes_bound ? Outcome::refuse(refusal_of(write.kind)) : Outcome::commit();
  }

  Result<Outcome> check(const UseCoupon& use) {
    const auto* row = state_.user_coupon(use.user, use.coupon);
    if (row == nullptr) return missing("the coupon of " + describe(use.user, use.coupon));
    if (use.form == WriteForm::kVersioned && row->version != use.seen_version) {
      return changed("the coupon of " + describe(use.user, use.coupon));
    }
    if (use.form == WriteForm::kAtomic && row->status == UserCoupon::Status::kUsed) {
      return Outcome::refuse(RefusalCode::kCouponNotUsable);
    }
    return Outcome::commit();
  }

  Result<Outcome> check(const GrantCoupon& grant) {
    const auto& [user, coupon] = std::tie(grant.granted.user, grant.granted.coupon);
    if (grant.form == WriteForm::kReadThenWrite || state_.user_coupon(user, coupon) == nullptr) {
      return Outcome::commit();
    }
    if (grant.form == WriteForm::kVersioned) {
      return changed("the coupon of " + describe(user, coupon));
    }
    return Outcome::refuse(RefusalCode::kCouponAlreadyIssued);
  }

  Result<Outcome> check(const AddOrder& add) {
    if (state_.order(add.order.id) == nullptr) return Outcome::commit();
    return fail(ErrorCode::kInternal, "order " + to_string(add.order.id) + " exists already");
  }

  Result<Outcome> check(const AddToCart& add) {
    auto* held = state_.holdings(add.user);
    if (held == nullptr) return Outcome::commit();
    const auto line = std::ranges::find(held->cart, add.product, &CartLine::product);
    std::int64_t sum = 0;
    if (line == held->cart.end() || !__builtin_add_overflow(line->quantity, add.quantity, &sum)) {
      return Outcome::commit();
    }
    return fail(ErrorCode::kInvalid, "the cart of user " + std::to_string(value_of(add.user)) +
                                         " would pass the largest number there is");
  }

  Result<Outcome> check(const ClearCart& clear) {
    if (clear.form == WriteForm::kReadThenWrite) return Outcome::commit();
    const auto* held = state_.holdings(clear.user);
    const auto is_there = [&](const CartLine& seen) {
      if (held == nullptr) return false;
      const auto line = std::ranges::find(held->cart, seen.product, &CartLine::product);
      return line != held->cart.end() && line->quantity >= seen.quantity;
    };
    if (std::ranges::all_of(clear.seen, is_there)) return Outcome::commit();
    if (clear.form == WriteForm::kVersioned) {
      return changed("the cart of user " + std::to_string(value_of(clear.user)));
    }
    return Outcome::refuse(RefusalCode::kCartEmpty);
  }

  Result<Outcome> check(const FinishOrder& finish) {
    const auto* row = state_.order(finish.order);
    if (row == nullptr) return missing("order " + to_string(finish.order));
    if (row->status == Order::Status::kPending) return Outcome::commit();
    return changed("order " + to_string(finish.order));
  }

  Result<Outcome> check(const PutSagaStep& put) {
    const auto* row = state_.saga_step(put.step.key);
    if (put.step.version == (row == nullptr ? 0 : row->version)) return Outcome::commit();
    return changed("saga step '" + put.step.key + "'");
  }

  Result<Outcome> check(const PutRelayCursor& put) {
    const auto& row = state_.relay_cursor();
    if (put.cursor.version == (row ? row->version : 0)) return Outcome::commit();
    return changed("the relay's cursor");
  }

  template <typename Infallible>
  Result<Outcome> check(const Infallible&) {
    return Outcome::commit();
  }

  void apply(const CounterWrite& write) {
    const auto row = find(state_, write);
    if (row.value == nullptr) return;  // check() has seen it.
    *row.value = write.form == WriteForm::kAtomic ? *row.value + write.change : write.result;
    ++*row.version;
  }

  void apply(const UseCoupon& use) {
    auto* row = state_.user_coupon(use.user, use.coupon);
    row->status = UserCoupon::Status::kUsed;
    row->used_by = use.used_by;
    ++row->version;
  }

  void apply(GrantCoupon& grant) {
    const auto [user, coupon] = std::pair(grant.granted.user, grant.granted.coupon);
    held_by(user).coupons.push_back(std::move(grant.granted));
    state_.stripe(State::stripe_of(coupon)).holders.emplace(coupon, user);
  }

  void apply(AddCharge& add) {
    auto key = add.charge.transaction_id;
    stripe(key).charges.emplace(std::move(key), std::move(add.charge));
  }

  void apply(RecordRequest& request) {
    auto key = request.record.key;
    stripe(key).requests.emplace(std::move(key), std::move(request.record));
  }

  void apply(AddOrder& add) {
    const auto id = add.order.id;
    held_by(add.order.user).orders.push_back(id);
    state_.stripe(State::stripe_of(id)).orders.emplace(id, std::move(add.order));
  }

  void apply(const AddToCart& add) {
    auto& cart = held_by(add.user).cart;
    const auto at = std::ranges::lower_bound(cart, add.product, {}, &CartLine::product);
    if (at != cart.end() && at->product == add.product) {
      at->quantity += add.quantity;
    } else {
      cart.insert(at, CartLine{add.product, add.quantity});
    }
  }

  void apply(const ClearCart& clear) {
    auto* held = state_.holdings(clear.user);
    if (held == nullptr) return;
    if (clear.form == WriteForm::kReadThenWrite) return held->cart.clear();
    for (const auto& seen : clear.seen) {
      std::ranges::find(held->cart, seen.product, &CartLine::product)->quantity -= seen.quantity;
    }
    std::erase_if(held->cart, [](const CartLine& line) { return line.quantity == 0; });
  }

  void apply(FinishOrder& finish) {
    auto* row = state_.order(finish.order);
    row->status = finish.status;
    row->failure = std::move(finish.failure);
  }

  void apply(ReceiveEvent& receive) {
    auto& received = stripe(receive.event).received;
    received.insert(std::move(receive.event));
  }

  void apply(PutSagaStep& put) {
    auto& steps = stripe(put.step.key).saga_steps;
    ++put.step.version;
    steps.put(std::move(put.step));
  }

  void apply(PutRelayCursor& put) {
    ++put.cursor.version;
    state_.relay_cursor() = std::move(put.cursor);
  }

  void apply(Emit& emit) { events_.push_back(std::move(emit.event)); }

  Stripe& stripe(std::string_view key) { return state_.stripe(State::stripe_of(key)); }
  Holdings& held_by(UserId user) {
    return state_.stripe(State::stripe_of(user)).holdings[value_of(user)];
  }

  State& state_;
  std::vector<Event> events_;
};

Result<Outcome> State::commit(std::vector<Command> commands, std::span<const Fence> fences) {
  StripeSet involved;
  for (const auto& fence : fences) involved.set(stripe_of(fence.resource));
  for (const auto& command : commands) std::visit(Involved{involved}, command);
  const Guard guard(*this, involved);
  Committer committer(*this);
  auto outcome = committer.check(commands, fences);
  const auto counted = !outcome               ? Counted::kConflict
                       : outcome->committed() ? Counted::kCommit
                                              : Counted::kRefusal;
  for (std::size_t i = 0; i < kStripes; ++i) {
    if (!involved[i]) continue;
    ++stripes_[i].counted[static_cast<std::size_t>(counted)];
    break;
  }
  if (outcome && outcome->committed()) committer.apply(commands);
  return outcome;
}

}  // namespace stampede::stores::memory
