// What a client was promised survives kill -9: a server on SQLite is killed again and again in the
// middle of its writing, started on what is left, and asked about every request it left open. So it
// is with one transaction for an order, and with a saga over five services.

#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <charconv>
#include <random>
#include <string>
#include <vector>

#include "core/config/tree.hpp"
#include "experiments/audit/audit.hpp"
#include "experiments/environment/server.hpp"
#include "experiments/load/load_run.hpp"
#include "experiments/load/plan_reader.hpp"
#include "experiments/plan/data.hpp"
#include "experiments/runner/claims.hpp"
#include "tests/e2e/support.hpp"

namespace stampede::e2e {
namespace {

constexpr int kRounds = 20;
constexpr int kSagaRounds = 8;  // Each waits for the sagas that the kill cut off.
constexpr std::array kLocks{"per_user", "atomic",      "optimistic",
                            "global",   "per_product", "single_writer"};

// Small enough that concurrent orders meet on everything, large enough never to sell out.
Seed seed() {
  Seed seed{.users = 40,
            .balance = Money{100'000'000},
            .products = 3,
            .stock = 1'000'000,
            .price = Money{100},
            .cart_quantity = 1};
  seed.coupons.push_back({.discount = {.kind = Discount::Kind::kPercent, .value = 10},
                          .total = 1'000,
                          .held_by = 20,
                          .valid_until = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}});
  return seed;
}

config::Tree config(const Folder& folder, const std::string& topology, const std::string& lock) {
  auto tree = config::Tree::map();
  const auto set = [&](const char* key, const std::string& value) {
    config::set_at(tree, key, config::Tree::scalar_of(value));
  };
  set("topology", topology);
  set("saga.timeout", "3s");
  set("saga.sweep", "200ms");
  set("store.use", "sqlite");
  set("store.path", (folder.path() / "sale.db").string());
  set("store.synchronous", "full");
  set("lock.use", lock);
  set("lock.timeout", "20s");
  set("server.workers", "16");
  return tree;
}

load::LoadPlan load_plan(const std::string& url, int round) {
  load::LoadPlan plan;
  plan.target = *load::parse_url(url);
  plan.vus = 16;
  plan.duration = std::chrono::hours(1);  // The kill ends it.
  plan.graceful_stop = std::chrono::seconds(1);
  plan.mix = {{"order", 80}, {"charge", 15}, {"issue", 5}};
  plan.drawn = plan.seeded = {.users = 40, .products = 3, .coupons = 1};
  plan.items = {1, 3};
  plan.coupon_share = 0.1;
  plan.seed = static_cast<std::uint64_t>(round);
  plan.key_prefix = "round" + std::to_string(round);
  return plan;
}

// What a process has written to its files so far.
std::uint64_t bytes_written(pid_t pid) {
  const auto text = read_text("/proc/" + std::to_string(pid) + "/io");
  constexpr std::string_view kKey = "wchar: ";
  const auto at = text.find(kKey);
  std::uint64_t bytes = 0;
  if (at != std::string::npos) {
    std::from_chars(text.data() + at + kKey.size(), text.data() + text.size(), bytes);
  }
  return bytes;
}

class CrashTest : public ::testing::TestWithParam<std::string> {
 protected:
  environment::Server start(int round) {
    const auto* const lock = kLocks.at(static_cast<std::size_t>(round) % kLocks.size());
    auto server = environment::Server::start({.program = STAMPEDE_BINARY_DIR "/stampede-server",
                                              .config = config(folder_, GetParam(), lock),
                                              .folder = folder_.path() / "server"},
                                             kPatience);
    if (!server) throw std::runtime_error(server.error().message);
    return std::move(*server);
  }

  // Kills the server while it writes, a random distance after some hundred orders, and gives what
  // its clients know.
  load::Ledger kill_under_load(environment::Server& server, int round) {
    auto run = load::LoadRun::start(load_plan(server.url(), round));
    EXPECT_TRUE(run) << run.error().message;
    const auto acknowledged = std::uniform_int_distribution<std::uint64_t>(50, 200)(random_);
    EXPECT_TRUE(eventually([&] { return (*run)->progress().successes >= acknowledged; }));
    const auto distance = std::uniform_int_distribution<std::uint64_t>(1, 100'000)(random_);
    const auto target = bytes_written(server.pid()) + distance;
    const auto deadline = Clock::now() + kPatience;
    while (bytes_written(server.pid()) < target && Clock::now() < deadline) {
    }
    EXPECT_EQ(::kill(server.pid(), SIGKILL), 0);
    EXPECT_TRUE(eventually([&] { return !server.alive(); }));
    (*run)->stop();
    auto result = (*run)->wait();
    EXPECT_TRUE(result) << result.error().message;
    return std::move(result->ledger);
  }

  // Asks the new server about what the old one left open.
  void settle(const load::Ledger& ledger, environment::Server& server) {
    auto claims = runner::claims_of(ledger);
    const auto replays = runner::replay_unknown(
        ledger, [&](std::string_view) -> environment::Server& { return server; }, claims);
    EXPECT_EQ(replays.resolved, replays.sent);
    replayed_ += replays.sent;
    for (auto& claim : claims) {
      claim.received_us.reset();  // Receipts of different servers cannot be compared.
      if (claim.standing == audit::Claim::Standing::kAcknowledged) ++acknowledged_;
      claims_.push_back(std::move(claim));
    }
  }

  void expect_sound_books(environment::Server& server) {
    const auto drained = server.drain(kPatience);
    ASSERT_TRUE(drained) << drained.error().message;
    const auto stats = server.stats();
    ASSERT_TRUE(stats) << stats.error().message;
    const auto final_state = audit::read_final_state(
        [&](const std::string& path) { return server.admin_page(path); }, {&*stats, 1});
    ASSERT_TRUE(final_state) << final_state.error().message;
    for (const auto& finding : audit::audit_all({seed(), claims_, *final_state})) {
      if (finding.name == "fairness") continue;
      EXPECT_EQ(finding.verdict, audit::Verdict::kPass)
          << finding.name << ": " << finding.summary
          << (finding.evidence.empty() ? "" : "; " + finding.evidence.front());
    }
  }

  const Folder folder_;
  std::mt19937_64 random_{20240611};
  std::vector<audit::Claim> claims_;
  std::int64_t replayed_ = 0;
  std::int64_t acknowledged_ = 0;
};

TEST_P(CrashTest, NoAcknowledgedOrderIsLostNorDoubledOverManyKills) {
  const int rounds = GetParam() == "monolith" ? kRounds : kSagaRounds;
  auto server = start(0);
  const auto seeded = server.seed(plan::seed_json(seed()), kPatience);
  ASSERT_TRUE(seeded) << seeded.error().message;
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const auto ledger = kill_under_load(server, round);
    server = start(round + 1);
    settle(ledger, server);
    expect_sound_books(server);
  }
  // Otherwise nothing was put to the test.
  EXPECT_GE(acknowledged_, rounds * 50);
  EXPECT_GE(replayed_, rounds);
  EXPECT_TRUE(server.stop(kPatience).ok());
}

INSTANTIATE_TEST_SUITE_P(EachTopology, CrashTest, ::testing::Values("monolith", "services"),
                         [](const auto& topology) { return topology.param; });

}  // namespace
}  // namespace stampede::e2e
