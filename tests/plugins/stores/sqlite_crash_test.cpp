// A process that is killed in mid-load under synchronous=full: what it acknowledged is there, once,
// and nothing is there by half. The page cache survives a killed process, so this says nothing
// about a power failure.

#include <sys/wait.h>

#include <csignal>

#include "tests/plugins/stores/sqlite_testing.hpp"

namespace stampede::testing {
namespace {

constexpr int kCallers = 8;

// The child: places orders until it is killed, and writes the number of each acknowledged one.
[[noreturn]] void place_orders_for_ever(const sqlite::Options& options, int pipe,
                                        std::uint64_t first) {
  sqlite::SqliteStore store(options);
  std::vector<std::thread> callers;
  for (std::uint64_t caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (std::uint64_t number = first + caller;; number += kCallers) {
        const auto outcome = run(store, [&](Transaction& t) -> Result<Outcome> {
          const auto product = t.product(ProductId{static_cast<std::int64_t>(number % 10 + 1)});
          if (!product) return Unexpected(product.error());
          const auto taken = t.take_stock(**product, 1);
          if (!taken || !*taken) return Outcome::refuse(RefusalCode::kInsufficientStock);
          auto order = make_order(number);
          order.items.resize(1);
          if (!t.add_order(order)) std::_Exit(2);
          if (!t.emit({std::to_string(number), "TOPIC", "key", "{}", ""})) std::_Exit(2);
          return Outcome::commit();
        });
        if (!outcome || !outcome->committed()) continue;
        if (::write(pipe, &number, sizeof number) != sizeof number) std::_Exit(3);
      }
    });
  }
  for (auto& caller : callers) caller.join();
  std::_Exit(0);
}

TEST(SqliteCrash, AKilledProcessLosesNoAcknowledgedOrderAndDoublesNone) {
  const TemporaryDirectory directory;
  sqlite::Options options;
  options.path = directory.file("store.db");
  options.synchronous_full = true;
  options.checkpoint_pages = 100;  // Kills hit checkpoints too.
  options.gate_pages = 400;
  {
    sqlite::SqliteStore store(options);
    auto seed = small_seed();
    seed.stock = 1'000'000;
    ASSERT_TRUE(store.seed(seed));
  }
  std::vector<std::uint64_t> acknowledged;
  for (int round = 0; round < 4; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto first = static_cast<std::uint64_t>(round) * 1'000'000 + 1;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      place_orders_for_ever(options, ends[1], first);
    }
    ::close(ends[1]);
    const std::size_t enough = acknowledged.size() + 200 + 150 * static_cast<std::size_t>(round);
    for (std::uint64_t number = 0; ::read(ends[0], &number, sizeof number) == sizeof number;) {
      acknowledged.push_back(number);
      if (acknowledged.size() == enough) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;

    sqlite::SqliteStore store(options);  // The way is free at once.
    const auto view = view_of(store);
    for (const auto number : acknowledged) {
      ASSERT_TRUE(view->order(order_id(number))->has_value()) << number;
    }
    SQLite::Database database(options.path, SQLite::OPEN_READWRITE);
    EXPECT_EQ(database.execAndGet(sql("conservation")).getInt64(), 0);
    EXPECT_EQ(database.execAndGet(sql("integrity_check")).getString(), "ok");
  }
}

}  // namespace
}  // namespace stampede::testing
