// `stampede check`: what it prints, and the exit codes that a CI relies on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "experiments/cli/command_line.hpp"
#include "experiments/cli/subcommands.hpp"
#include "tests/support/redis_nodes.hpp"

namespace stampede::kit {
namespace {

using cli::ExitCode;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

const std::string kPlugins = STAMPEDE_PLUGIN_DIR;
const std::string kFixtures = STAMPEDE_BINARY_DIR "/tests/fixtures/plugins";

struct Answer {
  ExitCode code;
  std::string out;
  std::string error;
};

Answer check(std::vector<std::string> arguments) {
  ::setenv("STAMPEDE_PLUGIN_PATH", kPlugins.c_str(), 1);
  std::vector<const char*> all{"stampede", "check"};
  for (const auto& argument : arguments) all.push_back(argument.c_str());
  std::ostringstream out;
  std::ostringstream error;
  cli::Console console{out, error};
  const auto code =
      cli::run_command_line(cli::subcommands(), static_cast<int>(all.size()), all.data(), console);
  return {code, out.str(), error.str()};
}

TEST(CheckCommand, PassesABuiltInStrategy) {
  const auto answer =
      check({kPlugins + "/locks/optimistic.so", "--quick", "--set", "attempts=100"});
  EXPECT_EQ(answer.code, ExitCode::kPassed) << answer.out << answer.error;
  EXPECT_THAT(answer.out, HasSubstr("lock/optimistic on memory"));
  EXPECT_THAT(answer.out, HasSubstr("kept            NoUpdateOfTheStockIsLost"));
  EXPECT_THAT(answer.out, HasSubstr("does not apply  TheLockCoversGuarded: it was not found"));
  EXPECT_THAT(answer.out, HasSubstr(" 0 broken,"));
}

TEST(CheckCommand, PassesABuiltInStore) {
  const auto answer = check({"store/memory"});
  EXPECT_EQ(answer.code, ExitCode::kPassed) << answer.out << answer.error;
}

TEST(CheckCommand, PrintsWhatBrokeAPromiseAsAHistory) {
  const auto answer = check({kFixtures + "/locks/loses_updates.so", "--quick"});
  EXPECT_EQ(answer.code, ExitCode::kAudit);
  EXPECT_THAT(answer.out, HasSubstr("NoUpdateOfTheStockIsLost of lock/loses_updates on memory is "
                                    "broken:\n  product 1: 2 sold, but stock fell by 1\n"));
  EXPECT_THAT(answer.out, testing::ContainsRegex(
                              "ms  thread 2  purchase 2 of user 2 +reads product 1: stock 10"));
  EXPECT_THAT(answer.out, testing::ContainsRegex(
                              "ms  thread 1  purchase 1 of user 1 +takes 1 of product 1, of which "
                              "it saw 10"));
}

TEST(CheckCommand, GoesOnAfterAPluginThatCrashesOrHangs) {
  const auto answer = check({kFixtures + "/locks/crashes.so", "--only", "No*Lost"});
  EXPECT_EQ(answer.code, ExitCode::kAudit);
  EXPECT_THAT(answer.out, HasSubstr("NoUpdateOfABalanceIsLost of lock/crashes on memory is "
                                    "broken:\n  the process "));
  EXPECT_THAT(answer.out, HasSubstr("3 broken"));
}

TEST(CheckCommand, PrintsTheSameAsJson) {
  const auto answer =
      check({kFixtures + "/locks/loses_updates.so", "--only", "NoUpdateOfA*", "--json"});
  EXPECT_EQ(answer.code, ExitCode::kAudit);
  const auto json = nlohmann::json::parse(answer.out).at(0);
  EXPECT_EQ(json.at("subject"), "lock/loses_updates on memory");
  EXPECT_EQ(json.at("passed"), false);
  const auto& first = json.at("checks").at(0);
  EXPECT_EQ(first.at("promise"), "NoUpdateOfABalanceIsLost");
  EXPECT_EQ(first.at("result"), "broken");
  EXPECT_GT(first.at("broken").size(), 0U);
  EXPECT_GT(first.at("history").size(), 10U);
}

TEST(CheckCommand, ChecksATransport) {
  const auto answer = check({"transport/inline"});
  EXPECT_EQ(answer.code, ExitCode::kPassed) << answer.out;
  EXPECT_THAT(answer.out, HasSubstr("kept            EventsOfAKeyStayInOrder"));
  EXPECT_THAT(answer.out, HasSubstr("does not apply  TwoInstancesOfAServiceShareItsEvents"));
}

TEST(CheckCommand, ChecksAGate) {
  const auto answer = check({"gate/memory"});
  EXPECT_EQ(answer.code, ExitCode::kPassed) << answer.out;
  EXPECT_THAT(answer.out, HasSubstr("kept            TheLastOneIsGrantedOnce"));
  EXPECT_THAT(answer.out, HasSubstr("does not apply  InstancesShareWhatTheyKnow"));
  const auto quick = check({"gate/memory", "--quick"});
  EXPECT_THAT(quick.out, Not(HasSubstr("TheLastOneIsGrantedOnce")));
  EXPECT_THAT(quick.out, HasSubstr("GivesAProductByRequest"));
}

TEST(CheckCommand, SaysWhenTheServerOfAGateIsNotThere) {
  const auto answer = check({"gate/redis_lua", "--set", "url=127.0.0.1:1"});
  EXPECT_EQ(answer.code, ExitCode::kEnvironment) << answer.out;
  EXPECT_THAT(answer.error, HasSubstr("gate \"redis_lua\" does not answer"));
}

TEST(CheckCommand, SaysWhenTheServerOfARankingIsNotThere) {
  const auto answer = check({"ranking/redis_zset", "--set", "url=127.0.0.1:1"});
  EXPECT_EQ(answer.code, ExitCode::kEnvironment) << answer.out;
  EXPECT_THAT(answer.error, HasSubstr("ranking \"redis_zset\" does not answer"));
}

TEST(CheckCommand, ChecksARanking) {
  if (const auto missing = test::RedisNodes::missing(); !missing.empty()) GTEST_SKIP() << missing;
  const test::RedisNodes redis(1);
  const auto answer = check({"ranking/redis_zset", "--set", "url=" + redis.url(0)});
  EXPECT_EQ(answer.code, ExitCode::kPassed) << answer.out << answer.error;
  EXPECT_THAT(answer.out, HasSubstr("kept            InstancesShareWhatTheyKnow"));
  EXPECT_THAT(answer.out, HasSubstr("kept            AStepIsSeenAsAWhole"));
}

TEST(CheckCommand, RefusesWhatItCannotCheck) {
  const auto refused = [](std::vector<std::string> arguments, const std::string& because) {
    const auto answer = check(std::move(arguments));
    EXPECT_EQ(answer.code, ExitCode::kUsage) << because;
    EXPECT_THAT(answer.error, HasSubstr(because));
    EXPECT_EQ(answer.out, "");
  };
  refused({"absent.so"}, "absent.so does not exist");
  refused({kFixtures + "/locks/wrong_abi.so"}, "was built for plugin ABI");
  refused({"frontend/beast"},
          "no checks for a frontend; there are for a lock, a store, a transport, a gate and a "
          "ranking");
  refused({"gate/redis_lua"}, "gate \"redis_lua\" does not answer: the option 'url' is empty");
  refused({"ranking/redis_zset"}, "ranking \"redis_zset\" does not answer");
  refused({"lock/optimistc"}, "did you mean \"optimistic\"?");
  refused({"lock/optimistic", "--set", "attemps=3"}, "did you mean \"attempts\"?");
  refused({"lock/optimistic", "--set", "attempts"}, "expected option=value");
  refused({"lock/optimistic", "--store", "memroy"}, "did you mean \"memory\"?");
  refused({"lock/optimistic", "--only", "Nothing"}, "no check matches");
  refused({"lock/pessimistic", "--store", "memory"}, "does not run on store \"memory\"");
}

}  // namespace
}  // namespace stampede::kit
