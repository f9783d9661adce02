// Every experiment file that comes with the platform can be planned, and its load can be read.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "experiments/load/plan_reader.hpp"
#include "experiments/plan/read_experiment.hpp"

namespace stampede::plan {
namespace {

namespace fs = std::filesystem;

config::Faults load_faults(const Cell& cell) {
  config::Faults faults;
  // Without coupons nothing draws one: the generator asks for a population of at least one.
  const auto coupons = std::max<std::int64_t>(1, std::ssize(cell.data.coupons));
  const load::Population seeded{cell.data.users, cell.data.products, coupons};
  load::read_plan(&cell.load, "load", seeded, faults);
  return faults;
}

std::vector<fs::path> shipped_files() {
  const fs::path experiments = fs::path(STAMPEDE_SOURCE_DIR) / "experiments";
  std::vector<fs::path> files;
  for (const auto& folder : {experiments, experiments / "catalogue"}) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
  }
  return files;
}

TEST(ShippedExperiments, CanAllBePlanned) {
  const auto files = shipped_files();
  EXPECT_GE(files.size(), 3U);
  for (const auto& file : files) {
    config::Faults faults;
    const auto experiment = read_experiment(file, {}, {.cell = load_faults}, faults);
    ASSERT_TRUE(experiment) << config::describe(faults);
    EXPECT_FALSE(experiment->question.empty()) << file;
    EXPECT_TRUE(experiment->documented) << file;
    EXPECT_TRUE(file.parent_path().filename() != "catalogue" ||
                experiment->name == file.stem().string())
        << file;
  }
}

}  // namespace
}  // namespace stampede::plan
