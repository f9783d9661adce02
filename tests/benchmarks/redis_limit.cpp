// The strategy `redlock` beside raw loops over the same private servers. Prints lines for a script
// to read:
//
//   pairs  round  callers  redlock  raw          locks taken and released per second, one server
//   many   servers  redlock                      the same with 8 callers over several servers
//   frozen  p50  p99  max                        us to take a lock while 2 of 5 servers stand still
//   in_order  p50  p99  max                      the same for one who reads the answers in order
//
// usage: redis_limit [ROUNDS [MILLISECONDS]]

#include <barrier>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/api/histogram.hpp"
#include "tests/benchmarks/raw_redis.hpp"
#include "tests/benchmarks/sale.hpp"

namespace {

using namespace stampede;
using namespace stampede::benchmarks;

constexpr int kCallers = 8;
constexpr int kNodeTimeoutMs = 50;  // What in_order waits for a server that stands still.
constexpr int kFrozenRounds = 2000;
constexpr int kInOrderRounds = 20;

// The whole of it is the lock.
class Nothing final : public Operation {
 public:
  Result<Outcome> work(Transaction&) override { return Outcome::commit(); }
};

struct Subject {
  explicit Subject(const test::RedisNodes& servers)
      : store(must(catalog.create<Store>("memory"))),
        lock(must(catalog.create<LockStrategy>(
            "redlock", {{"urls", servers.urls()},
                        {"nodes", std::to_string(servers.count())},
                        {"node_timeout", "5s"}}))) {}  // A busy machine is slow, not broken.

  // How long it took to have the lock.
  std::chrono::nanoseconds lock_and_unlock(UserId user) const {
    Nothing nothing;
    Phases phases;
    Context context{Clock::now() + std::chrono::seconds(30), phases};
    must(lock->execute(*store, Scope().add(user), nothing, context));
    return phases.spent(Phase::kLock);
  }

  plugin::Catalog catalog = make_catalog();
  std::unique_ptr<Store> store;
  std::unique_ptr<LockStrategy> lock;
};

// Calls of all callers per second, each over and over with its own number.
double rate(int callers, std::chrono::milliseconds duration,
            const std::function<std::function<void()>(int caller)>& make_call) {
  Clock::time_point started;
  std::barrier ready(callers, [&]() noexcept { started = Clock::now(); });
  std::vector<std::int64_t> calls(static_cast<std::size_t>(callers));
  std::vector<std::thread> threads;
  for (int caller = 0; caller < callers; ++caller) {
    threads.emplace_back([&, caller] {
      const auto call = make_call(caller);
      call();  // Connects.
      ready.arrive_and_wait();
      auto& count = calls[static_cast<std::size_t>(caller)];
      for (; Clock::now() < started + duration; ++count) call();
    });
  }
  for (auto& thread : threads) thread.join();
  const std::chrono::duration<double> took = Clock::now() - started;
  std::int64_t sum = 0;
  for (const auto count : calls) sum += count;
  return static_cast<double>(sum) / took.count();
}

double rate_of_redlock(const Subject& subject, int callers, std::chrono::milliseconds duration) {
  return rate(callers, duration, [&](int caller) {
    return [&subject, caller] { subject.lock_and_unlock(UserId{caller + 1}); };
  });
}

double rate_of_raw(const test::RedisNodes& servers, int callers,
                   std::chrono::milliseconds duration) {
  return rate(callers, duration, [&](int caller) {
    const auto raw = std::make_shared<RawRedisLock>(servers);
    const auto key = "raw:" + std::to_string(caller);
    // As random as redlock's, and as long.
    return [raw, key, number = std::uint64_t{0}]() mutable {
      const auto digits = std::to_string(++number);
      raw->lock_and_unlock(key, std::string(32 - digits.size(), '0') + digits);
    };
  });
}

void print(const char* name, const Histogram& times) {
  const auto us = [](std::chrono::nanoseconds time) {
    return static_cast<double>(time.count()) / 1000;
  };
  std::printf("%s %.0f %.0f %.0f\n", name, us(times.quantile(0.5)), us(times.quantile(0.99)),
              us(times.max()));
  std::fflush(stdout);
}

void measure_pairs(int rounds, std::chrono::milliseconds duration) {
  const test::RedisNodes servers(1);
  const Subject subject(servers);
  for (int round = 1; round <= rounds; ++round) {
    for (const int callers : {1, kCallers}) {
      double redlock = 0;
      if (round % 2 == 1) redlock = rate_of_redlock(subject, callers, duration);
      const double raw = rate_of_raw(servers, callers, duration);
      if (round % 2 == 0) redlock = rate_of_redlock(subject, callers, duration);
      std::printf("pairs %d %d %.0f %.0f\n", round, callers, redlock, raw);
      std::fflush(stdout);
    }
  }
}

void measure_many(std::chrono::milliseconds duration) {
  for (const int count : {3, 5}) {
    const test::RedisNodes servers(count);
    const Subject subject(servers);
    std::printf("many %d %.0f\n", count, rate_of_redlock(subject, kCallers, duration));
    std::fflush(stdout);
  }
}

// The first two stand still: who reads in order meets them first.
void measure_frozen() {
  test::RedisNodes servers(5);
  const Subject subject(servers);
  subject.lock_and_unlock(UserId{1});
  servers.freeze(0);
  servers.freeze(1);
  Histogram polled;
  for (int i = 0; i < kFrozenRounds; ++i) polled.record(subject.lock_and_unlock(UserId{1}));
  print("frozen", polled);
  Histogram in_order;
  for (int i = 0; i < kInOrderRounds; ++i) {
    in_order.record(time_to_lock_in_order(servers, "raw:" + std::to_string(i),
                                          std::chrono::milliseconds(kNodeTimeoutMs)));
  }
  print("in_order", in_order);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int rounds = argc > 1 ? std::stoi(argv[1]) : 5;
    const int milliseconds = argc > 2 ? std::stoi(argv[2]) : 1'000;
    if (rounds < 1 || milliseconds < 1 || argc > 3) throw std::invalid_argument("out of range");
    if (const auto missing = test::RedisNodes::missing(); !missing.empty()) give_up(missing);
    measure_pairs(rounds, std::chrono::milliseconds(milliseconds));
    measure_many(std::chrono::milliseconds(milliseconds));
    measure_frozen();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "redis_limit: %s\nusage: redis_limit [ROUNDS [MILLISECONDS]]\n",
                 error.what());
    return 1;
  }
  return 0;
}
