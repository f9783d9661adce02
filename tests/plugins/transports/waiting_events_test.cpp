// What the transport `http` keeps of events whose listeners are not all known yet.

#include "plugins/transports/http/waiting_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stampede::transports {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

Event event(const std::string& id, const std::string& key = "k") {
  return {.id = id, .topic = "ORDER_PENDING", .key = key, .payload = "", .correlation = ""};
}

std::vector<std::string> ids_of(const WaitingEvents::Due& due) {
  std::vector<std::string> ids;
  for (const auto* one : due.events) ids.push_back(one->id);
  return ids;
}

class Waiting : public testing::Test {
 protected:
  void begin(const std::vector<Event>& events, std::chrono::seconds after = 0s) {
    ASSERT_TRUE(waiting_.begin(events, start_ + after));
  }
  void had(const std::vector<Event>& events, const std::string& service) {
    std::vector<const Event*> all;
    for (const auto& one : events) all.push_back(&one);
    waiting_.handled(all, service);
  }

  WaitingEvents waiting_;
  const Clock::time_point start_ = Clock::now();
};

TEST_F(Waiting, GiveNoServiceAnEventTwice) {
  const std::vector<Event> events{event("1"), event("2")};
  begin(events);
  had(events, "user");
  waiting_.end(events, false);
  begin(events);
  EXPECT_THAT(ids_of(waiting_.due(events, "user")), ElementsAre());
  EXPECT_THAT(ids_of(waiting_.due(events, "product")), ElementsAre("1", "2"));
  waiting_.end(events, true);
  EXPECT_TRUE(waiting_.empty());
}

TEST_F(Waiting, AreHeldBehindWhatCameBeforeOfTheirKeyOnly) {
  const std::vector<Event> earlier{event("1")};
  const std::vector<Event> later{event("2"), event("3", "other"), event("4")};
  begin(earlier);
  waiting_.end(earlier, false);
  begin(later);
  const auto due = waiting_.due(later, "user");
  EXPECT_THAT(ids_of(due), ElementsAre("3"));
  EXPECT_TRUE(due.is_held);
  EXPECT_FALSE(due.is_soon) << "nobody publishes the first one now";
  begin(earlier);
  EXPECT_TRUE(waiting_.due(later, "user").is_soon);
  had(earlier, "user");
  EXPECT_THAT(ids_of(waiting_.due(later, "user")), ElementsAre("2", "3", "4"));
  EXPECT_FALSE(waiting_.due(later, "user").is_held);
}

TEST_F(Waiting, AreNotExpectedSoonBehindOneThatNobodyPublishes) {
  const std::vector<Event> first{event("1")};
  const std::vector<Event> second{event("2")};
  const std::vector<Event> third{event("3")};
  begin(first);
  waiting_.end(first, false);
  begin(second);
  begin(third);
  const auto due = waiting_.due(third, "user");
  EXPECT_TRUE(due.is_held);
  EXPECT_FALSE(due.is_soon);
}

TEST_F(Waiting, AreGivenUpWhenNobodyPublishesThemAgainThoughEverybodyIsKnown) {
  const std::vector<Event> left{event("1")};
  const std::vector<Event> later{event("2")};
  begin(left);
  waiting_.end(left, false);
  begin(later, 60s);
  waiting_.prune(start_ + 60s, std::nullopt);
  EXPECT_TRUE(waiting_.due(later, "user").is_held) << "somebody is not known";
  waiting_.prune(start_ + 60s, start_ + 55s);
  EXPECT_TRUE(waiting_.due(later, "user").is_held) << "its publisher has not had the time";
  waiting_.prune(start_ + 60s, start_ + 50s);
  EXPECT_FALSE(waiting_.due(later, "user").is_held);
  EXPECT_THAT(ids_of(waiting_.due(later, "user")), ElementsAre("2"));
}

TEST_F(Waiting, AreNoMoreThanCanBeRemembered) {
  std::vector<Event> most;
  most.reserve(WaitingEvents::kMost);
  for (std::size_t i = 0; i < WaitingEvents::kMost; ++i) most.push_back(event(std::to_string(i)));
  begin(most);
  EXPECT_FALSE(waiting_.begin(std::vector<Event>{event("one more")}, start_));
  EXPECT_TRUE(waiting_.begin(std::vector<Event>{event("7")}, start_)) << "it waits already";
}

}  // namespace
}  // namespace stampede::transports
