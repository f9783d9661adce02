// What was issued is told to the gate beside the requests, in calls that grow with what is waiting.

#include "core/issue/settler.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace stampede::issue {
namespace {

using Requests = std::vector<std::string>;

Deadline soon() { return Clock::now() + std::chrono::seconds(30); }

// Is told of settlements, one call at a time when it is held.
class HeldGate final : public Gate {
 public:
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void fail_next() {
    const std::lock_guard lock(mutex_);
    fails_ = true;
  }
  // The calls, once there are so many.
  std::vector<Requests> calls(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_until(lock, soon(), [&] { return calls_.size() >= count; }));
    return calls_;
  }

  Result<void> settle(std::span<const SettledClaim> claims, Deadline) override {
    std::unique_lock lock(mutex_);
    auto& call = calls_.emplace_back();
    for (const auto& [claim, how] : claims) call.push_back(claim.request);
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    if (std::exchange(fails_, false)) return fail(ErrorCode::kUnavailable, "gone");
    return {};
  }

  Sharing sharing() const override { return Sharing::kNetwork; }
  bool exact() const override { return true; }
  std::vector<Result<Decision>> claim(std::span<const Claim>, Context&) override { return {}; }
  Result<std::vector<Claim>> pending(Resource, std::chrono::nanoseconds, std::size_t,
                                     Deadline) override {
    return {};
  }
  Result<void> load(Resource, std::int64_t, std::span<const Holder>, Deadline) override {
    return {};
  }
  Result<void> close(Resource, Deadline) override { return {}; }
  Result<GateState> state(Resource, Deadline) override { return {}; }
  GateStats stats() const override { return {}; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool fails_ = false;
  std::vector<Requests> calls_;
};

class SettlerTest : public ::testing::Test {
 protected:
  Result<void> settle(const std::string& request) {
    return settler.settle({{Claim{.request = request}, Settlement::kIssued}}, soon());
  }

  HeldGate gate;
  std::unique_ptr<telemetry::Log> log =
      std::move(telemetry::Log::open({.level = telemetry::LogLevel::kOff}).value());
  Settler settler{gate, *log};
};

TEST_F(SettlerTest, NobodyWaitsForTheGateAndWhatCameMeanwhileGoesTogether) {
  settler.start();
  gate.hold();
  ASSERT_TRUE(settle("a"));
  ASSERT_EQ(gate.calls(1), (std::vector<Requests>{{"a"}}));  // It is being told.
  ASSERT_TRUE(settle("b"));
  ASSERT_TRUE(settle("c"));
  gate.let_go();
  EXPECT_EQ(gate.calls(2), (std::vector<Requests>{{"a"}, {"b", "c"}}));
}

TEST_F(SettlerTest, SettlesWhatIsWaitingBeforeItStops) {
  settler.start();
  gate.hold();
  ASSERT_TRUE(settle("a"));
  gate.calls(1);
  ASSERT_TRUE(settle("b"));
  gate.let_go();
  settler.stop();
  EXPECT_EQ(gate.calls(2), (std::vector<Requests>{{"a"}, {"b"}}));
}

TEST_F(SettlerTest, GoesOnAfterTheGateFailed) {
  settler.start();
  gate.fail_next();
  ASSERT_TRUE(settle("a"));
  gate.calls(1);
  ASSERT_TRUE(settle("b"));
  EXPECT_EQ(gate.calls(2).back(), Requests{"b"});
}

TEST_F(SettlerTest, SettlesAtOnceBeforeItIsStartedAndAfterItWasStopped) {
  gate.fail_next();
  EXPECT_EQ(settle("a").error().code, ErrorCode::kUnavailable);
  settler.start();
  settler.stop();
  EXPECT_TRUE(settle("b"));
  EXPECT_EQ(gate.calls(2), (std::vector<Requests>{{"a"}, {"b"}}));
}

}  // namespace
}  // namespace stampede::issue
