// FenceStore: whoever carries a fence that is not the newest of its resource commits nothing, and
// a new one is handed out only when no older holder can still commit.

#include <atomic>
#include <functional>
#include <future>
#include <span>
#include <thread>
#include <vector>

#include "experiments/check/store_checks.hpp"
#include "experiments/check/store_trial.hpp"

namespace stampede::check {
namespace {

constexpr Resource kUser{Resource::Kind::kUser, 1};
constexpr Resource kOtherUser{Resource::Kind::kUser, 2};
constexpr Resource kProduct{Resource::Kind::kProduct, 1};
constexpr Resource kCoupon{Resource::Kind::kCoupon, 1};
constexpr auto kBlindly = TransactionOptions::all(WriteForm::kReadThenWrite);

// A seeded store that issues fences, if it does; else the check does not apply.
bool begins(StoreTrial& trial) {
  if (!trial.applies(trial.store().fences() != nullptr, "the store issues no fences")) return false;
  trial.seed();
  return trial.applies(trial.store().supports(kBlindly), "the store does not write blindly");
}

std::vector<Fence> issue(StoreTrial& trial, const std::vector<Resource>& resources) {
  Phases phases;
  Context context{Clock::now() + kPatience, phases};
  auto issued = trial.store().fences()->issue(resources, context);
  REQUIRE_TRUE(issued);
  return std::move(*issued);
}

// Adds one to the balance of user 1, blindly.
Result<Outcome> deposit(
    StoreTrial& trial, std::span<const Fence> fences,
    const std::function<void()>& between = [] {}) {
  Work operation([&](Transaction& t) -> Result<Outcome> {
    const auto wallet = t.wallet(UserId{1});
    if (!wallet) return Unexpected(wallet.error());
    between();
    const auto written = t.credit(**wallet, Money{1});
    if (!written) return Unexpected(written.error());
    return Outcome::commit();
  });
  Phases phases;
  Context context{Clock::now() + kPatience, phases, fences};
  return trial.store().transact(kBlindly, operation, context);
}

bool is_lost(const Result<Outcome>& outcome) {
  return !outcome && outcome.error().code == ErrorCode::kLeaseLost;
}

void fences_rise_and_come_in_the_order_asked_for(StoreTrial& trial) {
  if (!begins(trial)) return;
  const auto first = issue(trial, {kUser, kProduct, kCoupon});
  const auto second = issue(trial, {kCoupon, kUser});
  REQUIRE_EQ(first.size(), 3U);
  REQUIRE_EQ(second.size(), 2U);
  CHECK_TRUE(second[0].resource == kCoupon);
  CHECK_TRUE(second[1].resource == kUser);
  CHECK_TRUE(second[0].token > first[2].token);
  CHECK_TRUE(second[1].token > first[0].token);
}

void the_newest_holder_commits_as_often_as_it_likes(StoreTrial& trial) {
  if (!begins(trial)) return;
  const auto fences = issue(trial, {kUser});
  const auto before = trial.balance(1);
  CHECK_TRUE(deposit(trial, fences) == Outcome::commit());
  CHECK_TRUE(deposit(trial, fences) == Outcome::commit());
  CHECK_EQ(trial.balance(1), before + 2);
}

void one_stale_fence_refuses_everything(StoreTrial& trial) {
  if (!begins(trial)) return;
  const auto before = trial.balance(1);
  const auto stale = issue(trial, {kUser, kProduct});
  issue(trial, {kProduct});
  CHECK_TRUE(is_lost(deposit(trial, stale)));
  CHECK_EQ(trial.balance(1), before);
}

void a_fence_that_was_never_issued_is_refused(StoreTrial& trial) {
  if (!begins(trial)) return;
  const auto before = trial.balance(1);
  CHECK_TRUE(is_lost(deposit(trial, std::vector<Fence>{{kUser, 7}})));
  CHECK_EQ(trial.balance(1), before);
}

void a_holder_left_behind_in_the_middle_of_its_work_is_refused(StoreTrial& trial) {
  if (!begins(trial)) return;
  const auto before = trial.balance(1);
  const auto stale = issue(trial, {kUser});
  const auto outcome = deposit(trial, stale, [&] {
    const auto next =
        std::async(std::launch::async, [&] { return deposit(trial, issue(trial, {kUser})); }).get();
    CHECK_TRUE(next == Outcome::commit());
  });
  CHECK_TRUE(is_lost(outcome));
  CHECK_EQ(trial.balance(1), before + 1);
}

void a_fence_of_one_resource_does_not_concern_another(StoreTrial& trial) {
  if (!begins(trial)) return;
  const auto fences = issue(trial, {kUser});
  issue(trial, {kOtherUser, kProduct, kCoupon});
  CHECK_TRUE(deposit(trial, fences) == Outcome::commit());
}

// Without any lock: were a fence handed out while an older holder could still commit, its holder
// would read a balance that is about to change, and write it back.
void fences_alone_keep_every_update(StoreTrial& trial) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 40;
  if (!begins(trial)) return;
  const auto before = trial.balance(1);
  std::atomic<std::int64_t> committed = 0;
  std::atomic<int> failed = 0;
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        Phases phases;
        Context context{Clock::now() + kPatience, phases};
        const auto fences = trial.store().fences()->issue(std::array{kUser}, context);
        const auto outcome = fences ? deposit(trial, *fences) : Unexpected(fences.error());
        if (outcome) {
          ++committed;
        } else if (!is_lost(outcome)) {
          ++failed;
        }
      }
    });
  }
  threads.clear();
  CHECK_EQ(trial.balance(1), before + committed);
  CHECK_TRUE(committed > 0);
  CHECK_EQ(failed.load(), 0);
}

constexpr Check kChecks[] = {
    {"FencesRiseAndComeInTheOrderAskedFor", on_trial<fences_rise_and_come_in_the_order_asked_for>},
    {"TheNewestHolderCommitsAsOftenAsItLikes",
     on_trial<the_newest_holder_commits_as_often_as_it_likes>},
    {"OneStaleFenceRefusesEverything", on_trial<one_stale_fence_refuses_everything>},
    {"AFenceThatWasNeverIssuedIsRefused", on_trial<a_fence_that_was_never_issued_is_refused>},
    {"AHolderLeftBehindInTheMiddleOfItsWorkIsRefused",
     on_trial<a_holder_left_behind_in_the_middle_of_its_work_is_refused>},
    {"AFenceOfOneResourceDoesNotConcernAnother",
     on_trial<a_fence_of_one_resource_does_not_concern_another>},
    {"FencesAloneKeepEveryUpdate",
     on_trial<fences_alone_keep_every_update, StoreTrial::Watch::kNo>},
};

}  // namespace

std::span<const Check> store_fence_checks() { return kChecks; }

}  // namespace stampede::check
