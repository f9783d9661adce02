// `stampede load` as it is typed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "experiments/cli/command_line.hpp"
#include "experiments/cli/subcommands.hpp"
#include "tests/experiments/load/test_server.hpp"

namespace stampede::load {
namespace {

using testing::HasSubstr;

struct Typed {
  cli::ExitCode code;
  std::string out;
  std::string error;
};

Typed type(std::vector<std::string> words) {
  std::vector<const char*> arguments{"stampede", "load"};
  for (const auto& word : words) arguments.push_back(word.c_str());
  std::ostringstream out;
  std::ostringstream error;
  cli::Console console{out, error};
  const auto code = cli::run_command_line(cli::subcommands(), static_cast<int>(arguments.size()),
                                          arguments.data(), console);
  return {code, out.str(), error.str()};
}

class LoadCommand : public testing::Test {
 protected:
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

  ~LoadCommand() override { std::filesystem::remove(file_); }

  std::filesystem::path file(const std::string& text) {
    std::ofstream(file_) << text;
    return file_;
  }

  const TestServer server_{[](const SeenRequest& request) {
    return request.method == "GET" ? TestReply{}
                                   : TestReply{.status = 409, .body = R"({"code":"SOLD_OUT"})"};
  }};
  const std::filesystem::path file_ = std::filesystem::path(testing::TempDir()) /
                                      ("stampede-load-" + std::to_string(::getpid()) + ".yaml");
};

TEST_F(LoadCommand, GetsOneFixedPathOfAnyServer) {
  const auto typed = type({"--url", url(), "--path", "/x?y=1", "--executor", "shared-iterations",
                           "--vus", "2", "--iterations", "20"});
  EXPECT_EQ(typed.code, cli::ExitCode::kPassed) << typed.error;
  EXPECT_THAT(typed.out, HasSubstr("success 20, refusal 0"));
  EXPECT_THAT(typed.out, testing::Not(HasSubstr("ledger")));
  ASSERT_EQ(server_.requests().size(), 20U);
  EXPECT_EQ(server_.requests()[7].target, "/x?y=1");
}

TEST_F(LoadCommand, MixesJourneysAndPrintsJson) {
  const auto typed = type({"--url", url(), "--mix", "issue=1", "--mix", "balance", "--executor",
                           "per-vu-iterations", "--vus", "1", "--iterations", "40", "--json"});
  EXPECT_EQ(typed.code, cli::ExitCode::kPassed) << typed.error;
  EXPECT_THAT(typed.out, HasSubstr("\"SOLD_OUT\": "));
  EXPECT_THAT(typed.out, HasSubstr("\"issue\": {"));
  EXPECT_EQ(server_.requests().size(), 40U);
}

TEST_F(LoadCommand, ReadsAFileAndLetsOptionsOverrideIt) {
  const auto path = file(
      "load:\n  executor: shared-iterations\n  vus: 3\n  iterations: 1000\n  mix: {mine: 1}\n"
      "  journeys:\n    mine:\n      - {path: '/p/{user}'}\n");
  const auto typed = type({"--url", url(), "--file", path.string(), "--iterations", "5"});
  EXPECT_EQ(typed.code, cli::ExitCode::kPassed) << typed.error;
  ASSERT_EQ(server_.requests().size(), 5U);
  EXPECT_EQ(server_.requests()[0].target, "/p/1");
}

TEST_F(LoadCommand, ReportsAllFaultsOfFileAndOptionsWithoutSendingAnything) {
  const auto path = file("load:\n  vuss: 3\n  mix: {ordr: 1}\nother: 1\n");
  const auto typed = type({"--url", url(), "--file", path.string(), "--rate", "x"});
  EXPECT_EQ(typed.code, cli::ExitCode::kUsage);
  EXPECT_THAT(typed.error, HasSubstr(path.string() + ":2: load.vuss: unknown key; did you mean"));
  EXPECT_THAT(typed.error, HasSubstr(path.string() + ":3: load.mix.ordr: no journey"));
  EXPECT_THAT(typed.error, HasSubstr(path.string() + ":4: other: expected only load:"));
  EXPECT_THAT(typed.error, HasSubstr("--rate: load.rate: has no meaning"));
  EXPECT_THAT(typed.error, HasSubstr("load.duration: is missing"));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(LoadCommand, TakesStagesAsK6Does) {
  const auto typed = type({"--url", url(), "--executor", "ramping-vus", "--start-vus", "1",
                           "--stage", "50ms:2", "--stage", "50ms:0", "--mix", "products"});
  EXPECT_EQ(typed.code, cli::ExitCode::kPassed) << typed.error;
  const auto wrong = type({"--url", url(), "--executor", "ramping-vus", "--stage", "50ms"});
  EXPECT_EQ(wrong.code, cli::ExitCode::kUsage);
  EXPECT_THAT(wrong.error, HasSubstr("target: is missing"));
}

TEST(LoadCommandLine, SaysInOneLineWhatIsWrong) {
  struct Case {
    std::vector<std::string> words;
    cli::ExitCode code;
    const char* complaint;
  };
  const std::vector<Case> cases{
      {{"--url", "http://nowhere.invalid", "--duration", "1s"},
       cli::ExitCode::kEnvironment,
       "cannot resolve the host \"nowhere.invalid\""},
      {{"--url", "ftp://x", "--duration", "1s"}, cli::ExitCode::kUsage, "only http:// is spoken"},
      {{}, cli::ExitCode::kUsage, "load.duration: is missing"},
      {{"--file", "/no/such.yaml"}, cli::ExitCode::kUsage, "/no/such.yaml"},
      {{"--durration", "1s"}, cli::ExitCode::kUsage, "--durration"},
      {{"--duration", "1s", "--path", "x y"}, cli::ExitCode::kUsage, "path"},
  };
  for (const auto& [words, code, complaint] : cases) {
    const auto typed = type(words);
    EXPECT_EQ(typed.code, code) << complaint;
    EXPECT_THAT(typed.error, HasSubstr(complaint));
    EXPECT_EQ(std::ranges::count(typed.error, '\n'), 1) << typed.error;
    EXPECT_EQ(typed.out, "");
  }
}

}  // namespace
}  // namespace stampede::load
