// `run` and `sweep` as far as they go without starting anything; tests/e2e has the rest.

#include "experiments/cli/experiment_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "experiments/cli/command_line.hpp"
#include "experiments/cli/subcommands.hpp"

namespace stampede::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Answer {
  ExitCode code;
  std::string out;
  std::string error;
};

Answer typed(std::vector<std::string> words) {
  ::setenv("STAMPEDE_PLUGIN_PATH", STAMPEDE_PLUGIN_DIR, 1);  // The test is not beside them.
  words.insert(words.begin(), "stampede");
  std::vector<const char*> arguments;
  for (const auto& word : words) arguments.push_back(word.c_str());
  std::ostringstream out;
  std::ostringstream error;
  Console console{out, error};
  const auto code = run_command_line(subcommands(), static_cast<int>(arguments.size()),
                                     arguments.data(), console);
  return {code, out.str(), error.str()};
}

class RunCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = fs::temp_directory_path() / ("stampede-run-" + std::to_string(::getpid()) + ".yaml");
    std::ofstream(file_) << "experiment: tiny\n"
                            "load: {vus: 1, duration: 10s}\n"
                            "variants: {a: {lock: {use: global}}, b: {lock: {use: per_user}}}\n";
  }
  void TearDown() override { fs::remove(file_); }

  fs::path file_;
};

TEST_F(RunCommandTest, ShowsThePlanOfADryRunWithItsOverrides) {
  const auto answer =
      typed({"run", file_.string(), "--dry-run", "--blocks", "3", "--scale", "0.1"});
  EXPECT_EQ(answer.code, ExitCode::kPassed) << answer.error;
  EXPECT_THAT(answer.out, AllOf(StartsWith("tiny\n"), HasSubstr("2 cells x 3 blocks = 6 runs")));
  const auto one = typed({"run", file_.string(), "--dry-run", "--only", "b"});
  EXPECT_THAT(one.out, HasSubstr("1 cell x 6 blocks = 6 runs"));
}

TEST_F(RunCommandTest, ChecksServerAndLoadAsTheirOwnReadersDo) {
  const auto answer = typed({"run", file_.string(), "--dry-run", "--set", "lock.use=glob", "--set",
                             "load.vus=none", "--scale", "0"});
  EXPECT_EQ(answer.code, ExitCode::kUsage);
  EXPECT_EQ(answer.out, "");
  EXPECT_THAT(answer.error, AllOf(HasSubstr("lock.use"), HasSubstr("load.vus"),
                                  HasSubstr("--scale: expected more than 0")));
  // A factor that is refused is not applied, so it causes no further faults.
  EXPECT_THAT(answer.error, Not(HasSubstr("load.duration")));
}

TEST(SweepCommandTest, PrintsTheExperimentWithBlocksAndSeed) {
  const auto answer = typed({"sweep", "lock.use=global,per_user", "lock.timeout=9s", "--vus", "4",
                             "--duration", "1s", "--blocks", "2", "--seed", "7", "--dry-run"});
  EXPECT_EQ(answer.code, ExitCode::kPassed) << answer.error;
  EXPECT_THAT(answer.out, HasSubstr("experiment: sweep\n"
                                    "base:\n  lock:\n    timeout: 9s\n"
                                    "load:\n  vus: 4\n  duration: 1s\n"
                                    "matrix:\n  lock.use: [global, per_user]\n"
                                    "blocks: 2\nseed: 7\n"));
  EXPECT_THAT(answer.out, HasSubstr("2 cells x 2 blocks = 4 runs"));
}

TEST(SweepCommandTest, NamesTheWordThatIsWrongWithoutALine) {
  const auto answer = typed(
      {"sweep", "lock.use=global,per_user", "store.use=nowhere", "--duration", "1s", "--dry-run"});
  EXPECT_EQ(answer.code, ExitCode::kUsage);
  EXPECT_THAT(answer.error, StartsWith("sweep: store.use: no store \"nowhere\""));
}

}  // namespace
}  // namespace stampede::cli
