// The load of one experiment, used by another.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "experiments/plan/read_experiment.hpp"

namespace stampede::plan {
namespace {

using testing::HasSubstr;

class ProfileTest : public ::testing::Test {
 protected:
  ProfileTest() {
    std::string pattern = "/tmp/stampede-profile-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    write("peak.yaml",
          "experiment: peak\n"
          "load: {executor: constant-vus, vus: 20, duration: 5s, mix: {order: 100}}\n"
          "thresholds: [\"p(95) < 200ms\"]\n");
  }
  ~ProfileTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  std::string refusal(const std::string& yaml) {
    config::Faults faults;
    EXPECT_FALSE(read_experiment(write("mine.yaml", yaml), {}, {}, faults));
    return config::describe(faults);
  }

  std::filesystem::path folder_;
};

TEST_F(ProfileTest, GivesItsLoadAndThresholdsWhereTheFileSaysNothingElse) {
  config::Faults faults;
  const auto mine = read_experiment(write("mine.yaml",
                                          "experiment: mine\n"
                                          "profile: peak.yaml\n"
                                          "load: {vus: 7}\n"
                                          "variants: {a: , b: {load.duration: 1s}}\n"),
                                    {}, {}, faults);
  ASSERT_TRUE(mine) << config::describe(faults);
  EXPECT_EQ(mine->cells[0].load.find("vus")->scalar, "7");
  EXPECT_EQ(mine->cells[0].load.find("duration")->scalar, "5s");
  EXPECT_EQ(mine->cells[1].load.find("duration")->scalar, "1s");
  ASSERT_EQ(mine->thresholds.size(), 1U);
}

TEST_F(ProfileTest, ThatIsNotThereOrHasNoLoadIsAFaultAtItsLine) {
  EXPECT_THAT(refusal("experiment: mine\nprofile: pea.yaml\n"),
              HasSubstr("mine.yaml:2: profile: there is no"));
  write("empty.yaml", "experiment: empty\n");
  EXPECT_THAT(refusal("experiment: mine\nprofile: empty.yaml\n"), HasSubstr("has no load"));
  EXPECT_THAT(refusal("experiment: mine\nprofile: [a]\n"),
              HasSubstr("expected the file of another experiment"));
}

}  // namespace
}  // namespace stampede::plan
