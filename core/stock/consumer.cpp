#include "core/stock/consumer.hpp"

#include <utility>

#include "core/saga/events.hpp"
#include "core/saga/refusals.hpp"

namespace stampede::stock {

Result<void> Consumer::handle(std::span<const Event> events, Deadline deadline) {
  const auto inside = parts_.epochs.enter();
  std::vector<SettledClaim> settled;
  Result<void> first_error;
  const auto keep = [&first_error](Error error) {
    if (first_error) first_error = Unexpected(std::move(error));
  };
  for (const auto& event : events) {
    const auto order = read(event);
    if (!order) continue;
    Phases phases;
    Context context{deadline, phases};
    auto final = place(*order, event.correlation, context);
    if (!final) {
      keep(std::move(final.error()));
      continue;
    }
    for (auto& claim : claims_of(*order)) {
      const auto how = settlement_of(claim, *final);
      if (how == Settlement::kReturned) parts_.counters.returned.fetch_add(1);
      settled.push_back({std::move(claim), how});
    }
  }
  if (settled.empty()) return first_error;
  if (auto done = parts_.gate.settle(settled, deadline); !done) keep(std::move(done.error()));
  return first_error;
}

std::optional<Order> Consumer::read(const Event& event) {
  auto fact = saga::read_order_fact(event);
  if (fact && !fact->request.empty()) {
    fact->order.request_key = std::move(fact->request);
    return std::move(fact->order);
  }
  parts_.counters.dead.fetch_add(1);
  parts_.log.event(telemetry::LogLevel::kError, "order_request_unreadable",
                   {{"id", event.id}, {"correlation", event.correlation}});
  parts_.bury(event);
  return std::nullopt;
}

Result<Order> Consumer::place(const Order& order, const std::string& correlation,
                              Context& context) {
  auto reply = parts_.inner.place_order(request_of(order, correlation), context);
  if (reply && reply->value) {
    const bool is_new = !reply->replayed && reply->value->status == Order::Status::kCompleted;
    if (is_new) parts_.counters.placed.fetch_add(1);
    return *std::move(reply->value);
  }
  // Another delivery of the same order is at work, here or elsewhere: what it did is known then.
  if (reply && reply->refusal == RefusalCode::kRequestInProgress) {
    return fail(ErrorCode::kConflict, "request " + order.request_key + " is being worked on");
  }
  // What is wrong with it stays wrong however often it is delivered.
  const bool is_invalid = !reply && reply.error().code == ErrorCode::kInvalid;
  if (!reply && !is_invalid) return Unexpected(std::move(reply.error()));
  const auto reason = is_invalid ? to_string(ErrorCode::kInvalid) : saga::reason_of(reply->refusal);
  auto failed = parts_.book.fail(order, reason, context);
  if (failed && failed->status == Order::Status::kFailed) parts_.counters.failed.fetch_add(1);
  return failed;
}

}  // namespace stampede::stock
