// Every gate there is, by its plugin, and what it needs to be tested: one private Redis server,
// started when the first gate wants it, and as many instances of the gate as a test asks for.

#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/api/gate.hpp"
#include "core/plugin/catalog.hpp"
#include "tests/support/redis_nodes.hpp"

namespace stampede::test {

inline const std::vector<std::string> kGates{"memory", "redis_list", "redis_lua"};
inline const std::vector<std::string> kRedisGates{"redis_list", "redis_lua"};
inline const std::vector<std::string> kExactGates{"memory", "redis_lua"};

inline std::string name_of_gate(const testing::TestParamInfo<std::string>& info) {
  return info.param;
}

// Only bounds how long something broken can hang a test.
inline constexpr std::chrono::seconds kGatePatience{20};

inline Deadline in_time() { return Clock::now() + kGatePatience; }

// Makes gates by the names of their plugins; those of a Redis share what they know.
class GateWorkshop {
 public:
  static bool asks_redis(const std::string& name) { return name.starts_with("redis"); }
  // Why there can be no such gate on this machine, or "".
  static std::string missing(const std::string& name) {
    return asks_redis(name) ? RedisNodes::missing() : "";
  }

  // Another instance of the gate.
  std::unique_ptr<Gate> make(const std::string& name, plugin::Settings settings = {}) {
    if (asks_redis(name)) {
      settings.try_emplace("url", redis().url(0));
      settings.try_emplace("timeout", "10s");
    }
    auto made = catalog_.create<Gate>(name, settings);
    if (!made) throw std::runtime_error(made.error().message);
    return std::move(*made);
  }

  RedisNodes& redis() {
    if (!redis_) redis_ = std::make_unique<RedisNodes>(1);
    return *redis_;
  }

 private:
  std::unique_ptr<RedisNodes> redis_;
  plugin::Catalog catalog_{{STAMPEDE_PLUGIN_DIR}};
};

class GateTest : public testing::TestWithParam<std::string> {
 protected:
  static constexpr Resource kCoupon{Resource::Kind::kCoupon, 7};
  static constexpr Resource kProduct{Resource::Kind::kProduct, 7};

  void SetUp() override {
    if (const auto why = GateWorkshop::missing(name()); !why.empty()) GTEST_SKIP() << why;
  }

  static std::string name() { return GetParam(); }
  static bool uses_redis() { return GateWorkshop::asks_redis(name()); }

  std::unique_ptr<Gate> make(plugin::Settings settings = {}) {
    return workshop_.make(name(), std::move(settings));
  }

  RedisNodes& redis() { return workshop_.redis(); }

  static Claim coupon_claim(std::int64_t user, std::string request) {
    return {
        .resource = kCoupon, .user = UserId{user}, .quantity = 1, .request = std::move(request)};
  }

  static Result<Decision> decide(Gate& gate, const Claim& claim, Deadline deadline = in_time()) {
    Phases phases;
    Context context{deadline, phases};
    auto decisions = gate.claim({&claim, 1}, context);
    if (decisions.size() != 1) throw std::runtime_error("not one decision for one claim");
    return std::move(decisions.front());
  }
  static void settle(Gate& gate, const Claim& claim, Settlement how) {
    const SettledClaim settled{claim, how};
    const auto done = gate.settle({&settled, 1}, in_time());
    ASSERT_TRUE(done) << done.error().message;
  }
  static void load(Gate& gate, std::int64_t remaining, std::vector<Holder> holders = {},
                   Resource resource = kCoupon) {
    const auto loaded = gate.load(resource, remaining, holders, in_time());
    ASSERT_TRUE(loaded) << loaded.error().message;
  }
  static std::vector<std::string> pending(Gate& gate, std::chrono::nanoseconds age = {},
                                          std::size_t limit = 100) {
    const auto listed = gate.pending(kCoupon, age, limit, in_time());
    std::vector<std::string> requests;
    for (const auto& claim : listed.value()) requests.push_back(claim.request);
    return requests;
  }
  static GateState state(Gate& gate, Resource resource = kCoupon) {
    return gate.state(resource, in_time()).value();
  }

 private:
  GateWorkshop workshop_;
};

}  // namespace stampede::test
