// What a transport made bad on purpose may do, and what not: every promise of the contract holds.

#include "core/server/chaos.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

namespace stampede::server {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::UnorderedElementsAreArray;

// Hands over what is published at once, in one call for each topic.
class Direct final : public Transport {
 public:
  bool synchronous() const override { return true; }
  Result<void> subscribe(std::string_view topic, std::string_view, BatchHandler handler) override {
    handlers_[std::string(topic)] = std::move(handler);
    return {};
  }
  Result<void> start() override { return {}; }
  Result<void> publish(std::span<const Event> events, Deadline deadline) override {
    return handlers_.at(events.front().topic)(events, deadline);
  }
  void stop() noexcept override {}
  TransportStats stats() const override { return {}; }

 private:
  std::map<std::string, BatchHandler> handlers_;
};

Event event(const std::string& id, const std::string& key, const std::string& topic = "t") {
  return {.id = id, .topic = topic, .key = key, .payload = "{}", .correlation = {}};
}

std::vector<std::string> ids(std::span<const Event> events) {
  std::vector<std::string> all;
  for (const auto& one : events) all.push_back(one.id);
  return all;
}

struct Bad {
  explicit Bad(const ChaosOptions& options, std::uint64_t seed = 1)
      : transport(std::make_unique<Direct>(), options, seed) {
    const auto subscribed = transport.subscribe(
        "t", "s", [this](std::span<const Event> events, Deadline) -> Result<void> {
          calls.push_back(ids(events));
          if (errors > 0) {
            --errors;
            return fail(ErrorCode::kUnavailable, "not now");
          }
          return {};
        });
    EXPECT_TRUE(subscribed);
  }
  Result<void> publish(const std::vector<Event>& events) {
    return transport.publish(events, Clock::now() + 10s);
  }
  double gauge(const std::string& name) const {
    for (const auto& [known, value] : transport.stats().gauges) {
      if (known == name) return value;
    }
    return -1;
  }

  std::vector<std::vector<std::string>> calls;
  int errors = 0;
  ChaosTransport transport;
};

TEST(ChaosTransport, DeliversEachBatchTwiceWhenItIsToldTo) {
  Bad bad({.duplicate = 1});
  ASSERT_TRUE(bad.publish({event("1", "a"), event("2", "a")}));
  EXPECT_THAT(bad.calls, ElementsAre(ElementsAre("1", "2"), ElementsAre("1", "2")));
  EXPECT_EQ(bad.gauge("chaos_duplicated"), 2);
}

TEST(ChaosTransport, BringsEarlierEventsAgainFromSomePointOn) {
  Bad bad({.duplicate = 1});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(bad.publish({event(std::to_string(i), "a")}));
  // Before the new one comes an end of what was handled, in its order.
  const auto& earlier = bad.calls.at(bad.calls.size() - 3);
  std::vector<std::string> handled;
  for (int i = 0; i < 9; ++i) handled.push_back(std::to_string(i));
  ASSERT_FALSE(earlier.empty());
  EXPECT_TRUE(std::ranges::equal(earlier, std::span(handled).last(earlier.size())));
}

TEST(ChaosTransport, LeavesEverythingAloneByDefault) {
  Bad bad({});
  ASSERT_TRUE(bad.publish({event("1", "a"), event("2", "b"), event("3", "a")}));
  EXPECT_THAT(bad.calls, ElementsAre(ElementsAre("1", "2", "3")));
}

TEST(ChaosTransport, PassesAnErrorOnSoThatEverythingIsDeliveredAgain) {
  Bad bad({.duplicate = 1});
  bad.errors = 1;
  EXPECT_FALSE(bad.publish({event("1", "a")}));
  ASSERT_TRUE(bad.publish({event("1", "a")}));
  EXPECT_THAT(bad.calls, ElementsAre(ElementsAre("1"), ElementsAre("1"), ElementsAre("1")))
      << "what was not handled is not remembered as handled";
}

TEST(ChaosTransport, ASlowConsumerWaitsForEachEventButNotBeyondTheDeadline) {
  Bad bad({.handler_delay = 1h});
  const auto began = Clock::now();
  const std::vector<Event> events{event("1", "a")};
  EXPECT_TRUE(bad.transport.publish(events, Clock::now() + 20ms));
  EXPECT_GE(Clock::now() - began, 20ms);
  EXPECT_LT(Clock::now() - began, 10min);
}

TEST(ChangePlaces, KeepsTheOrderOfEachTopicAndKeyAndLosesNothing) {
  std::vector<Event> events;
  for (int i = 0; i < 60; ++i) {
    events.push_back(event(std::to_string(i), std::string(1, static_cast<char>('a' + i % 5)),
                           i % 2 == 0 ? "t" : "u"));
  }
  std::mt19937_64 random(7);
  const auto changed = change_places(events, random);
  EXPECT_THAT(ids(changed), UnorderedElementsAreArray(ids(events)));
  EXPECT_NE(ids(changed), ids(events));
  std::map<std::pair<std::string, std::string>, int> last;
  for (const auto& one : changed) {
    auto& before = last.try_emplace({one.topic, one.key}, -1).first->second;
    EXPECT_LT(before, std::stoi(one.id));
    before = std::stoi(one.id);
  }
}

TEST(ChaosTransport, DrawsTheSameFromTheSameSeed) {
  const ChaosOptions options{.duplicate = 0.5, .reorder = 0.5};
  Bad one(options, 3);
  Bad same(options, 3);
  Bad other(options, 4);
  for (auto* bad : {&one, &same, &other}) {
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(
          bad->publish({event(std::to_string(2 * i), "a"), event(std::to_string(2 * i + 1), "b")}));
    }
  }
  EXPECT_EQ(one.calls, same.calls);
  EXPECT_NE(one.calls, other.calls);
}

}  // namespace
}  // namespace stampede::server
