// What becomes of the gates in Redis when Redis, or one who asks it, does not do as it should; and
// what is lost in the gaps of redis_list.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/support/gates_under_test.hpp"

namespace stampede::test {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

class RedisGate : public GateTest {};
class RedisLua : public GateTest {};
class RedisList : public GateTest {
 protected:
  // Clients that wait for Redis to run this command.
  int waiting_for(const std::string& command) {
    const auto clients = redis().ask(0, {"CLIENT", "LIST"}).text;
    int count = 0;
    for (auto at = clients.find("cmd=" + command); at != std::string::npos;
         at = clients.find("cmd=" + command, at + 1)) {
      ++count;
    }
    return count;
  }
};

template <typename Condition>
void wait_until(Condition condition) {
  const auto deadline = in_time();
  while (!condition()) {
    ASSERT_LT(Clock::now(), deadline);
    std::this_thread::yield();
  }
}

TEST_P(RedisGate, IsClosedWhenRedisWasEmptiedUntilItIsLoaded) {
  const auto gate = make();
  load(*gate, 5);
  ASSERT_EQ(decide(*gate, coupon_claim(1, "a")).value(), Decision::kGranted);
  redis().ask(0, {"FLUSHALL"});
  EXPECT_EQ(decide(*gate, coupon_claim(2, "b")).value(), Decision::kClosed);
  EXPECT_FALSE(state(*gate).open);
  load(*gate, 4, {{UserId{1}, "a"}});
  EXPECT_EQ(decide(*gate, coupon_claim(1, "c")).value(), Decision::kAlready);
  EXPECT_EQ(decide(*gate, coupon_claim(2, "d")).value(), Decision::kGranted);
}

TEST_P(RedisGate, AnswersWithinTheDeadlineWhenRedisStandsStill) {
  const auto gate = make({{"timeout", "5s"}});
  load(*gate, 5);
  redis().freeze(0);
  const auto started = Clock::now();
  const auto decision = decide(*gate, coupon_claim(1, "a"), Clock::now() + 50ms);
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, ErrorCode::kInDoubt) << decision.error().message;
  EXPECT_LT(Clock::now() - started, 5s);
  redis().thaw(0);
  EXPECT_EQ(decide(*gate, coupon_claim(2, "b")).value(), Decision::kGranted);
}

TEST_P(RedisGate, SaysUnavailableWhenRedisIsGoneAndWorksWhenItIsBack) {
  const auto gate = make();
  load(*gate, 5);
  redis().kill(0);
  const auto first = decide(*gate, coupon_claim(1, "a"));
  ASSERT_FALSE(first);
  EXPECT_THAT(first.error().code, AnyOf(ErrorCode::kUnavailable, ErrorCode::kInDoubt));
  const auto second = decide(*gate, coupon_claim(1, "a"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable) << second.error().message;
  EXPECT_EQ(gate->stats().errors, 2);
  redis().start(0);
  EXPECT_EQ(decide(*gate, coupon_claim(1, "a")).value(), Decision::kClosed);
}

TEST_P(RedisGate, NamesTheOptionThatIsWrong) {
  const auto refusal = [this](const std::string& url) {
    try {
      make({{"url", url}});
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("taken");
  };
  EXPECT_THAT(refusal("nowhere"), HasSubstr("option 'url': 'nowhere' is no Redis address"));
  EXPECT_THAT(refusal("a:1,b:2"), HasSubstr("option 'url' names 2 Redis servers"));
  const auto gate = make({{"url", ""}});
  const auto decision = decide(*gate, coupon_claim(1, "a"));
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, ErrorCode::kInvalid);
}

TEST_P(RedisGate, SharesAServerWithASaleOfAnotherPrefix) {
  const auto gate = make();
  const auto other = make({{"prefix", "another:"}});
  load(*gate, 1);
  EXPECT_FALSE(state(*other).open);
}

TEST_P(RedisLua, LeavesWhatACrashedInstanceWasGrantedToTheOthers) {
  auto crashed = make();
  load(*crashed, 5);
  ASSERT_EQ(decide(*crashed, coupon_claim(1, "a")).value(), Decision::kGranted);
  crashed.reset();  // Before it told anybody.
  const auto gate = make();
  EXPECT_THAT(pending(*gate), ElementsAre("a"));
  EXPECT_EQ(state(*gate).remaining, 4);
}

TEST_P(RedisLua, TeachesItsScriptsAgainToAServerThatForgotThem) {
  const auto gate = make();
  load(*gate, 5);
  ASSERT_EQ(decide(*gate, coupon_claim(1, "a")).value(), Decision::kGranted);
  redis().ask(0, {"SCRIPT", "FLUSH"});
  EXPECT_EQ(decide(*gate, coupon_claim(2, "b")).value(), Decision::kGranted);
  EXPECT_EQ(state(*gate).holders, 2);
}

TEST_P(RedisLua, SendsWhatWaitsInOneCall) {
  constexpr int kCallers = 20;
  const auto gate = make();
  load(*gate, kCallers);
  const auto gauge = [&](const std::string& name) {
    for (const auto& [key, value] : gate->stats().gauges) {
      if (key == name) return static_cast<int>(value);
    }
    return -1;
  };
  redis().freeze(0);
  std::vector<std::future<Result<Decision>>> answers;
  for (int user = 1; user <= kCallers; ++user) {
    answers.push_back(std::async(std::launch::async, [&, user] {
      return decide(*gate, coupon_claim(user, std::to_string(user)));
    }));
    // The first is on its way before the others come.
    if (user == 1) wait_until([&] { return gauge("calls") == 1; });
  }
  wait_until([&] { return gauge("waiting") == kCallers - 1; });
  redis().thaw(0);
  for (auto& answer : answers) EXPECT_EQ(answer.get().value(), Decision::kGranted);
  EXPECT_EQ(gauge("calls"), 2);
}

TEST_P(RedisLua, LoadedByTwoAtOnceIsAsOneOfThemSays) {
  const auto first = make();
  const auto second = make();
  std::vector<Holder> few;
  std::vector<Holder> many;
  for (int user = 1; user <= 1'500; ++user) few.push_back({UserId{user}, "f"});
  for (int user = 1; user <= 3'000; ++user) many.push_back({UserId{user}, "m"});
  for (int round = 0; round < 10; ++round) {
    auto other =
        std::async(std::launch::async, [&] { return second->load(kCoupon, 200, many, in_time()); });
    const auto one = first->load(kCoupon, 100, few, in_time());
    const auto two = other.get();
    for (const auto* loaded : {&one, &two}) {
      if (*loaded) continue;
      EXPECT_EQ(loaded->error().code, ErrorCode::kConflict) << loaded->error().message;
    }
    ASSERT_TRUE(one || two);
    const auto now = state(*first);
    EXPECT_TRUE(now.open);
    EXPECT_TRUE((now.remaining == 100 && now.holders == 1'500) ||
                (now.remaining == 200 && now.holders == 3'000))
        << now.remaining << " left, " << now.holders << " holders";
  }
}

TEST_P(RedisList, LosesACouponWhenTheSequenceIsCutAfterItsSecondCommand) {
  const auto gate = make();
  load(*gate, 5);
  redis().ask(0, {"ACL", "SETUSER", "default", "-sadd"});
  EXPECT_FALSE(decide(*gate, coupon_claim(1, "a")));
  redis().ask(0, {"ACL", "SETUSER", "default", "+sadd"});
  EXPECT_EQ(state(*gate).remaining, 4);  // Taken,
  EXPECT_EQ(state(*gate).holders, 0);    // and nobody has it.
  EXPECT_TRUE(gate->pending(kCoupon, {}, 10, in_time()).value().empty());
}

TEST_P(RedisList, GivesAUserTwoWhoAsksTwiceAtOnce) {
  const auto gate = make();
  load(*gate, 5);
  redis().ask(0, {"CLIENT", "PAUSE", "20000", "WRITE"});  // Looking into the set is no write.
  std::vector<std::future<Result<Decision>>> answers;
  for (const auto* request : {"a", "b"}) {
    answers.push_back(std::async(std::launch::async,
                                 [&, request] { return decide(*gate, coupon_claim(1, request)); }));
  }
  wait_until([&] { return waiting_for("lpop") == 2; });
  redis().ask(0, {"CLIENT", "UNPAUSE"});
  for (auto& answer : answers) EXPECT_EQ(answer.get().value(), Decision::kGranted);
  EXPECT_EQ(state(*gate).remaining, 3);
  EXPECT_EQ(state(*gate).holders, 1);
}

TEST_P(RedisList, TakesNoStock) {
  const auto gate = make();
  Claim claim{.resource = kProduct, .user = UserId{1}, .quantity = 2, .request = "a"};
  const auto decision = decide(*gate, claim);
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, ErrorCode::kInvalid);
}

INSTANTIATE_TEST_SUITE_P(All, RedisGate, testing::ValuesIn(kRedisGates), name_of_gate);
INSTANTIATE_TEST_SUITE_P(Only, RedisLua, testing::Values("redis_lua"), name_of_gate);
INSTANTIATE_TEST_SUITE_P(Only, RedisList, testing::Values("redis_list"), name_of_gate);

}  // namespace
}  // namespace stampede::test
