#include "experiments/faults/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/saga/area.hpp"

namespace stampede::faults {

namespace {

using Words = std::vector<std::string>;

// Numbers that follow each other become numbers that have nothing in common: SplitMix64's last step
// (G. L. Steele et al., "Fast Splittable Pseudorandom Number Generators", 2014).
std::uint64_t scrambled(std::uint64_t seed) {
  seed += 0x9E3779B97F4A7C15ULL;
  seed = (seed ^ (seed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  seed = (seed ^ (seed >> 27U)) * 0x94D049BB133111EBULL;
  return seed ^ (seed >> 31U);
}

// The standard's distributions may draw differently elsewhere; this draws the same everywhere.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(scrambled(seed)) {}

  std::uint64_t below(std::uint64_t bound) { return (random_() >> 11U) % bound; }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  template <typename Value>
  Value one_of(const std::vector<Value>& values) {
    return values[below(values.size())];
  }

 private:
  std::mt19937_64 random_;
};

// What a platform is made of, and what of it may be broken.
struct Platform {
  std::string title;
  Words base;  // Lines of the server's configuration.
  int instances = 1;
  bool separate = false;  // A process for each service.
  std::string mix = "{order: 60, charge: 20, issue: 20}";
  int redis = 0;  // How many there are of them.
  bool postgres = false;
  bool kafka = false;
};

void use_store(Platform& platform, Draw& draw, const std::string& store) {
  platform.postgres = store == "postgres";
  if (!platform.postgres) {
    platform.base.emplace_back("store: {use: sqlite}");
    return;
  }
  // A small pool is dry as soon as the server is slow.
  const bool is_small = draw.chance(25);
  platform.base.push_back(fmt::format("store: {{use: postgres, pool: {{max: {}, timeout: {}}}}}",
                                      is_small ? 2 : 8, is_small ? "100ms" : "1s"));
}

void use_transport(Platform& platform, const std::string& transport, const std::string& more = "") {
  platform.kafka = transport == "kafka";
  // What a dead consumer held is somebody else's soon.
  const auto* quick = platform.kafka ? ", session.timeout: 1s, retry.max: 200ms" : "";
  platform.base.push_back(fmt::format("transport: {{use: {}{}{}}}", transport, quick, more));
}

void use_lock(Platform& platform, const std::string& lock) {
  platform.base.push_back(fmt::format("lock: {{use: {}, timeout: 2s}}", lock));
}

// Deliveries as bad as a transport may make them.
void maybe_chaos(Platform& platform, Draw& draw) {
  if (!draw.chance(35)) return;
  platform.base.push_back(fmt::format("chaos: {{duplicate: 0.3, reorder: 0.3, handler_delay: {}}}",
                                      draw.chance(50) ? "2ms" : "0s"));
  platform.title += ", chaos";
}

// Strategies that protect what several instances share.
Words shared_locks() { return {"pessimistic", "optimistic", "atomic", "advisory"}; }

Platform monolith_on_sqlite(Draw& draw) {
  const auto lock =
      draw.one_of<std::string>({"per_user", "global", "optimistic", "atomic", "single_writer"});
  Platform platform{.title = fmt::format("monolith on sqlite, {}", lock), .base = {}};
  use_store(platform, draw, "sqlite");
  use_lock(platform, lock);
  return platform;
}

Platform monolith_on_postgres(Draw& draw) {
  auto locks = shared_locks();
  locks.emplace_back("per_user");
  const auto lock = draw.one_of(locks);
  Platform platform{.title = fmt::format("monolith on postgres, {}", lock), .base = {}};
  use_store(platform, draw, "postgres");
  use_lock(platform, lock);
  return platform;
}

Platform monoliths_on_postgres(Draw& draw) {
  Platform platform;
  platform.instances = 2;
  use_store(platform, draw, "postgres");
  if (draw.chance(50)) {
    const auto lock = draw.one_of(shared_locks());
    platform.title = fmt::format("monolith on postgres x2, {}", lock);
    use_lock(platform, lock);
    return platform;
  }
  platform.redis = draw.chance(50) ? 3 : 1;
  platform.title = fmt::format("monolith on postgres x2, redlock of {}", platform.redis);
  use_lock(platform,
           fmt::format("redlock, nodes: {}, ttl: 1s, node_timeout: 100ms", platform.redis));
  return platform;
}

// Coupons that are issued later, by a gate.
void use_gate(Platform& platform, Draw& draw, const std::string& gate) {
  const auto* const place = draw.chance(50) ? "accept" : "consume";
  platform.redis = gate == "redis_lua" ? 1 : 0;
  platform.base.push_back(fmt::format(
      "coupon: {{gate: {{use: {}}}, gate_at: {}, sweep: {{interval: 100ms, age: 500ms}}}}", gate,
      place));
  platform.mix = "{issue_async: 75, order: 25}";
  platform.title += fmt::format(", gate {} at {}", gate, place);
  maybe_chaos(platform, draw);
}

Platform coupon_rush(Draw& draw) {
  const auto store = draw.one_of<std::string>({"sqlite", "postgres"});
  const auto transport = draw.one_of<std::string>({"inline", "kafka"});
  Platform platform{.title = fmt::format("coupon rush over {} on {}", transport, store),
                    .base = {}};
  use_store(platform, draw, store);
  use_transport(platform, transport, fmt::format(", key: {}", draw.chance(50) ? "coupon" : "user"));
  use_lock(platform, "atomic");
  use_gate(platform, draw, draw.one_of<std::string>({"memory", "redis_lua"}));
  return platform;
}

Platform coupon_rushes(Draw& draw) {
  Platform platform{.title = "coupon rush over kafka on postgres x2", .base = {}, .instances = 2};
  use_store(platform, draw, "postgres");
  use_transport(platform, "kafka", ", key: user");
  use_lock(platform, draw.one_of(shared_locks()));
  use_gate(platform, draw, "redis_lua");
  return platform;
}

void use_services(Platform& platform, Draw& draw, const std::string& store,
                  const std::string& transport, const std::string& lock) {
  platform.title = fmt::format("services over {} on {}, {}", transport, store, lock);
  platform.base = {"topology: services",
                   "saga: {timeout: 3s, sweep: 200ms, relay: {lease: 500ms}}"};
  maybe_chaos(platform, draw);
  use_store(platform, draw, store);
  use_transport(platform, transport);
  use_lock(platform, lock);
}

Platform services_on_sqlite(Draw& draw) {
  Platform platform;
  use_services(platform, draw, "sqlite", draw.one_of<std::string>({"inline", "http", "kafka"}),
               draw.one_of<std::string>({"per_user", "optimistic", "atomic"}));
  return platform;
}

Platform services_on_postgres(Draw& draw) {
  Platform platform;
  auto locks = shared_locks();
  locks.emplace_back("per_user");
  use_services(platform, draw, "postgres", draw.one_of<std::string>({"inline", "http"}),
               draw.one_of(locks));
  return platform;
}

Platform services_over_kafka(Draw& draw) {
  Platform platform;
  use_services(platform, draw, "postgres", "kafka", draw.one_of(shared_locks()));
  if (draw.chance(50)) {
    platform.instances = 2;
    platform.title += " x2";
  }
  return platform;
}

Platform services_apart(Draw& draw) {
  Platform platform;
  use_services(platform, draw, draw.one_of<std::string>({"sqlite", "postgres"}),
               draw.one_of<std::string>({"http", "kafka"}),
               draw.one_of<std::string>({"per_user", "optimistic", "atomic"}));
  platform.separate = true;
  platform.title += ", a process for each";
  return platform;
}

// What may be broken, and how.
using Breakable = std::pair<std::string, Words>;

std::vector<Breakable> breakable(const Platform& platform) {
  std::vector<Breakable> all;
  const auto add = [&all](const std::string& target, const Words& kinds) {
    all.emplace_back(target, kinds);
  };
  const auto numbered = [](const char* name, int number) {
    return number == 1 ? std::string(name) : fmt::format("{} {}", name, number);
  };
  if (platform.separate) {
    for (const auto service : saga::kAreaNames) {
      add(fmt::format("server {}", service), {"kill", "kill", "pause"});
    }
  }
  for (int i = 1; i <= platform.instances && !platform.separate; ++i) {
    // A process that dies is what is met most often.
    add(numbered("server", i), {"kill", "kill", "pause"});
  }
  if (platform.postgres) add("postgres", {"kill", "pause", "slow", "partition", "reset"});
  for (int i = 1; i <= platform.redis; ++i) {
    add(numbered("redis", i), {"kill", "pause", "empty", "slow", "partition", "reset"});
  }
  if (platform.kafka) add("kafka", {"kill", "pause"});
  return all;
}

// A fault within its part of the window, as a line of `faults`.
std::string fault_line(Draw& draw, const std::string& target, const std::string& kind,
                       std::uint64_t from, std::uint64_t until) {
  auto line = fmt::format("at: {}%, target: {}, kind: {}", draw.between(from, until), target, kind);
  if (kind != "empty") line += fmt::format(", duration: {}ms", draw.between(50, 400));
  if (kind == "slow") line += fmt::format(", latency: {}ms", draw.between(2, 30));
  return "  - {" + line + "}\n";
}

std::string join(const Words& lines, std::string_view indent) {
  std::string text;
  for (const auto& line : lines) text += fmt::format("{}{}\n", indent, line);
  return text;
}

}  // namespace

Scenario draw_scenario(std::uint64_t seed) {
  using Maker = Platform (*)(Draw&);
  static constexpr Maker kMakers[] = {
      services_over_kafka,  services_on_sqlite, coupon_rush,
      monolith_on_postgres, coupon_rushes,      monoliths_on_postgres,
      services_on_postgres, services_apart,     monolith_on_sqlite};
  Draw draw(seed);
  const auto platform = kMakers[seed % std::size(kMakers)](draw);
  const auto choices = breakable(platform);
  const auto [target, kinds] = draw.one_of(choices);
  const auto kind = draw.one_of(kinds);
  auto faults = fault_line(draw, target, kind, 10, 40);
  auto title = fmt::format("{}: {} {}", platform.title, kind, target);
  // The second one comes when the first is over, whatever it was.
  if (draw.chance(40)) {
    const auto [other, ways] = draw.one_of(choices);
    const auto how = draw.one_of(ways);
    faults += fault_line(draw, other, how, 75, 90);
    title += fmt::format(", {} {}", how, other);
  }
  auto yaml = fmt::format(
      "experiment: faults-seed-{0}\n"
      "question: \"Is anything lost? {1}\"\n"
      "seed: {0}\n"
      "blocks: 1\n"
      "base:\n"
      "  seed: {0}\n"
      "  server: {{workers: 8}}\n"
      "{2}"
      "data:\n"
      "  users: 60\n"
      "  balance: 30000\n"
      "  products: 4\n"
      "  stock: 400\n"
      "  coupons: [{{discount: 10%, total: 200, held_by: 30}}, {{discount: 500, total: 40}}]\n"
      "load: {{executor: constant-vus, vus: 8, think: 1ms..9ms, duration: 1500ms, mix: {3}, "
      "coupon_share: 0.3,\n"
      "  amount: {{min: 100, max: 3000}}, timeout: 5s, gracefulStop: 5s}}\n"
      "instances: {4}\n"
      "{6}"
      "faults:\n"
      "{5}"
      "variants:\n"
      "  run: {{}}\n",
      seed, title, join(platform.base, "  "), platform.mix, platform.instances, faults,
      platform.separate ? "processes: each\n" : "");
  return {.seed = seed, .title = std::move(title), .yaml = std::move(yaml)};
}

}  // namespace stampede::faults
