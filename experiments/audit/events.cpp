#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/saga/events.hpp"
#include "experiments/audit/violations.hpp"

namespace stampede::audit {

namespace {

namespace topic = saga::topic;

// The steps of one order: how often each was told. A service tells a step in the transaction that
// handles the one before, so that a step which is missing is an event that was lost, and one that
// is there twice an event that was applied twice.
using Told = std::map<std::string_view, std::int64_t>;

std::int64_t times(const Told& told, std::string_view topic) {
  const auto found = told.find(topic);
  return found == told.end() ? 0 : found->second;
}

class Journey {
 public:
  Journey(const Order& order, const Told& told, Violations& violations)
      : order_(order), told_(told), violations_(violations) {}

  void check() {
    if (order_.status == Order::Status::kCompleted) return check_completed();
    if (order_.status == Order::Status::kFailed) return check_failed();
    at_most_once();
  }

 private:
  void check_completed() {
    expect(topic::kOrderPending, 1);
    expect(topic::kPaymentSuccessful, 1);
    expect(topic::kStockDecreased, 1);
    expect(topic::kOrderCompleted, 1);
    expect(topic::kCouponUsed, order_.coupon ? 1 : 0);
    for (const auto wrong :
         {topic::kPaymentFailed, topic::kStockDecreaseFailed, topic::kOrderFailed}) {
      expect(wrong, 0);
    }
  }

  // Where it failed decides which steps there are; a saga that timed out may have any of them.
  void check_failed() {
    // One that was given up before it was accepted has told nothing.
    const bool was_accepted = !order_.items.empty();
    expect(topic::kOrderPending, was_accepted ? 1 : 0);
    expect(topic::kOrderFailed, was_accepted ? 1 : 0);
    expect(topic::kOrderCompleted, 0);
    expect(topic::kCouponUsed, 0);
    at_most_once();
    check_either(topic::kPaymentSuccessful, topic::kPaymentFailed);
    check_either(topic::kStockDecreased, topic::kStockDecreaseFailed);
    const auto stock =
        times(told_, topic::kStockDecreased) + times(told_, topic::kStockDecreaseFailed);
    if (stock > 0 && times(told_, topic::kPaymentSuccessful) == 0) {
      say("took its stock step without a payment");
    }
  }

  void at_most_once() {
    for (const auto& [name, count] : told_) {
      if (count > 1) say(fmt::format("{} was told {} times", name, count));
    }
  }

  void check_either(std::string_view good, std::string_view bad) {
    if (times(told_, good) + times(told_, bad) > 1) {
      say(fmt::format("both {} and {} were told", good, bad));
    }
  }

  void expect(std::string_view name, std::int64_t count) {
    const auto found = times(told_, name);
    if (found == count || (found > 1 && order_.status == Order::Status::kFailed)) return;
    say(fmt::format("{} was told {} times, expected {}", name, found, count));
  }

  void say(const std::string& what) {
    violations_.add(fmt::format(
        "order {} ({}): {}", to_string(order_.id),
        order_.status == Order::Status::kCompleted ? "completed" : "not completed", what));
  }

  const Order& order_;
  const Told& told_;
  Violations& violations_;
};

// "ORDER_ID/TOPIC"; nothing for the events of coupons and charges, whose ids are their own.
std::string_view order_in(const ToldEvent& event) {
  const auto id = std::string_view(event.id);
  const auto slash = id.find('/');
  return slash == std::string_view::npos ? std::string_view() : id.substr(0, slash);
}

}  // namespace

Finding events(const Books& books) {
  const auto& state = books.final;
  Violations violations;
  if (!state.has_services) {
    return std::move(violations).finding("events", "nothing travels between services");
  }
  std::unordered_map<std::string_view, Told> by_order;
  std::int64_t of_orders = 0;
  for (const auto& event : state.events) {
    const auto order = order_in(event);
    if (order.empty()) continue;
    ++by_order[order][event.topic];
    ++of_orders;
  }
  const Told nothing;
  for (const auto& order : state.orders) {
    const auto name = to_string(order.id);
    const auto found = by_order.find(name);
    Journey(order, found == by_order.end() ? nothing : found->second, violations).check();
    if (found != by_order.end()) by_order.erase(found);
  }
  for (const auto& [order, told] : by_order) {
    violations.add(
        fmt::format("{} was told of order {}, which is not there", told.begin()->first, order));
  }
  if (state.dead_letters > 0) {
    violations.add(fmt::format("{} events were put aside{}{}", state.dead_letters,
                               state.last_dead_letter.empty() ? "" : ", the last by ",
                               state.last_dead_letter));
  }
  return std::move(violations)
      .finding("events", fmt::format("{} events of {} orders", of_orders, state.orders.size()));
}

}  // namespace stampede::audit
