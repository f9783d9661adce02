// The mistakes that are made with locks in Redis, each made on purpose in a small strategy, and the
// three promises by which they are found out; the built-in `redlock` keeps all of them.

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "experiments/check/forwarding.hpp"
#include "plugins/redis/nodes.hpp"
#include "tests/interleaving/interleave.hpp"
#include "tests/interleaving/plugins_under_test.hpp"
#include "tests/interleaving/sale.hpp"

namespace stampede::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kTtl = 200ms;
constexpr auto kPatience = 20s;  // Only bounds how long something broken can hang a test.
const std::string kSomebody = "somebody else";

struct Mistakes {
  bool half_is_enough = false;
  bool releases_anybodys = false;
  bool ignores_the_ttl = false;
};

// SET NX PX on every server, and nothing that `redlock` has beyond the algorithm's own rules.
class SmallRedlock final : public LockStrategy {
 public:
  SmallRedlock(const std::string& urls, Mistakes mistakes)
      : mistakes_(mistakes),
        nodes_(redis::parse_addresses(urls).value(), kPatience, std::array{&release_script()}) {}

  bool runs_on(const Store&) const override { return true; }

  Result<Outcome> execute(Store& store, const Scope& scope, Operation& operation,
                          Context& context) override {
    const std::vector<std::string> keys{key_of(scope)};
    auto session = nodes_.borrow();
    const auto until = Clock::now() + kTtl;
    while (!is_acquired(session, keys.front())) {
      release(session, keys);
      if (Clock::now() >= context.deadline) return fail(ErrorCode::kLockTimeout, keys.front());
      ::poll(nullptr, 0, 1);  // The servers need the processor too.
    }
    Leased leased(operation, mistakes_.ignores_the_ttl ? Deadline::max() : until);
    auto outcome = operation.guarded(context);
    if (outcome && outcome->committed()) outcome = store.transact({}, leased, context);
    release(session, keys);
    return outcome;
  }

  static std::string key_of(const Scope& scope) {
    return "stampede:lock:user:" + std::to_string(scope.resources().front().id);
  }

 private:
  class Leased final : public check::ForwardingOperation {
   public:
    Leased(Operation& operation, Deadline until) : ForwardingOperation(operation), until_(until) {}
    Result<Outcome> work(Transaction& transaction) override {
      auto outcome = operation_.work(transaction);
      if (Clock::now() >= until_) return fail(ErrorCode::kLeaseLost, "the ttl has passed");
      return outcome;
    }

   private:
    const Deadline until_;
  };

  static const redis::Script& release_script() {
    static const redis::Script kScript(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end "
        "return 0");
    return kScript;
  }

  bool is_acquired(redis::Nodes::Session& session, const std::string& key) {
    const auto answered = [](const redis::Answer& answer) { return answer.reply.has_value(); };
    const auto answers =
        session.ask({"SET", key, kToken, "NX", "PX", std::to_string(kTtl / 1ms)}, Deadline::max(),
                    [&](redis::Answers all) { return std::ranges::all_of(all, answered); });
    const auto granted = static_cast<std::size_t>(std::ranges::count_if(
        answers, [](const redis::Answer& answer) { return answer.reply->is("OK"); }));
    return granted >= (mistakes_.half_is_enough ? nodes_.size() / 2 : nodes_.majority());
  }

  void release(redis::Nodes::Session& session, const std::vector<std::string>& keys) {
    const auto answered = [](const redis::Answer& answer) { return answer.reply.has_value(); };
    const auto all_of_them = [&](redis::Answers all) { return std::ranges::all_of(all, answered); };
    if (mistakes_.releases_anybodys) {
      session.ask({"DEL", keys.front()}, Deadline::max(), all_of_them);
    } else {
      session.ask(redis::Request(release_script(), keys, std::array<std::string_view, 1>{kToken}),
                  Deadline::max(), all_of_them);
    }
  }

  static constexpr char kToken[] = "a token of its own";
  const Mistakes mistakes_;
  redis::Nodes nodes_;
};

// What a strategy is put through; each answers what it did wrong, or "".
class Trial {
 public:
  explicit Trial(int servers) : servers_(servers) {
    if (!store_->seed(small_sale(100, 10'000))) throw std::runtime_error("cannot seed");
  }

  // Null: the built-in one.
  std::unique_ptr<LockStrategy> make(const Mistakes* mistakes) {
    if (mistakes != nullptr) return std::make_unique<SmallRedlock>(servers_.urls(), *mistakes);
    return workshop_.strategy(
        "redlock",
        {{"urls", servers_.urls()}, {"nodes", std::to_string(servers_.count())}, {"ttl", "200ms"}});
  }

  Result<Outcome> deposit(LockStrategy& strategy, std::function<void()> in_the_middle = {},
                          std::chrono::milliseconds patience = kPatience) {
    Deposit deposit(1, kAda, Money{1});
    deposit.in_guarded = [&]() -> Result<Outcome> {
      if (in_the_middle) in_the_middle();
      return Outcome::commit();
    };
    return run(strategy, *store_, deposit, patience).outcome;
  }

  RedisNodes& servers() { return servers_; }
  static std::string key() { return "stampede:lock:user:" + std::to_string(value_of(kAda)); }

 private:
  RedisNodes servers_;
  Workshop workshop_;
  std::unique_ptr<Store> store_ = workshop_.store("memory");
};

std::string takes_half_for_a_majority(const Mistakes* mistakes) {
  Trial trial(4);
  const auto strategy = trial.make(mistakes);
  for (const int node : {0, 1}) trial.servers().ask(node, {"SET", Trial::key(), kSomebody});
  const auto outcome = trial.deposit(*strategy, {}, kBrief);
  return outcome ? "it held the lock with two of four servers" : "";
}

std::string releases_what_is_not_its_own(const Mistakes* mistakes) {
  Trial trial(1);
  const auto strategy = trial.make(mistakes);
  static_cast<void>(trial.deposit(*strategy, [&] {
    trial.servers().ask(0, {"SET", Trial::key(), kSomebody});
  }));
  const auto left = trial.servers().ask(0, {"GET", Trial::key()});
  return left.is(kSomebody) ? "" : "it released the lock of the one who came after it";
}

std::string commits_without_its_lease(const Mistakes* mistakes) {
  Trial trial(1);
  const auto strategy = trial.make(mistakes);
  const auto outcome = trial.deposit(*strategy, [&] {
    trial.servers().ask(0, {"SET", Trial::key(), kSomebody});  // As after a pause beyond the ttl,
    const auto over = Clock::now() + kTtl;                     // which nobody can extend now.
    while (Clock::now() < over) ::poll(nullptr, 0, 5);
  });
  if (!outcome && outcome.error().code == ErrorCode::kLeaseLost) return "";
  return "it committed after its lease was lost";
}

constexpr Mistakes kHalf{.half_is_enough = true};
constexpr Mistakes kAnybodys{.releases_anybodys = true};
constexpr Mistakes kNoTtl{.ignores_the_ttl = true};
constexpr Mistakes kNone{};

class RedlockMutants : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = RedisNodes::missing(); !missing.empty()) GTEST_SKIP() << missing;
  }
};

TEST_F(RedlockMutants, AQuorumOfHalfIsFoundOut) {
  EXPECT_EQ(takes_half_for_a_majority(nullptr), "");
  EXPECT_EQ(takes_half_for_a_majority(&kNone), "");
  EXPECT_NE(takes_half_for_a_majority(&kHalf), "");
}

TEST_F(RedlockMutants, AnUnlockWithoutATokenCheckIsFoundOut) {
  EXPECT_EQ(releases_what_is_not_its_own(nullptr), "");
  EXPECT_EQ(releases_what_is_not_its_own(&kNone), "");
  EXPECT_NE(releases_what_is_not_its_own(&kAnybodys), "");
}

TEST_F(RedlockMutants, AnIgnoredTtlIsFoundOut) {
  EXPECT_EQ(commits_without_its_lease(nullptr), "");
  EXPECT_EQ(commits_without_its_lease(&kNone), "");
  EXPECT_NE(commits_without_its_lease(&kNoTtl), "");
}

}  // namespace
}  // namespace stampede::test
