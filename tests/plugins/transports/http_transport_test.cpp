// The transport `http`: events go to the process that hosts the service, and were handled when
// publish() returns.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "core/api/http_server.hpp"
#include "core/api/transport.hpp"
#include "core/plugin/catalog.hpp"

namespace stampede {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kPatience = 20s;  // Only bounds how long something broken can hang a test.

plugin::Catalog& catalog() {
  static plugin::Catalog catalog({STAMPEDE_PLUGIN_DIR});
  return catalog;
}

Event event(const std::string& id, const std::string& topic = "ORDER_PENDING",
            const std::string& key = "k") {
  return {.id = id, .topic = topic, .key = key, .payload = R"({"a":"ä"})", .correlation = "c"};
}

// What a server does for the services that it hosts: a listener, and threads beside it.
class Process {
 public:
  explicit Process(plugin::Settings settings = {})
      : transport_(catalog().create<Transport>("http", settings).value()),
        listener_(catalog().create<HttpServer>("beast", {}).value()) {
    const auto listening =
        listener_->start({}, [this](const HttpRequest& request, Responder responder) {
          const std::lock_guard lock(mutex_);
          threads_.emplace_back(
              [this, path = std::string(request.path), body = std::string(request.body),
               timeout = std::string(request.header(kTimeoutHeader)),
               to = std::move(responder)]() mutable { to.send(answer(path, body, timeout)); });
        });
    EXPECT_TRUE(listening);
    transport_->door()->opened_at(url());
  }
  ~Process() {
    transport_->stop();
    listener_->stop();
    threads_.clear();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_->port()); }
  Transport& transport() { return *transport_; }

  void note(const std::string& service, std::string_view topic = "ORDER_PENDING") {
    ASSERT_TRUE(transport_->subscribe(
        topic, service, [this, service](std::span<const Event> events, Deadline) -> Result<void> {
          const std::lock_guard lock(mutex_);
          for (const auto& one : events) handled_[service].push_back(one.id);
          last_ = events.back();
          return {};
        }));
  }
  std::vector<std::string> handled(const std::string& service) {
    const std::lock_guard lock(mutex_);
    return handled_[service];
  }
  Event last() {
    const std::lock_guard lock(mutex_);
    return last_;
  }
  void stop_listening() { listener_->stop(); }

  // Until it is told to, it does not say what it wants: as a process that is starting does, or,
  // when it hangs, as one that is frozen.
  void keep_silent(bool hangs = false) {
    silence_ = silence_end_.get_future().share();
    hangs_ = hangs;
  }
  void speak() { silence_end_.set_value(); }

 private:
  HttpResponse answer(const std::string& path, const std::string& body,
                      const std::string& timeout) {
    if (path == "/events" && silence_.valid() &&
        silence_.wait_for(hangs_ ? kPatience : 0s) != std::future_status::ready) {
      return {.status = 503};
    }
    if (path == "/events") return {.body = transport_->door()->subscriptions()};
    EXPECT_TRUE(path.starts_with("/events/")) << path;
    const auto deadline = Clock::now() + std::chrono::milliseconds(std::stoll(timeout));
    const auto done = transport_->door()->receive(path.substr(8), body, deadline);
    if (done) return {.status = 204};
    return {.status = 500,
            .body = "{\"code\":\"" + std::string(to_string(done.error().code)) +
                    "\",\"detail\":\"" + done.error().message + "\"}"};
  }

  std::promise<void> silence_end_;
  std::shared_future<void> silence_;
  bool hangs_ = false;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> handled_;
  Event last_;
  std::vector<std::jthread> threads_;
  const std::unique_ptr<Transport> transport_;
  const std::unique_ptr<HttpServer> listener_;
};

Result<void> publish(Transport& transport, const std::vector<Event>& events,
                     std::chrono::nanoseconds patience = kPatience) {
  return transport.publish(events, Clock::now() + patience);
}

// On a busy machine somebody who is asked what he wants may answer too late the first time.
bool is_taken(Transport& transport, const Event& event) {
  const auto deadline = Clock::now() + kPatience;
  while (!publish(transport, {event})) {
    if (Clock::now() >= deadline) return false;
  }
  return true;
}

class HttpTransportTest : public testing::TestWithParam<const char*> {
 protected:
  static plugin::Settings settings(const std::string& peers = "") {
    return {{"connections", GetParam()}, {"peers", peers}};
  }
};

TEST_P(HttpTransportTest, HasHadTheEventsHandledByEveryServiceWhenItReturns) {
  Process process(settings());
  process.note("user");
  process.note("product");
  process.note("other", "ORDER_COMPLETED");
  ASSERT_TRUE(process.transport().start());
  EXPECT_TRUE(process.transport().synchronous());
  for (const auto* id : {"1", "2", "3"}) {
    ASSERT_TRUE(publish(process.transport(), {event(id)}));
    EXPECT_EQ(process.handled("user").back(), id);
    EXPECT_EQ(process.handled("product").back(), id);
  }
  EXPECT_THAT(process.handled("other"), ElementsAre());
  EXPECT_EQ(process.last().payload, R"({"a":"ä"})");
  EXPECT_EQ(process.last().correlation, "c");
  EXPECT_EQ(process.last().key, "k");
  EXPECT_EQ(process.transport().stats().published, 3);
  EXPECT_EQ(process.transport().stats().delivered, 6);
}

TEST_P(HttpTransportTest, KeepsTheOrderAndDropsWhatNobodyWants) {
  Process process(settings());
  process.note("user");
  process.note("user", "ORDER_FAILED");
  ASSERT_TRUE(process.transport().start());
  ASSERT_TRUE(publish(process.transport(), {event("1"), event("2"), event("3", "UNKNOWN"),
                                            event("4", "ORDER_FAILED"), event("5"), event("6")}));
  EXPECT_THAT(process.handled("user"), ElementsAre("1", "2", "4", "5", "6"));
}

TEST_P(HttpTransportTest, ReachesServicesOfOtherProcessesWhoseInstancesTakeTurns) {
  Process one;
  one.note("user");
  ASSERT_TRUE(one.transport().start());
  Process other;
  other.note("user");
  ASSERT_TRUE(other.transport().start());
  Process sender(settings(one.url() + ", " + other.url() + "/"));
  sender.note("product");
  ASSERT_TRUE(sender.transport().start());
  ASSERT_TRUE(is_taken(sender.transport(), event("0")));  // Both have said what they want.
  const auto before = one.handled("user").size();
  for (int i = 1; i <= 6; ++i) {
    ASSERT_TRUE(publish(sender.transport(), {event(std::to_string(i))}));
  }
  EXPECT_EQ(one.handled("user").size(), before + 3);
  EXPECT_EQ(one.handled("user").size() + other.handled("user").size(), 7U);
  EXPECT_EQ(sender.handled("product").size(), 7U);
}

TEST_P(HttpTransportTest, PassesOverAnInstanceThatIsGone) {
  Process one;
  one.note("user");
  ASSERT_TRUE(one.transport().start());
  Process other;
  other.note("user");
  ASSERT_TRUE(other.transport().start());
  Process sender(settings(one.url() + "," + other.url()));
  ASSERT_TRUE(sender.transport().start());
  ASSERT_TRUE(is_taken(sender.transport(), event("0")));  // Both have said what they want.
  one.stop_listening();
  for (int i = 1; i <= 4; ++i) {
    ASSERT_TRUE(publish(sender.transport(), {event(std::to_string(i))})) << i;
  }
  EXPECT_EQ(one.handled("user").size() + other.handled("user").size(), 5U);
  other.stop_listening();
  const auto sent = publish(sender.transport(), {event("5")});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kUnavailable);
}

TEST_P(HttpTransportTest, ReachesWhoIsKnownOnceAndAtOnceWhileAPeerNeverComes) {
  Process gone;
  const auto url = gone.url();
  gone.stop_listening();
  Process other;
  other.note("product");
  other.note("coupon", "ORDER_COMPLETED");
  ASSERT_TRUE(other.transport().start());
  Process sender(settings(url + "," + other.url()));
  sender.note("user");
  ASSERT_TRUE(sender.transport().start());
  const std::vector<Event> events{event("1"), event("2", "ORDER_COMPLETED"), event("3")};
  // As long as one may want them they are published again.
  const auto deadline = Clock::now() + kPatience;
  while (other.handled("coupon").empty() && Clock::now() < deadline) {
    ASSERT_FALSE(publish(sender.transport(), events));
  }
  const auto sent = publish(sender.transport(), events);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(sent.error().message, HasSubstr(url));
  EXPECT_THAT(sent.error().message, testing::Not(HasSubstr(other.url())));
  EXPECT_THAT(sender.handled("user"), ElementsAre("1", "3"));
  EXPECT_THAT(other.handled("product"), ElementsAre("1", "3"));
  EXPECT_THAT(other.handled("coupon"), ElementsAre("2"));
  EXPECT_EQ(sender.transport().stats().published, 0);
}

TEST_P(HttpTransportTest, WaitsForNobodyWhoHangsBeforeItReachesWhoIsKnown) {
  std::promise<void> handled;
  Process frozen;
  frozen.keep_silent(true);
  Process sender(settings(frozen.url()));
  ASSERT_TRUE(
      sender.transport().subscribe("ORDER_PENDING", "user", [&](auto, Deadline) -> Result<void> {
        handled.set_value();
        return {};
      }));
  ASSERT_TRUE(sender.transport().start());
  // Whether it speaks in time for this to be taken does not matter.
  std::jthread publisher([&] { static_cast<void>(publish(sender.transport(), {event("1")})); });
  EXPECT_EQ(handled.get_future().wait_for(kPatience / 2), std::future_status::ready);
  frozen.speak();
}

TEST_P(HttpTransportTest, GivesWhoComesLateTheEventsOfAKeyInTheirOrder) {
  Process late;
  late.note("product");
  late.keep_silent();
  ASSERT_TRUE(late.transport().start());
  Process sender(settings(late.url()));
  sender.note("user");
  ASSERT_TRUE(sender.transport().start());
  ASSERT_FALSE(publish(sender.transport(), {event("1")}));
  ASSERT_FALSE(publish(sender.transport(), {event("2")}));
  late.speak();
  const auto other = event("3", "ORDER_PENDING", "another key");
  ASSERT_TRUE(is_taken(sender.transport(), other));
  EXPECT_THAT(late.handled("product"), ElementsAre("3"));
  const auto held = publish(sender.transport(), {event("4")});
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(held.error().message, HasSubstr("earlier events of the same key"));
  ASSERT_TRUE(publish(sender.transport(), {event("1"), event("2"), event("4")}));
  ASSERT_TRUE(publish(sender.transport(), {event("5")}));
  EXPECT_THAT(late.handled("product"), ElementsAre("3", "1", "2", "4", "5"));
  EXPECT_THAT(sender.handled("user"), ElementsAre("1", "2", "3", "4", "5"));
}

TEST_P(HttpTransportTest, KeepsTheOrderOfAKeyAmongCallersWhileAPeerIsSilent) {
  std::promise<void> entered;
  std::promise<void> release;
  std::mutex mutex;
  std::vector<std::string> handled;
  Process late;
  late.keep_silent();
  Process sender(settings(late.url()));
  const auto handle = [&](std::span<const Event> events, Deadline) -> Result<void> {
    if (events.front().id == "1") {
      entered.set_value();
      release.get_future().wait_for(kPatience);
    }
    const std::lock_guard lock(mutex);
    for (const auto& one : events) handled.push_back(one.id);
    return {};
  };
  ASSERT_TRUE(sender.transport().subscribe("ORDER_PENDING", "user", handle));
  ASSERT_TRUE(sender.transport().start());
  std::jthread first([&] { EXPECT_FALSE(publish(sender.transport(), {event("1")})); });
  ASSERT_EQ(entered.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(publish(sender.transport(), {event("2")}, 100ms).error().code, ErrorCode::kTimeout);
  std::jthread second([&] { EXPECT_FALSE(publish(sender.transport(), {event("2")})); });
  release.set_value();
  second.join();
  EXPECT_THAT(handled, ElementsAre("1", "2"));
}

TEST_P(HttpTransportTest, AnswersWhatTheHandlerAnswered) {
  Process process(settings());
  ASSERT_TRUE(process.transport().subscribe(
      "ORDER_PENDING", "user",
      [](auto, Deadline) -> Result<void> { return fail(ErrorCode::kLockTimeout, "user 7"); }));
  ASSERT_TRUE(process.transport().start());
  const auto sent = publish(process.transport(), {event("1")});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kLockTimeout);
  EXPECT_THAT(sent.error().message, HasSubstr("user at http://127.0.0.1:"));
  EXPECT_THAT(sent.error().message, HasSubstr("user 7"));
}

TEST_P(HttpTransportTest, SendsTheDeadlineAlongAndWaitsNoLonger) {
  std::promise<void> release;
  std::promise<Deadline> told;
  Process process(settings());
  ASSERT_TRUE(process.transport().subscribe("ORDER_PENDING", "user",
                                            [&](auto, Deadline deadline) -> Result<void> {
                                              told.set_value(deadline);
                                              release.get_future().wait_for(kPatience);
                                              return {};
                                            }));
  ASSERT_TRUE(process.transport().start());
  const auto deadline = Clock::now() + 1s;
  const auto sent = publish(process.transport(), {event("1")}, 1s);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kTimeout);
  auto got = told.get_future();
  ASSERT_EQ(got.wait_for(kPatience), std::future_status::ready);
  EXPECT_LE(got.get(), deadline + kPatience / 2);
  release.set_value();
}

TEST_P(HttpTransportTest, StopWaitsForWhatIsUnderWayAndNothingBeginsAfterwards) {
  std::promise<void> entered;
  std::promise<void> release;
  std::atomic<int> handled = 0;
  Process process(settings());
  ASSERT_TRUE(
      process.transport().subscribe("ORDER_PENDING", "user", [&](auto, Deadline) -> Result<void> {
        entered.set_value();
        release.get_future().wait_for(kPatience);
        ++handled;
        return {};
      }));
  ASSERT_TRUE(process.transport().start());
  std::jthread sender([&] { EXPECT_TRUE(publish(process.transport(), {event("1")})); });
  ASSERT_EQ(entered.get_future().wait_for(kPatience), std::future_status::ready);
  std::promise<void> stopped;
  std::jthread stopper([&] {
    process.transport().stop();
    EXPECT_EQ(handled, 1);
    stopped.set_value();
  });
  auto end = stopped.get_future();
  EXPECT_EQ(end.wait_for(100ms), std::future_status::timeout);
  release.set_value();
  ASSERT_EQ(end.wait_for(kPatience), std::future_status::ready);
  const auto late = publish(process.transport(), {event("2")});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
}

INSTANTIATE_TEST_SUITE_P(Connections, HttpTransportTest,
                         testing::Values("keepalive", "per_request"));

TEST(HttpDoorTest, RefusesWhatIsNoEventsOrForNobody) {
  Process process;
  process.note("user");
  ASSERT_TRUE(process.transport().start());
  auto& door = *process.transport().door();
  const auto deadline = Clock::now() + kPatience;
  for (const auto* body :
       {"", "[]", "{\"events\":7}", "{\"events\":[{\"id\":\"1\"}]}", "nonsense"}) {
    const auto done = door.receive("user", body, deadline);
    ASSERT_FALSE(done) << body;
    EXPECT_EQ(done.error().code, ErrorCode::kInvalid) << body;
  }
  const auto unknown = door.receive(
      "nobody",
      R"({"events":[{"id":"1","topic":"ORDER_PENDING","key":"","payload":"","correlation":""}]})",
      deadline);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
}

TEST(HttpTransportOptions, ThatCannotBeAreRefusedInOneLine) {
  const auto made = catalog().create<Transport>("http", {{"peers", "localhost:80"}});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("'localhost:80' is no address"));
}

}  // namespace
}  // namespace stampede
