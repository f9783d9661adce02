// The SQLite store with 64 callers beside a raw loop over the same statements, in turns, each on a
// fresh copy of the same file. Prints one line for each round, for a script to read:
//
//   round  store  raw  raw with savepoints  (orders/s)  store  raw  (CPU us per order)
//
// usage: sqlite_limit [ROUNDS [MILLISECONDS]]

#include <time.h>

#include <barrier>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/benchmarks/raw_sqlite.hpp"
#include "tests/benchmarks/sale.hpp"

namespace {

using namespace stampede;
using namespace stampede::benchmarks;

constexpr int kCallers = 64;
constexpr int kGroup = 64;

struct Rate {
  double orders_per_second;
  double cpu_us_per_order;
};

// Of this process, all threads.
std::chrono::nanoseconds cpu_time() {
  timespec spent{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

class Stopwatch {
 public:
  Rate rate(std::int64_t orders) const {
    using Seconds = std::chrono::duration<double>;
    const auto count = static_cast<double>(orders);
    return {count / Seconds(Clock::now() - started_).count(),
            Seconds(cpu_time() - cpu_started_).count() * 1e6 / count};
  }

 private:
  Clock::time_point started_ = Clock::now();
  std::chrono::nanoseconds cpu_started_ = cpu_time();
};

std::unique_ptr<Store> open_store(const std::filesystem::path& path) {
  auto catalog = make_catalog();  // The library stays open when the catalog is gone.
  return must(catalog.create<Store>("sqlite", {{"path", path.string()}, {"readers", "64"}}));
}

std::int64_t call(Store& store, OrderMaker& maker, int caller, Deadline until) {
  Spread spread(caller);
  std::int64_t orders = 0;
  for (; Clock::now() < until; ++orders) {
    PlaceOrder order(maker, UserId{spread.next(kUsers)}, ProductId{spread.next(kProducts)});
    Phases phases;
    Context context{Clock::now() + std::chrono::seconds(30), phases};
    if (!must(store.transact({}, order, context)).committed()) give_up("an order was refused");
  }
  return orders;
}

Rate measure_store(const std::filesystem::path& path, std::chrono::milliseconds duration) {
  const auto store = open_store(path);
  OrderMaker maker;
  Stopwatch watch;
  Deadline until;
  std::barrier ready(kCallers, [&]() noexcept {
    watch = Stopwatch();
    until = Clock::now() + duration;
  });
  std::vector<std::int64_t> orders(kCallers);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      ready.arrive_and_wait();
      orders[static_cast<std::size_t>(caller)] = call(*store, maker, caller, until);
    });
  }
  for (auto& caller : callers) caller.join();
  std::int64_t sum = 0;
  for (const auto count : orders) sum += count;
  return watch.rate(sum);
}

Rate measure_raw(const std::filesystem::path& path, std::chrono::milliseconds duration,
                 RawSqlite::Savepoints savepoints) {
  RawSqlite raw(path, savepoints);
  OrderMaker maker;
  Spread spread(0);
  const Stopwatch watch;
  const auto until = Clock::now() + duration;
  std::int64_t orders = 0;
  while (Clock::now() < until) {
    raw.begin();
    for (int i = 0; i < kGroup; ++i, ++orders) {
      raw.place_order(maker, UserId{spread.next(kUsers)}, ProductId{spread.next(kProducts)});
    }
    raw.commit();
  }
  return watch.rate(orders);
}

// Calls measure(path) with a fresh copy of the filled file.
template <typename Measure>
Rate on_copy(const std::filesystem::path& filled, Measure measure) {
  const ScratchDirectory directory;
  const auto path = directory.path() / "sale.db";
  std::filesystem::copy_file(filled, path);
  return measure(path);
}

void run(int rounds, std::chrono::milliseconds duration) {
  const ScratchDirectory directory;
  const auto filled = directory.path() / "filled.db";
  fill(*open_store(filled));
  using Savepoints = RawSqlite::Savepoints;
  for (int round = 1; round <= rounds; ++round) {
    const auto store =
        on_copy(filled, [&](const auto& path) { return measure_store(path, duration); });
    const auto raw = on_copy(
        filled, [&](const auto& path) { return measure_raw(path, duration, Savepoints::kNone); });
    const auto with_savepoints = on_copy(filled, [&](const auto& path) {
      return measure_raw(path, duration, Savepoints::kAroundEachOrder);
    });
    std::printf("%d %.0f %.0f %.0f %.2f %.2f\n", round, store.orders_per_second,
                raw.orders_per_second, with_savepoints.orders_per_second, store.cpu_us_per_order,
                raw.cpu_us_per_order);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int rounds = argc > 1 ? std::stoi(argv[1]) : 5;
    const int milliseconds = argc > 2 ? std::stoi(argv[2]) : 1'000;
    if (rounds < 1 || milliseconds < 1 || argc > 3) throw std::invalid_argument("out of range");
    run(rounds, std::chrono::milliseconds(milliseconds));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sqlite_limit: %s\nusage: sqlite_limit [ROUNDS [MILLISECONDS]]\n",
                 error.what());
    return 1;
  }
  return 0;
}
