#include "plugins/stores/postgres/batch.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "plugins/stores/postgres/rows.hpp"
#include "plugins/stores/postgres/write_parameters.hpp"

namespace stampede::stores::postgres {

namespace {

// Outcomes of place_orders() that are no RefusalCode.
constexpr std::int64_t kTooExpensive = 254;
constexpr std::int64_t kTaken = 255;

// How often a batch is called that another one got in the way of.
constexpr int kMostCalls = 3;

Parameters parameters_of(std::span<Placement* const> placements, const Context& context) {
  Array ids, users, keys, fingerprints, times, paid, events, correlations;
  Array owners, positions, products, quantities;
  std::int64_t owner = 0;
  for (const auto* placement : placements) {
    ++owner;
    ids.add(placement->order);
    users.add(value_of(placement->user));
    keys.add(std::string_view(placement->request_key));
    fingerprints.add(static_cast<std::int64_t>(placement->fingerprint));
    times.add(stored(placement->now));
    std::optional<std::int64_t> amount;
    if (placement->paid) amount = placement->paid->minor;
    paid.add(amount);
    events.add(std::string_view(to_string(placement->event)));
    correlations.add(std::string_view(placement->correlation));
    std::int64_t position = 0;
    for (const auto& item : placement->items) {
      owners.add(owner);
      positions.add(position++);
      products.add(value_of(item.product));
      quantities.add(item.quantity);
    }
  }
  const FenceArrays fences(context.fences);
  return Parameters(milliseconds_until(context.deadline), fences.kinds, fences.ids, fences.tokens,
                    ids, users, keys, fingerprints, times, paid, events, correlations, owners,
                    positions, products, quantities);
}

// The order as place_orders() stored it.
Order placed_order(const Placement& placement, std::int64_t total,
                   std::span<const std::int64_t> prices) {
  Order order{.id = placement.order,
              .user = placement.user,
              .status = Order::Status::kCompleted,
              .items = {},
              .coupon = std::nullopt,
              .subtotal = Money{total},
              .total = Money{total},
              .created_at = placement.now,
              .request_key = placement.request_key};
  for (std::size_t i = 0; i < placement.items.size(); ++i) {
    const auto& item = placement.items[i];
    order.items.push_back({item.product, item.quantity, Money{prices[i]}});
  }
  return order;
}

Result<Outcome> answer_of(std::int64_t outcome, const Placement& placement) {
  if (outcome == kTaken) {
    return fail(ErrorCode::kConflict, "postgres: the key or the id of order " +
                                          to_string(placement.order) + " is stored already");
  }
  if (outcome == kTooExpensive) {
    return fail(ErrorCode::kInvalid, "the order of user " +
                                         std::to_string(value_of(placement.user)) +
                                         " costs more than 64 bits of minor units can hold");
  }
  if (outcome == 0) return Outcome::commit();
  return Outcome::refuse(static_cast<RefusalCode>(outcome));
}

std::vector<Result<Outcome>> answers_of(const pqxx::row& row,
                                        std::span<Placement* const> placements) {
  const auto outcomes = integers(row, 0);
  const auto totals = integers(row, 1);
  const auto prices = integers(row, 2);
  std::vector<Result<Outcome>> answers;
  std::span<const std::int64_t> rest = prices;
  for (std::size_t i = 0; i < placements.size(); ++i) {
    auto& placement = *placements[i];
    answers.push_back(answer_of(outcomes.at(i), placement));
    if (outcomes[i] == 0) placement.placed = placed_order(placement, totals.at(i), rest);
    rest = rest.subspan(placement.items.size());
  }
  return answers;
}

}  // namespace

std::vector<Result<Outcome>> place_batch(Connection& connection,
                                         std::span<Placement* const> placements,
                                         const Context& context) {
  const auto parameters = parameters_of(placements, context);
  for (int call = 1;; ++call) {
    auto placed = connection.run(Query::kPlaceOrders, parameters);
    if (placed) return answers_of((*placed)[0], placements);
    auto error = std::move(placed.error().error);
    if (connection.is_broken()) {
      error = {ErrorCode::kInDoubt, error.message + "; it may have been committed"};
    } else if (error.code == ErrorCode::kConflict && call < kMostCalls) {
      continue;
    }
    return {placements.size(), Result<Outcome>(Unexpected(std::move(error)))};
  }
}

}  // namespace stampede::stores::postgres
