// `stampede plugins`: everything a person needs to write `use:` and its options.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "experiments/cli/command_line.hpp"
#include "experiments/cli/subcommands.hpp"

namespace stampede::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Answer {
  ExitCode code;
  std::string out;
  std::string error;
};

Answer plugins(std::vector<const char*> arguments) {
  std::vector<const char*> all{"stampede", "plugins", "--search",
                               STAMPEDE_BINARY_DIR "/tests/fixtures/plugins"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::ostringstream out;
  std::ostringstream error;
  Console console{out, error};
  const auto code =
      run_command_line(subcommands(), static_cast<int>(all.size()), all.data(), console);
  return {code, out.str(), error.str()};
}

nlohmann::json named(const nlohmann::json& plugins, const std::string& name) {
  for (const auto& plugin : plugins) {
    if (plugin.at("name") == name) return plugin;
  }
  return {};
}

TEST(PluginsCommand, ListsKindNameSummaryAndOptions) {
  const auto answer = plugins({});
  EXPECT_EQ(answer.code, ExitCode::kPassed);
  EXPECT_THAT(answer.out, HasSubstr("A plugin for tests\n"));
  EXPECT_THAT(answer.out, HasSubstr("\nOptions of lock sample\n"));
  EXPECT_THAT(answer.out,
              testing::ContainsRegex(
                  "\n  attempts +integer +10 +1\\.\\.1000 +Most tries for one request\n"));
}

TEST(PluginsCommand, ListsUnusablePluginsWithTheirReason) {
  const auto answer = plugins({"locks"});
  EXPECT_EQ(answer.code, ExitCode::kPassed);
  EXPECT_THAT(answer.out, testing::ContainsRegex("lock +wrong_abi +unusable: .*wrong_abi.so was"));
}

TEST(PluginsCommand, ShowsOnlyTheOneAskedFor) {
  const auto answer = plugins({"lock/sample"});
  EXPECT_EQ(answer.code, ExitCode::kPassed);
  EXPECT_THAT(answer.out, AllOf(HasSubstr("sample"), Not(HasSubstr("wrong_abi"))));
}

TEST(PluginsCommand, FailsWhenTheOneAskedForIsUnusable) {
  EXPECT_EQ(plugins({"lock/wrong_abi"}).code, ExitCode::kEnvironment);
}

TEST(PluginsCommand, PrintsTheSameAsJson) {
  const auto answer = plugins({"--json"});
  EXPECT_EQ(answer.code, ExitCode::kPassed);
  const auto json = nlohmann::json::parse(answer.out);
  const auto sample = named(json.at("plugins"), "sample");
  EXPECT_EQ(sample.at("kind"), "lock");
  EXPECT_EQ(sample.at("usable"), true);
  EXPECT_EQ(sample.at("options").at(0), (nlohmann::json{{"name", "attempts"},
                                                        {"type", "integer"},
                                                        {"default", "10"},
                                                        {"range", "1..1000"},
                                                        {"help", "Most tries for one request"}}));
  const auto misfit = named(json.at("plugins"), "wrong_abi");
  EXPECT_EQ(misfit.at("usable"), false);
  EXPECT_THAT(misfit.at("reason").get<std::string>(), HasSubstr("plugin ABI"));
}

TEST(PluginsCommand, RefusesAnUnknownKindOrNameInOneLine) {
  const auto kind = plugins({"lokc"});
  EXPECT_EQ(kind.code, ExitCode::kUsage);
  EXPECT_THAT(kind.error, HasSubstr("unknown kind \"lokc\"; expected \"lock\", \"store\","));
  const auto name = plugins({"lock/smaple"});
  EXPECT_EQ(name.code, ExitCode::kUsage);
  EXPECT_THAT(name.error, HasSubstr("no lock \"smaple\"; did you mean \"sample\"?"));
}

}  // namespace
}  // namespace stampede::cli
