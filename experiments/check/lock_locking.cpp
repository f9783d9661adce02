#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "experiments/check/lock_sale.hpp"

namespace stampede::check {
namespace {

constexpr char kNoLock[] = "it was not found to lock anything in this process";

bool is_kept_out(const Result<Outcome>& outcome) {
  return !outcome && outcome.error().code == ErrorCode::kLockTimeout;
}

// The collisions that a lock in this process, held from before guarded(), is to prevent.
std::vector<Collision (*)()> collisions_under_lock(const Subject& subject, Findings& findings) {
  const auto locks = find_locks(subject);
  if (locks.in_the_store) {
    findings.does_not_apply("its locks are the store's, and cover the transaction only");
    return {};
  }
  auto collisions = collisions_of(locks);
  if (collisions.empty()) findings.does_not_apply(kNoLock);
  return collisions;
}

Findings the_lock_covers_guarded(const Subject& subject) {
  Findings findings;
  for (auto* const make : collisions_under_lock(subject, findings)) {
    Sale sale(subject);
    const auto [first, second] = make();
    Standstill holder(*sale.strategy, *sale.store, *first);
    const auto made = run(*sale.strategy, *sale.store, *second, kBrief);
    findings.expect(is_kept_out(made.outcome), second->name() + " was let in while guarded() of " +
                                                   first->name() + " ran: " + show(made.outcome));
    findings.expect_committed(holder.finish().outcome, "the holder");
  }
  return findings;
}

Findings the_lock_covers_the_answer_of_the_store(const Subject& subject) {
  Findings findings;
  for (auto* const make : collisions_under_lock(subject, findings)) {
    Sale sale(subject);
    const auto [first, second] = make();
    Intruder intruder(*sale.strategy, *sale.store, *second, subject.patience);
    GatedStore gated(*sale.store);
    gated.set_before_answer([&] { intruder.get_in(); });
    findings.expect_committed(run(*sale.strategy, gated, *first).outcome, "the first");
    findings.expect_committed(intruder.finish(), "the second");
    findings.expect(intruder.kept_out(), second->name() +
                                             " was let in before the store had "
                                             "answered " +
                                             first->name());
  }
  return findings;
}

// Whoever waits in line finds what the one before has committed, and with its first reads.
Findings the_next_in_line_sees_what_was_committed(const Subject& subject) {
  Findings findings;
  const auto locks = find_locks(subject);
  if (!locks.users || locks.in_the_store) {
    findings.does_not_apply("it was not found to lock users in this process");
    return findings;
  }
  Sale sale(subject);
  Purchase first(1, kAda, {{kTea, 1}});
  Purchase second(2, kAda, {{kCoffee, 1}});
  Intruder intruder(*sale.strategy, *sale.store, second);
  GatedStore gated(*sale.store);
  gated.set_before_commit([&] { intruder.start(); });
  findings.expect_committed(run(*sale.strategy, gated, first).outcome, "the first");
  findings.expect_committed(intruder.finish(), "the second");
  findings.expect(second.work_runs() == 1, "the second ran more than once");
  findings.expect(second.balance_seen() == sale.before.balance(kAda) - Money{60},
                  "the second did not see the first");
  return findings;
}

Findings the_wait_and_the_hold_are_reported(const Subject& subject) {
  Findings findings;
  const auto collisions = collisions_under_lock(subject, findings);
  if (collisions.empty()) return findings;
  Sale sale(subject);
  const auto [first, second] = collisions.front()();
  Standstill holder(*sale.strategy, *sale.store, *first);
  const auto waited = run(*sale.strategy, *sale.store, *second, kBrief).phases;
  const auto held = holder.finish().phases;
  findings.expect(waited.spent(Phase::kLock) >= kBrief / 2, "the wait is not in the phases");
  findings.expect(waited.lock_hold == std::chrono::nanoseconds(0), "held what it never got");
  // The holder stood still for as long as the other waited.
  findings.expect(held.lock_hold >= waited.spent(Phase::kLock), "the hold is not reported");
  return findings;
}

// One operation waits from the start; each time another one got the lock, a new one comes and waits
// before that one lets go. Who is served by chance gets in after a few; who is passed over always
// never does.
class Crowd {
 public:
  static constexpr int kMost = 20;

  explicit Crowd(Sale& sale) : sale_(sale) {}

  // How many of those who came later got the lock before the first one did.
  int overtakes() {
    Deposit holder(1, kAda, Money{1});
    Deposit early(2, kAda, Money{1});
    early.between = [this](int) { early_is_in_ = true; };
    Standstill standing(*sale_.strategy, *sale_.store, holder, Standstill::Point::kWork);
    start(0, early);
    add_one();
    standing.finish();
    // A newcomer starts the next one before it ends, so that whoever was started is seen here.
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
    return overtakes_;
  }

 private:
  // A newcomer, who lets the next one come when it has got in.
  void add_one() {
    const auto number = static_cast<std::size_t>(++newcomers_);
    auto& operation = operations_[number - 1];
    operation = std::make_unique<Deposit>(number + 2, kAda, Money{1});
    operation->between = [this](int run_number) {
      if (run_number > 1 || early_is_in_) return;
      ++overtakes_;
      if (newcomers_ < kMost) add_one();
    };
    start(number, *operation);
  }

  // Returns when the operation waits.
  void start(std::size_t number, ScriptedOperation& operation) {
    threads_[number] = std::thread([this, &operation, number] {
      ids_[number] = static_cast<int>(::syscall(SYS_gettid));
      ids_[number].notify_one();
      const auto ignored = run(*sale_.strategy, *sale_.store, operation).outcome;
      static_cast<void>(ignored);
      ended_[number] = true;
    });
    ids_[number].wait(0);
    wait_until_asleep(number);
  }

  // A thread that the kernel shows sleeping several times in a row waits for something.
  // One that never sleeps spins, which is waiting, too.
  void wait_until_asleep(std::size_t number) const {
    const auto file = "/proc/self/task/" + std::to_string(ids_[number]) + "/stat";
    const auto deadline = Clock::now() + std::chrono::seconds(1);
    for (int in_a_row = 0; in_a_row < 5 && !ended_[number] && Clock::now() < deadline;) {
      std::ifstream stat(file);
      std::string text;
      std::getline(stat, text);
      const auto name_ends = text.rfind(") ");
      const bool sleeps = name_ends != std::string::npos && text[name_ends + 2] == 'S';
      in_a_row = sleeps ? in_a_row + 1 : 0;
      std::this_thread::yield();
    }
  }

  Sale& sale_;
  std::atomic<bool> early_is_in_ = false;
  std::atomic<int> overtakes_ = 0;
  std::atomic<int> newcomers_ = 0;
  // By number: the first who waits has 0, newcomers 1 and more.
  std::array<std::atomic<int>, kMost + 1> ids_{};
  std::array<std::atomic<bool>, kMost + 1> ended_{};
  std::array<std::unique_ptr<Deposit>, kMost> operations_;
  std::array<std::thread, kMost + 1> threads_;
};

Findings nobody_is_overtaken_without_end(const Subject& subject) {
  Findings findings;
  if (!find_locks(subject).users) {
    findings.does_not_apply("it was not found to lock users");
    return findings;
  }
  Sale sale(subject);
  Crowd crowd(sale);
  const auto overtakes = crowd.overtakes();
  findings.expect(overtakes < Crowd::kMost,
                  "an operation that waited was passed over for all of the " +
                      std::to_string(Crowd::kMost) + " that came after it");
  return findings;
}

constexpr Check kChecks[] = {
    {"TheLockCoversGuarded", the_lock_covers_guarded},
    {"TheLockCoversTheAnswerOfTheStore", the_lock_covers_the_answer_of_the_store},
    {"TheNextInLineSeesWhatWasCommitted", the_next_in_line_sees_what_was_committed},
    {"TheWaitAndTheHoldAreReported", the_wait_and_the_hold_are_reported},
    {"NobodyIsOvertakenWithoutEnd", nobody_is_overtaken_without_end},
};

}  // namespace

std::span<const Check> locking_checks() { return kChecks; }

}  // namespace stampede::check
