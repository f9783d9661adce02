// `stampede faults`: short runs drawn from numbers, each of which breaks something and loses
// nothing; and what is printed and kept when one does lose something.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "tests/e2e/support.hpp"

namespace stampede::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Ended run_faults(const Folder& folder, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"faults", "--results", (folder.path() / "results").string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(folder, "stampede", arguments);
}

// Numbers in a row take turns through the kinds of platforms.
TEST(FaultRuns, LoseNothing) {
  const Folder folder;
  const auto ended = run_faults(folder, {"--seed", "20", "--runs", "7"});
  EXPECT_THAT(ended.out, HasSubstr(" 0 failed")) << ended.error;
  EXPECT_THAT(ended.out, Not(HasSubstr("0 passed")));
  // Without a program that one of them needs it is skipped, which is not passed.
  const bool is_whole = ended.out.find(" 0 skipped") != std::string::npos;
  EXPECT_EQ(ended.status.code, is_whole ? 0 : 2) << ended.out;
}

struct Mistake {
  std::string name;
  std::string seed;
  std::vector<std::string> settings;
  std::string audit;
};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) { return out << mistake.name; }

class FaultRunsOfABrokenPlatform : public testing::TestWithParam<Mistake> {};

TEST_P(FaultRunsOfABrokenPlatform, FailAndSayHowToRepeatThem) {
  const auto& mistake = GetParam();
  const Folder folder;
  std::vector<std::string> arguments{"--seed", mistake.seed, "--runs", "1"};
  for (const auto& setting : mistake.settings) {
    arguments.emplace_back("--set");
    arguments.push_back(setting);
  }
  const auto ended = run_faults(folder, arguments);
  EXPECT_EQ(ended.status.code, 3) << ended.out << ended.error;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("FAIL"), HasSubstr("audit " + mistake.audit + " is fail"),
                               HasSubstr("./dev bench --faults --seed " + mistake.seed +
                                         " --runs 1 --set '" + mistake.settings.front() + "'")));
  const auto kept = folder.path() / "results" / "faults" / ("seed-" + mistake.seed);
  EXPECT_THAT(read_text(kept / "experiment.yaml"), HasSubstr("seed: " + mistake.seed));
  EXPECT_THAT(read_text(kept / "verdict.txt"), HasSubstr("audit " + mistake.audit));
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, FaultRunsOfABrokenPlatform,
    testing::Values(Mistake{"unprotected",
                            "26",
                            {"lock.use=unprotected", "orders.read_write_pause=5ms"},
                            "stock"},
                    Mistake{"no_refund",
                            "1",
                            {"saga.compensation=none", "orders.read_write_pause=20ms",
                             "data.products=1", "data.stock=20"},
                            "money"}),
    [](const auto& mistake) { return mistake.param.name; });

}  // namespace
}  // namespace stampede::e2e
