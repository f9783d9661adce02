#include "plugins/stores/postgres/write_parameters.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace stampede::stores::postgres {

namespace {

// The modes of apply_writes(). After a locked read a blind write is right.
int mode_of(WriteForm form) {
  switch (form) {
    case WriteForm::kAtomic:
      return 0;
    case WriteForm::kVersioned:
      return 2;
    case WriteForm::kReadThenWrite:
    case WriteForm::kLockedRead:
      break;
  }
  return 1;
}

std::int64_t stored(TimePoint time) { return time.time_since_epoch().count(); }

// What two transactions may both want to write is written in one order by both.
std::pair<std::int64_t, std::int64_t> place_of(const Command& command) {
  if (const auto* c = std::get_if<CounterWrite>(&command)) return {c->id, 0};
  if (const auto* c = std::get_if<UseCoupon>(&command)) {
    return {value_of(c->user), value_of(c->coupon)};
  }
  if (const auto* c = std::get_if<GrantCoupon>(&command)) {
    return {value_of(c->granted.user), value_of(c->granted.coupon)};
  }
  if (const auto* c = std::get_if<AddToCart>(&command)) {
    return {value_of(c->user), value_of(c->product)};
  }
  return {0, 0};
}

std::string_view key_of(const Command& command) {
  if (const auto* request = std::get_if<RecordRequest>(&command)) return request->record.key;
  if (const auto* charge = std::get_if<AddCharge>(&command)) return charge->charge.transaction_id;
  if (const auto* receive = std::get_if<ReceiveEvent>(&command)) return receive->event;
  if (const auto* put = std::get_if<PutSagaStep>(&command)) return put->step.key;
  if (const auto* finish = std::get_if<FinishOrder>(&command)) {
    const auto& bytes = finish->order.bytes;
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  return {};
}

bool comes_before(const Command& a, const Command& b) {
  if (a.index() != b.index()) return a.index() < b.index();
  const auto place_a = place_of(a);
  const auto place_b = place_of(b);
  return place_a != place_b ? place_a < place_b : key_of(a) < key_of(b);
}

struct Counters {
  void add(const CounterWrite& write) {
    ids.add(write.id);
    changes.add(write.change);
    results.add(write.result);
    versions.add(write.seen_version);
  }
  void append_to(Parameters& parameters) const {
    for (const auto* array : {&ids, &changes, &results, &versions}) parameters.add(*array);
  }
  Array ids, changes, results, versions;
};

// One member for each array of apply_writes(), filled command by command.
class Collector {
 public:
  explicit Collector(const std::vector<Command>& commands) {
    for (const auto& command : commands) {
      std::visit([this](const auto& c) { add(c); }, command);
    }
    for (const auto& command : commands) {
      if (const auto* emit = std::get_if<Emit>(&command)) add_shared_key(emit->event.key);
    }
  }

  bool clears_two_carts() const { return clears_two_carts_; }

  void append_to(Parameters& parameters) const {
    parameters.add(shared_event_keys_);
    parameters.add(received_);
    append(parameters, request_);
    append(parameters, charge_);
    counters_[1].append_to(parameters);
    append(parameters, use_);
    append(parameters, grant_);
    append(parameters, added_);
    parameters.add(cleared_user_);
    parameters.add(cleared_products_);
    parameters.add(cleared_quantities_);
    append(parameters, order_);
    append(parameters, item_);
    append(parameters, finish_);
    append(parameters, step_);
    append_cursor_to(parameters);
    append(parameters, event_);
    counters_[2].append_to(parameters);
    counters_[0].append_to(parameters);
  }

 private:
  template <std::size_t kSize>
  static void append(Parameters& parameters, const std::array<Array, kSize>& arrays) {
    for (const auto& array : arrays) parameters.add(array);
  }

  void append_cursor_to(Parameters& parameters) const {
    std::optional<std::int64_t> sequence, until, version;
    std::optional<std::string> owner;
    if (cursor_) {
      sequence = cursor_->sequence;
      owner = cursor_->owner;
      until = stored(cursor_->owned_until);
      version = cursor_->version;
    }
    parameters.add(sequence);
    parameters.add(owner);
    parameters.add(until);
    parameters.add(version);
  }

  // One value for each array, in the order of apply_writes().
  template <std::size_t kSize, typename... Values>
  static void fill(std::array<Array, kSize>& arrays, const Values&... values) {
    static_assert(sizeof...(Values) == kSize);
    auto* array = arrays.data();
    ((array++)->add(values), ...);
  }

  void add(const CounterWrite& write) {
    counters_[static_cast<std::size_t>(write.kind)].add(write);
  }
  void add(const UseCoupon& use) {
    fill(use_, value_of(use.user), value_of(use.coupon), use.used_by, use.seen_version);
  }
  void add(const GrantCoupon& grant) {
    const auto& row = grant.granted;
    fill(grant_, value_of(row.user), value_of(row.coupon), static_cast<std::int64_t>(row.status),
         stored(row.issued_at), std::string_view(row.request_key), row.used_by, row.version);
  }
  void add(const AddCharge& add) {
    const auto& row = add.charge;
    fill(charge_, std::string_view(row.transaction_id), value_of(row.user), row.amount.minor,
         stored(row.charged_at));
  }
  void add(const RecordRequest& request) {
    const auto& row = request.record;
    fill(request_, std::string_view(row.key), static_cast<std::int64_t>(row.fingerprint),
         static_cast<std::int64_t>(row.kind), std::string_view(row.entity));
  }
  void add(const AddOrder& add) {
    const auto& row = add.order;
    std::optional<std::int64_t> coupon;
    if (row.coupon) coupon = value_of(*row.coupon);
    fill(order_, row.id, value_of(row.user), static_cast<std::int64_t>(row.status), coupon,
         row.subtotal.minor, row.total.minor, stored(row.created_at),
         std::string_view(row.request_key), std::string_view(row.failure));
    std::int64_t position = 0;
    for (const auto& item : row.items) {
      fill(item_, row.id, position++, value_of(item.product), item.quantity, item.unit_price.minor);
    }
    own_keys_.push_back(to_string(row.id));
  }
  void add(const AddToCart& add) {
    fill(added_, value_of(add.user), value_of(add.product), add.quantity);
  }
  void add(const ClearCart& clear) {
    const auto user = value_of(clear.user);
    clears_two_carts_ = clears_two_carts_ || cleared_user_.value_or(user) != user;
    cleared_user_ = user;
    for (const auto& line : clear.seen) {
      cleared_products_.add(value_of(line.product));
      cleared_quantities_.add(line.quantity);
    }
  }
  void add(const Emit& emit) {
    const auto& event = emit.event;
    fill(event_, std::string_view(event.id), std::string_view(event.topic),
         std::string_view(event.key), std::string_view(event.payload),
         std::string_view(event.correlation));
  }
  void add(const FinishOrder& finish) {
    fill(finish_, finish.order, static_cast<std::int64_t>(finish.status),
         std::string_view(finish.failure));
  }
  void add(const ReceiveEvent& receive) { received_.add(std::string_view(receive.event)); }
  void add(const PutSagaStep& put) {
    const auto& step = put.step;
    fill(step_, std::string_view(step.key), static_cast<std::int64_t>(step.state),
         std::string_view(step.detail), stored(step.at), step.version);
  }
  void add(const PutRelayCursor& put) { cursor_ = put.cursor; }
  // Nobody else writes events of an order that is only made here.
  void add_shared_key(const std::string& key) {
    if (std::ranges::find(own_keys_, key) == own_keys_.end()) {
      shared_event_keys_.add(std::string_view(key));
    }
  }

  std::array<Array, 4> request_, charge_, use_;
  std::array<Array, 7> grant_;
  std::array<Array, 3> added_, finish_;
  std::array<Array, 9> order_;
  std::array<Array, 5> item_, step_, event_;
  std::array<Counters, 3> counters_;
  std::optional<std::int64_t> cleared_user_;
  Array cleared_products_, cleared_quantities_;
  Array shared_event_keys_, received_;
  std::optional<RelayCursor> cursor_;
  std::vector<std::string> own_keys_;
  bool clears_two_carts_ = false;
};

}  // namespace

std::int64_t milliseconds_until(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  // The most that the server takes for a timeout.
  return std::clamp<std::int64_t>(left.count(), 1, std::numeric_limits<std::int32_t>::max());
}

FenceArrays::FenceArrays(std::span<const Fence> fences) {
  std::vector<Fence> sorted(fences.begin(), fences.end());
  std::ranges::sort(sorted, {}, &Fence::resource);
  for (const auto& fence : sorted) {
    kinds.add(static_cast<std::int64_t>(fence.resource.kind));
    ids.add(fence.resource.id);
    tokens.add(fence.token);
  }
}

Result<Parameters> write_parameters(std::vector<Command> commands,
                                    const TransactionOptions& options, const Context& context) {
  std::ranges::stable_sort(commands, comes_before);
  const Collector collector(commands);
  if (collector.clears_two_carts()) {
    return fail(ErrorCode::kInvalid, "postgres: a transaction empties the carts of two users");
  }
  const FenceArrays fences(context.fences);
  Parameters parameters(milliseconds_until(context.deadline), mode_of(options.user),
                        mode_of(options.coupon), mode_of(options.product), fences.kinds, fences.ids,
                        fences.tokens);
  collector.append_to(parameters);
  return parameters;
}

}  // namespace stampede::stores::postgres
