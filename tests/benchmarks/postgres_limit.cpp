// Strategies on the PostgreSQL store beside raw loops over the same statements, in turns, on a
// private server that forces commits to disk. Every measurement has a schema of its own. Prints one
// line for each, for a script to read:
//
//   round  name  connections  orders/s
//
// usage: postgres_limit [ROUNDS [MILLISECONDS]]

#include <fmt/format.h>

#include <barrier>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "experiments/environment/postgres.hpp"
#include "experiments/environment/scratch.hpp"
#include "tests/benchmarks/raw_postgres.hpp"
#include "tests/benchmarks/sale.hpp"

namespace {

using namespace stampede;
using namespace stampede::benchmarks;

constexpr int kMany = 64;  // Callers, where there are more than connections.
constexpr int kGroup = 64;
constexpr ProductId kHot{1};

enum class Products : bool { kOneHot, kSpread };

class Server {
 public:
  explicit Server(environment::Scratch& scratch)
      : postgres_(must(environment::Postgres::start({.folder = scratch.path() / "postgres"},
                                                    std::chrono::seconds(30)))) {
    must(postgres_.create_database("benchmark"));
  }

  std::string url() const { return postgres_.url("benchmark"); }
  std::string fresh_schema() { return fmt::format("s{}", ++schemas_); }
  void settle() { must(postgres_.checkpoint()); }

 private:
  environment::Postgres postgres_;
  int schemas_ = 0;
};

// Runs call(thread, until) on each thread until the time is up; answers orders per second.
double rate_of(int threads, std::chrono::milliseconds duration,
               const std::function<std::int64_t(int, Deadline)>& call) {
  Deadline started;
  Deadline until;
  std::barrier ready(threads, [&]() noexcept {
    started = Clock::now();
    until = started + duration;
  });
  std::vector<std::int64_t> orders(static_cast<std::size_t>(threads));
  std::vector<std::thread> callers;
  for (int thread = 0; thread < threads; ++thread) {
    callers.emplace_back([&, thread] {
      ready.arrive_and_wait();
      orders[static_cast<std::size_t>(thread)] = call(thread, until);
    });
  }
  for (auto& caller : callers) caller.join();
  std::int64_t sum = 0;
  for (const auto count : orders) sum += count;
  return static_cast<double>(sum) / std::chrono::duration<double>(Clock::now() - started).count();
}

struct Load {
  int callers = kMany;
  int connections = 1;
  Products products = Products::kOneHot;
};

double measure_strategy(Server& server, const std::string& lock, const Load& load,
                        std::chrono::milliseconds duration) {
  const auto schema = server.fresh_schema();
  benchmarks::Sale sale({.store = "postgres",
                         .store_settings = {{"url", server.url()},
                                            {"schema", schema},
                                            {"pool.max", std::to_string(load.connections)},
                                            {"pool.timeout", "30s"}},
                         .lock = lock});
  server.settle();
  return rate_of(load.callers, duration, [&](int thread, Deadline until) {
    Spread spread(thread);
    std::int64_t orders = 0;
    for (std::int64_t number = 0; Clock::now() < until; ++number) {
      const auto product =
          load.products == Products::kOneHot ? kHot : ProductId{spread.next(kProducts)};
      const auto key = fmt::format("{}-{}", thread, number);
      if (sale.place_order(UserId{spread.next(kUsers)}, product, key)) ++orders;
    }
    return orders;
  });
}

// The store makes and fills the schema that a raw loop then works on.
std::string fill_schema(Server& server) {
  auto schema = server.fresh_schema();
  auto catalog = make_catalog();
  fill(*must(catalog.create<Store>("postgres", {{"url", server.url()}, {"schema", schema}})));
  server.settle();
  return schema;
}

double measure_raw_batch(Server& server, std::chrono::milliseconds duration) {
  RawPostgres raw(server.url(), fill_schema(server));
  OrderMaker maker;
  return rate_of(1, duration, [&](int, Deadline until) {
    std::int64_t orders = 0;
    for (; Clock::now() < until; orders += kGroup) raw.place_batch(maker, kGroup, orders, kHot);
    return orders;
  });
}

double measure_raw_orders(Server& server, int connections, std::chrono::milliseconds duration) {
  const auto schema = fill_schema(server);
  std::vector<std::unique_ptr<RawPostgres>> raw;
  for (int i = 0; i < connections; ++i) {
    raw.push_back(std::make_unique<RawPostgres>(server.url(), schema));
  }
  OrderMaker maker;
  return rate_of(connections, duration, [&](int thread, Deadline until) {
    Spread spread(thread);
    std::int64_t orders = 0;
    for (; Clock::now() < until; ++orders) {
      raw[static_cast<std::size_t>(thread)]->place_order(maker, UserId{spread.next(kUsers)},
                                                         ProductId{spread.next(kProducts)});
    }
    return orders;
  });
}

void run(int rounds, std::chrono::milliseconds duration) {
  auto scratch = must(environment::Scratch::make());
  Server server(scratch);
  for (int round = 1; round <= rounds; ++round) {
    const auto print = [&](const char* name, int connections, double rate) {
      std::printf("%d %s %d %.0f\n", round, name, connections, rate);
      std::fflush(stdout);
    };
    print("raw_batch", 1, measure_raw_batch(server, duration));
    for (const int connections : {1, 8, 32}) {
      for (const char* lock : {"single_writer", "pessimistic"}) {
        print(lock, connections,
              measure_strategy(server, lock, {.connections = connections}, duration));
      }
    }
    print("raw_orders", 32, measure_raw_orders(server, 32, duration));
    // As many callers as the raw loop has, and twice as many, who wait for a connection.
    Load spread{.callers = 32, .connections = 32, .products = Products::kSpread};
    print("atomic", 32, measure_strategy(server, "atomic", spread, duration));
    spread.callers = kMany;
    print("atomic_queued", 32, measure_strategy(server, "atomic", spread, duration));
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int rounds = argc > 1 ? std::stoi(argv[1]) : 3;
    const int milliseconds = argc > 2 ? std::stoi(argv[2]) : 2'000;
    if (rounds < 1 || milliseconds < 1 || argc > 3) throw std::invalid_argument("out of range");
    run(rounds, std::chrono::milliseconds(milliseconds));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "postgres_limit: %s\nusage: postgres_limit [ROUNDS [MILLISECONDS]]\n",
                 error.what());
    return 1;
  }
  return 0;
}
