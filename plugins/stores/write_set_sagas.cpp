// The verbs of a Recorder that sagas are made of: orders that end later, events that arrive, steps
// that were done, and how far the outbox was published.

#include <string>
#include <utility>

#include "plugins/stores/write_set.hpp"

namespace stampede::stores {

namespace {

constexpr std::size_t kLongestKey = 120;

Unexpected another_version(const std::string& what) {
  return fail(ErrorCode::kConflict, what + " was changed by this transaction since it was read");
}

}  // namespace

Result<std::optional<Order>> Recorder::order(const OrderId& id) {
  const auto* added = own<AddOrder>([&](const auto& add) { return add.order.id == id; });
  if (added != nullptr) return added->order;
  auto read = rows_.order(id);
  if (!read) return read;
  auto& order = *read;
  const auto* finish = own<FinishOrder>([&](const auto& own) { return own.order == id; });
  if (order && finish != nullptr) {
    order->status = finish->status;
    order->failure = finish->failure;
  }
  return read;
}

Result<bool> Recorder::finish_order(const Order& seen, Order::Status status,
                                    std::string_view failure) {
  if (status == Order::Status::kPending) {
    return fail(ErrorCode::kInvalid,
                "order " + to_string(seen.id) + " cannot be finished as pending");
  }
  if (status == Order::Status::kCompleted && !failure.empty()) {
    return fail(ErrorCode::kInvalid, "order " + to_string(seen.id) +
                                         " cannot be completed with the failure '" +
                                         std::string(failure) + "'");
  }
  auto* added = own<AddOrder>([&](const auto& add) { return add.order.id == seen.id; });
  if (added != nullptr) {  // Nobody else can see it yet: it is simply added as final.
    if (added->order.status != Order::Status::kPending) return false;
    added->order.status = status;
    added->order.failure = failure;
    return true;
  }
  const auto* before = own<FinishOrder>([&](const auto& own) { return own.order == seen.id; });
  if (before != nullptr || seen.status != Order::Status::kPending) return false;
  commands_.emplace_back(FinishOrder{seen.id, status, std::string(failure)});
  return true;
}

Result<bool> Recorder::receive(std::string_view event) {
  if (event.empty()) {
    return fail(ErrorCode::kInvalid, "an event without an id cannot be received");
  }
  const auto* before = own<ReceiveEvent>([&](const auto& own) { return own.event == event; });
  if (before != nullptr) return false;
  auto known = rows_.received(event);
  if (!known) return known;
  if (*known) return false;
  commands_.emplace_back(ReceiveEvent{std::string(event)});
  return true;
}

Result<std::optional<SagaStep>> Recorder::saga_step(std::string_view key) {
  const auto* put = own<PutSagaStep>([&](const auto& own) { return own.step.key == key; });
  if (put == nullptr) return rows_.saga_step(key);
  auto step = put->step;
  ++step.version;
  return step;
}

Result<void> Recorder::put_saga_step(const SagaStep& step) {
  if (step.key.empty() || step.key.size() > kLongestKey) {
    return fail(ErrorCode::kInvalid, "the key of a saga step must have 1 to " +
                                         std::to_string(kLongestKey) + " bytes, not " +
                                         std::to_string(step.key.size()));
  }
  auto* before = own<PutSagaStep>([&](const auto& own) { return own.step.key == step.key; });
  if (before == nullptr) {
    commands_.emplace_back(PutSagaStep{step});
    return {};
  }
  const auto found = before->step.version;
  if (step.version != found + 1) return another_version("saga step '" + step.key + "'");
  before->step = step;
  before->step.version = found;  // One command, checked against the version that was read first.
  return {};
}

Result<std::optional<RelayCursor>> Recorder::relay_cursor() {
  const auto* put = own<PutRelayCursor>([](const auto&) { return true; });
  if (put == nullptr) return rows_.relay_cursor();
  auto cursor = put->cursor;
  ++cursor.version;
  return cursor;
}

Result<void> Recorder::put_relay_cursor(const RelayCursor& cursor) {
  auto* before = own<PutRelayCursor>([](const auto&) { return true; });
  if (before == nullptr) {
    commands_.emplace_back(PutRelayCursor{cursor});
    return {};
  }
  const auto found = before->cursor.version;
  if (cursor.version != found + 1) return another_version("the relay's cursor");
  before->cursor = cursor;
  before->cursor.version = found;
  return {};
}

}  // namespace stampede::stores
