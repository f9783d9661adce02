// Where runs are kept, and which of them can be gone on with.

#include "experiments/runner/run_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "experiments/plan/read_experiment.hpp"
#include "experiments/report/result_file.hpp"
#include "tests/experiments/plan/parsing.hpp"

namespace stampede::runner {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kExperiment = R"(experiment: sale
load: {vus: 1, duration: 1s}
variants: {a: {lock: {use: global}}, b: {lock: {use: per_user}}}
blocks: 2
)";

plan::Experiment experiment(const std::string& yaml = kExperiment) {
  config::Faults faults;
  auto read = plan::experiment_from(plan::parsed(yaml), {}, {}, faults);
  EXPECT_TRUE(read) << config::describe(faults);
  return std::move(*read);
}

class RunFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    results_ = fs::temp_directory_path() / ("stampede-runs-" + std::to_string(::getpid()));
    fs::remove_all(results_);
  }
  void TearDown() override { fs::remove_all(results_); }

  // A run of the experiment of which nothing but this note is known.
  fs::path saved_run(const std::string& note) const {
    const auto folder = make_run_folder(results_, "sale");
    EXPECT_TRUE(folder) << folder.error().message;
    auto result = report::begin_result(experiment());
    result.notes = {note};
    EXPECT_TRUE(save(result, *folder));
    return *folder;
  }

  fs::path results_;
};

TEST_F(RunFolderTest, BelongsToOneRunEvenWithinASecond) {
  const auto first = make_run_folder(results_, "sale");
  const auto second = make_run_folder(results_, "sale");
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(first->parent_path(), results_ / "sale");
}

TEST_F(RunFolderTest, ThatCannotBeMadeIsNamed) {
  std::ofstream{results_} << "a file";
  const auto folder = make_run_folder(results_, "sale");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(folder.error().message, HasSubstr((results_ / "sale").string()));
}

TEST_F(RunFolderTest, LatestPointsAtTheNewestAndSurvivesAMoveOfTheResults) {
  saved_run("first");
  const auto second = saved_run("second");
  EXPECT_EQ(fs::canonical(results_ / "latest"), fs::canonical(second));
  EXPECT_TRUE(fs::read_symlink(results_ / "latest").is_relative());
}

TEST_F(RunFolderTest, TheNewestRunIsResumed) {
  saved_run("first");
  saved_run("second");
  ASSERT_TRUE(make_run_folder(results_, "sale"));  // Begun, and cut off before anything was kept.
  const auto found = find_resumable(results_, experiment());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->result.notes, std::vector<std::string>{"second"});
}

TEST_F(RunFolderTest, OnlyTheSameExperimentIsResumed) {
  saved_run("");
  const std::string same = kExperiment;
  for (const std::string& other : std::vector<std::string>{
           same + "seed: 2\n",
           "experiment: sale\nload: {vus: 2, duration: 1s}\n" + same.substr(same.find("variants")),
           same.substr(0, same.find("blocks")) + "blocks: 3\n",
           "experiment: sale\nload: {vus: 1, duration: 1s}\nvariants: {a: {lock: {use: global}}}\n"
           "blocks: 2\n"}) {
    const auto found = find_resumable(results_, experiment(other));
    ASSERT_FALSE(found) << other;
    EXPECT_EQ(found.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(found.error().message, HasSubstr("another experiment"));
  }
}

TEST_F(RunFolderTest, WithoutARunThereIsNothingToResume) {
  const auto found = find_resumable(results_, experiment());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kInvalid);
}

TEST_F(RunFolderTest, ADamagedRunIsNotResumed) {
  const auto folder = saved_run("");
  std::ofstream(folder / "run.json") << "{\"schema\": ";
  const auto found = find_resumable(results_, experiment());
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr((folder / "run.json").string()));
}

}  // namespace
}  // namespace stampede::runner
