// What stores promise that can place many orders in one call, or tell the newest holder of a lock.

#include <array>
#include <vector>

#include "experiments/check/store_checks.hpp"
#include "experiments/check/store_trial.hpp"

namespace stampede::check {
namespace {

Placement placement(std::uint64_t number, UserId user, std::vector<CartLine> items) {
  return {.order = order_id(number),
          .user = user,
          .items = std::move(items),
          .request_key = "",
          .now = at(1000),
          .paid = std::nullopt,
          .event = order_id(1000 + number),
          .correlation = "check"};
}

bool can_place(StoreTrial& trial) {
  return trial.applies(trial.store().batches() != nullptr, "the store places no batches");
}
bool can_fence(StoreTrial& trial) {
  return trial.applies(trial.store().fences() != nullptr, "the store issues no fences");
}

std::vector<Result<Outcome>> place(StoreTrial& trial, std::vector<Placement>& placements) {
  std::vector<Placement*> each;
  for (auto& one : placements) each.push_back(&one);
  Phases phases;
  Context context{.deadline = Clock::now() + kPatience, .phases = phases};
  return trial.store().batches()->place(each, context);
}

void a_batch_decides_each_placement_on_its_own(StoreTrial& trial) {
  if (!can_place(trial)) return;
  trial.seed();
  std::vector<Placement> placements{placement(1, UserId{1}, {{ProductId{1}, 6}}),
                                    placement(2, UserId{2}, {{ProductId{1}, 6}}),
                                    placement(3, UserId{1}, {{ProductId{2}, 5}}),
                                    placement(4, UserId{3}, {{ProductId{1}, 4}, {ProductId{3}, 1}}),
                                    placement(5, UserId{99}, {{ProductId{4}, 1}})};
  const auto results = place(trial, placements);
  REQUIRE_EQ(results.size(), placements.size());
  CHECK_EQ(show(results[0]), "committed");
  CHECK_EQ(show(results[1]), "refused, too little stock");
  CHECK_EQ(show(results[2]), "refused, too little balance");
  CHECK_EQ(show(results[3]), "committed");
  CHECK_EQ(show(results[4]), "refused, no such user");
  CHECK_EQ(trial.stock(1), 0);
  CHECK_EQ(trial.stock(2), 10);
  CHECK_EQ(trial.stock(3), 9);
  CHECK_EQ(trial.balance(1), 400);
  CHECK_EQ(trial.balance(3), 498);
  CHECK_EQ(trial.view()->orders({}, {0, 10})->total, 2);
  CHECK_EQ(trial.view()->outbox_after(0, 10)->size(), 2);
  REQUIRE_TRUE(placements[0].placed);
  CHECK_EQ(placements[0].placed->total, Money{600});
  CHECK_FALSE(placements[1].placed);
}

void a_stale_fence_is_refused_and_changes_nothing(StoreTrial& trial) {
  if (!can_fence(trial)) return;
  trial.seed();
  const std::array<Resource, 1> user{Resource{Resource::Kind::kUser, 1}};
  Phases phases;
  Context context{.deadline = Clock::now() + kPatience, .phases = phases};
  const auto stale = trial.store().fences()->issue(user, context);
  const auto newest = trial.store().fences()->issue(user, context);
  REQUIRE_TRUE(stale && stale->size() == 1);
  REQUIRE_TRUE(newest && newest->size() == 1);
  CHECK_TRUE(newest->front().token > stale->front().token);
  Work work([&](Transaction& t) -> Result<Outcome> {
    CHECK_TRUE(*t.debit(**t.wallet(UserId{1}), Money{100}));
    return Outcome::commit();
  });
  Context late{.deadline = context.deadline, .phases = phases, .fences = *stale};
  const auto refused = trial.store().transact({}, work, late);
  CHECK_TRUE(!refused && refused.error().code == ErrorCode::kLeaseLost);
  CHECK_EQ(trial.balance(1), 1000);
  Context current{.deadline = context.deadline, .phases = phases, .fences = *newest};
  const auto done = trial.store().transact({}, work, current);
  CHECK_TRUE(done && done->committed());
  CHECK_EQ(trial.balance(1), 900);
}

constexpr Check kChecks[] = {
    {"ABatchDecidesEachPlacementOnItsOwn", on_trial<a_batch_decides_each_placement_on_its_own>},
    {"AStaleFenceIsRefusedAndChangesNothing",
     on_trial<a_stale_fence_is_refused_and_changes_nothing>},
};

}  // namespace

std::span<const Check> store_power_checks() { return kChecks; }

}  // namespace stampede::check
