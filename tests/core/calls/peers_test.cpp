// Calls to other processes: who hosts what is found out, instances take turns, the dead are passed
// over, nobody waits longer than he said, and an error arrives as what it was.

#include "core/calls/peers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "tests/core/calls/neighbour.hpp"

namespace stampede::calls {
namespace {

using namespace std::chrono_literals;
using saga::Area;
using ::testing::HasSubstr;
using testing::Neighbour;
using ::testing::Not;
using testing::only;

constexpr auto kPatience = 30s;

class Asking {
 public:
  explicit Asking(Clock::duration patience = kPatience)
      : context_{Clock::now() + patience, phases_} {}
  saga::Call& call() { return call_; }

 private:
  Phases phases_;
  Context context_;
  saga::Call call_{context_, "trace-1"};
};

Result<std::string> quote(Peers& peers, Clock::duration patience = kPatience) {
  Asking asking(patience);
  return peers.call(Area::kProduct, kQuote, "{}", asking.call());
}

Neighbour::Script saying(const std::string& text) {
  return [text](const auto&) -> Result<std::string> { return text; };
}

// A port on which nobody listens: somebody did, and left.
std::uint16_t closed_port() { return Neighbour(only(Area::kUser), saying("")).port(); }
std::string closed_url() { return "http://127.0.0.1:" + std::to_string(closed_port()); }

TEST(Peers, CallWhoHostsTheServiceWithTheTimeLeftAndTheCorrelation) {
  Neighbour users(only(Area::kUser), saying("users"));
  Neighbour products(only(Area::kProduct), saying("products"));
  Peers peers({users.url(), products.url()});
  EXPECT_EQ(quote(peers).value(), "products");
  ASSERT_EQ(products.seen().size(), 1U);
  const auto seen = products.seen().front();
  EXPECT_EQ(seen.path, "/calls/quote");
  EXPECT_EQ(seen.correlation, "trace-1");
  const auto left = std::chrono::milliseconds(std::stoll(seen.timeout));
  EXPECT_GT(left, 0ms);
  EXPECT_LE(left, kPatience);
  EXPECT_TRUE(users.seen().empty());
}

TEST(Peers, KeepTheCodeOfAnErrorThatWasAnswered) {
  auto code = ErrorCode::kLockTimeout;
  Neighbour products(only(Area::kProduct), [&](const auto&) -> Result<std::string> {
    return fail(code, "says the other one");
  });
  Peers peers({products.url()});
  for (const auto each : {ErrorCode::kLockTimeout, ErrorCode::kConflict, ErrorCode::kOverloaded,
                          ErrorCode::kInDoubt, ErrorCode::kInternal, ErrorCode::kInvalid}) {
    code = each;
    const auto answer = quote(peers);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, each);
    EXPECT_THAT(answer.error().message, HasSubstr("says the other one"));
  }
}

TEST(Peers, NameTheServiceWhenNobodyAnswers) {
  Peers peers({closed_url()});
  const auto answer = quote(peers);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("http://127.0.0.1:"));
  EXPECT_EQ(saga::told_of(answer.error()), "no answer from the product service");
  EXPECT_THAT(std::string(saga::told_of(answer.error())), Not(HasSubstr("127.0.0.1")));
}

TEST(Peers, NameTheServiceThatNoneOfThemHosts) {
  Neighbour users(only(Area::kUser), saying(""));
  Peers peers({users.url()});
  const auto answer = quote(peers);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("none of the peers hosts it"));
}

TEST(Peers, InstancesTakeTurns) {
  Neighbour one(only(Area::kProduct), saying("1"));
  Neighbour two(only(Area::kProduct), saying("2"));
  Peers peers({one.url(), two.url()});
  ASSERT_TRUE(peers.missing(only(Area::kProduct), Clock::now() + kPatience).empty());
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(quote(peers));
  EXPECT_EQ(one.seen().size(), 3U);
  EXPECT_EQ(two.seen().size(), 3U);
}

TEST(Peers, PassOverAnInstanceThatIsDeadAndUseItWhenItIsBack) {
  auto one = std::make_optional<Neighbour>(only(Area::kProduct), saying("1"));
  Neighbour two(only(Area::kProduct), saying("2"));
  Peers peers({one->url(), two.url()});
  ASSERT_TRUE(peers.missing(only(Area::kProduct), Clock::now() + kPatience).empty());
  const auto port = one->port();
  one.reset();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(quote(peers).value_or(""), "2");
  one.emplace(only(Area::kProduct), saying("1"), port);
  const auto deadline = Clock::now() + kPatience;
  while (quote(peers).value_or("") != "1") ASSERT_LT(Clock::now(), deadline);
}

TEST(Peers, WaitNoLongerThanTheDeadlineForOneThatHangs) {
  Neighbour products(only(Area::kProduct), saying("1"));
  Peers peers({products.url()});
  ASSERT_TRUE(quote(peers));
  products.hang();
  const auto began = Clock::now();
  const auto answer = quote(peers, 300ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kTimeout);
  EXPECT_THAT(answer.error().message, Not(HasSubstr("127.0.0.1"))) << "customers are told this";
  EXPECT_GE(Clock::now() - began, 300ms);
  EXPECT_LT(Clock::now() - began, 15s);
}

TEST(Peers, LeaveTimeForAnotherInstanceWhenOneHangs) {
  Neighbour one(only(Area::kProduct), saying("1"));
  Neighbour two(only(Area::kProduct), saying("2"));
  Peers peers({one.url(), two.url()});
  ASSERT_TRUE(peers.missing(only(Area::kProduct), Clock::now() + kPatience).empty());
  one.hang();
  for (int i = 0; i < 2; ++i) {
    const auto answer = quote(peers, 10s);
    EXPECT_EQ(answer.value_or(""), "2") << answer.error().message;
  }
}

TEST(Peers, DoNotSendAnotherCallToOneThatHangs) {
  Neighbour one(only(Area::kProduct), saying("1"));
  Neighbour two(only(Area::kProduct), saying("2"));
  Peers peers({one.url(), two.url()});
  ASSERT_TRUE(peers.missing(only(Area::kProduct), Clock::now() + kPatience).empty());
  one.hang();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(quote(peers, 4s).value_or(""), "2");
  EXPECT_EQ(one.seen().size(), 1U);
}

TEST(Peers, DoNotSendAnotherCallToOneThatSaysThatItIsUnavailable) {
  Neighbour one(only(Area::kProduct), [](const auto&) -> Result<std::string> {
    return fail(ErrorCode::kUnavailable, "my store is away");
  });
  Neighbour two(only(Area::kProduct), saying("2"));
  Peers peers({one.url(), two.url()});
  ASSERT_TRUE(peers.missing(only(Area::kProduct), Clock::now() + kPatience).empty());
  one.hide();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(quote(peers).value_or(""), "2");
  EXPECT_EQ(one.seen().size(), 1U);
}

TEST(Peers, LeaveAllTheTimeToTheOnlyOneThatIsUp) {
  auto one = std::make_optional<Neighbour>(only(Area::kProduct), saying("1"));
  Neighbour two(only(Area::kProduct), saying("2"));
  Peers peers({one->url(), two.url()});
  ASSERT_TRUE(peers.missing(only(Area::kProduct), Clock::now() + kPatience).empty());
  one.reset();
  for (int i = 0; i < 2; ++i) ASSERT_EQ(quote(peers, kPatience).value_or(""), "2");
  for (const auto& seen : two.seen()) {
    EXPECT_GT(std::chrono::milliseconds(std::stoll(seen.timeout)), kPatience * 2 / 3);
  }
}

TEST(Peers, GoToTheNextOneWhenOneCannotAnswer) {
  for (const auto code : {ErrorCode::kUnavailable, ErrorCode::kNotFound, ErrorCode::kTimeout}) {
    Neighbour one(only(Area::kProduct),
                  [&](const auto&) -> Result<std::string> { return fail(code, "not I"); });
    Neighbour two(only(Area::kProduct), saying("2"));
    Peers peers({one.url(), two.url()});
    ASSERT_TRUE(peers.missing(only(Area::kProduct), Clock::now() + kPatience).empty());
    for (int i = 0; i < 2; ++i) EXPECT_EQ(quote(peers).value_or(""), "2") << to_string(code);
    EXPECT_FALSE(one.seen().empty());
  }
}

TEST(Peers, TryTheOnlyOneThoughItHasNotSaidThatItIsBack) {
  Neighbour products(only(Area::kProduct), saying("back"));
  Peers peers({products.url()});
  ASSERT_TRUE(peers.missing(only(Area::kProduct), Clock::now() + kPatience).empty());
  products.hang();
  ASSERT_FALSE(quote(peers, 300ms));
  products.release();
  products.hide();
  EXPECT_EQ(quote(peers).value_or(""), "back");
}

TEST(Peers, AreOneWhereAnAddressIsNamedTwice) {
  Neighbour one(only(Area::kProduct), saying("1"));
  Neighbour two(only(Area::kProduct), saying("2"));
  Peers peers({one.url(), one.url(), two.url()});
  ASSERT_TRUE(peers.missing(only(Area::kProduct), Clock::now() + kPatience).empty());
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(quote(peers));
  EXPECT_EQ(two.seen().size(), 3U);
}

TEST(Peers, AskAgainWhoHasTakenTheAddressOfAnother) {
  auto first = std::make_optional<Neighbour>(only(Area::kProduct), saying("1"));
  Peers peers({first->url()});
  ASSERT_TRUE(quote(peers));
  const auto port = first->port();
  first.reset();
  Neighbour other(
      only(Area::kUser),
      [](const auto&) -> Result<std::string> { return fail(ErrorCode::kNotFound, "not here"); },
      port);
  const auto answer = quote(peers);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  const auto missing =
      peers.missing(only(Area::kProduct) | only(Area::kUser), Clock::now() + kPatience);
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing.front().service, "product");
}

TEST(Peers, FindAServiceThatHasMovedToTheAddressOfAnother) {
  const auto refuse = [](const auto&) -> Result<std::string> {
    return fail(ErrorCode::kNotFound, "not here");
  };
  auto left = std::make_optional<Neighbour>(only(Area::kProduct), saying("products"));
  auto right = std::make_optional<Neighbour>(only(Area::kUser), refuse);
  Peers peers({left->url(), right->url()});
  ASSERT_TRUE(
      peers.missing(only(Area::kProduct) | only(Area::kUser), Clock::now() + kPatience).empty());
  const auto left_port = left->port();
  const auto right_port = right->port();
  left.reset();
  right.reset();
  left.emplace(only(Area::kUser), refuse, left_port);
  right.emplace(only(Area::kProduct), saying("products"), right_port);
  EXPECT_FALSE(quote(peers)) << "it was asked at its old address";
  EXPECT_EQ(quote(peers).value_or(""), "products");
}

TEST(Peers, SayThatOneIsMissingWhomNobodyHasCalledSinceHeLeft) {
  auto products = std::make_optional<Neighbour>(only(Area::kProduct), saying("1"));
  Peers peers({products->url()});
  ASSERT_TRUE(peers.missing(only(Area::kProduct), Clock::now() + kPatience).empty());
  products.reset();
  EXPECT_EQ(peers.missing(only(Area::kProduct), Clock::now() + kPatience).size(), 1U);
}

TEST(Peers, SayWhatElseAnswersAtAnAddress) {
  auto front = std::move(*plugin::Catalog({STAMPEDE_PLUGIN_DIR}).create<HttpServer>("beast"));
  ASSERT_TRUE(front->start({}, [](const HttpRequest&, Responder to) {
    HttpResponse response;
    response.status = 404;
    response.body = "<html>";
    to.send(std::move(response));
  }));
  Peers peers({"http://127.0.0.1:" + std::to_string(front->port())});
  const auto missing = peers.missing(only(Area::kProduct), Clock::now() + kPatience);
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_THAT(missing.front().why, HasSubstr(": status 404"));
}

TEST(Peers, SayWhoIsMissingUntilHeComes) {
  const auto port = closed_port();
  Peers peers({"http://127.0.0.1:" + std::to_string(port)});
  const auto wanted = only(Area::kProduct);
  EXPECT_EQ(peers.missing(wanted, Clock::now() + kPatience).size(), 1U);
  EXPECT_EQ(Peers({}).missing(wanted, Clock::now() + kPatience).size(), 1U);
  Neighbour products(wanted, saying("here"), port);
  EXPECT_TRUE(peers.missing(wanted, Clock::now() + kPatience).empty());
  EXPECT_EQ(quote(peers).value_or(""), "here");
}

TEST(Peers, AreCalledByManyWhileOneComesAndGoes) {
  Neighbour steady(only(Area::kProduct), saying("steady"));
  auto other = std::make_optional<Neighbour>(only(Area::kProduct), saying("other"));
  const auto port = other->port();
  Peers peers({steady.url(), other->url()});
  ASSERT_TRUE(peers.missing(only(Area::kProduct), Clock::now() + kPatience).empty());
  std::atomic<bool> done = false;
  std::atomic<int> failures = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      while (!done) failures += quote(peers) ? 0 : 1;
    });
  }
  for (int i = 0; i < 10; ++i) {
    other.reset();
    other.emplace(only(Area::kProduct), saying("other"), port);
  }
  done = true;
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace stampede::calls
