// The matrix behaves as GitHub documents it, word by word.

#include "experiments/plan/matrix.hpp"

#include <gtest/gtest.h>

#include "tests/experiments/plan/parsing.hpp"

namespace stampede::plan {
namespace {

// One line for each combination; the faults when there are any.
std::string combinations_of(const std::string& yaml) {
  config::Faults faults;
  const Matrix matrix = read_matrix(parsed(yaml), "matrix", faults);
  if (!faults.empty()) return config::describe(faults);
  std::string text;
  for (const auto& combination : combine(matrix, "matrix", faults)) {
    std::string line;
    for (const auto& [key, value] : combination.values) {
      line += (line.empty() ? "" : ", ") + key + ": " + inline_text(value);
    }
    text += "{" + line + "}\n";
  }
  return text + config::describe(faults);
}

TEST(Matrix, MultipliesItsAxesWithTheFirstVaryingSlowest) {
  EXPECT_EQ(combinations_of("a: [1, 2]\nb: [x, y]"),
            "{a: 1, b: x}\n{a: 1, b: y}\n{a: 2, b: x}\n{a: 2, b: y}\n");
}

TEST(Matrix, IncludesAsInTheExampleOfGitHubsDocumentation) {
  EXPECT_EQ(combinations_of(R"(
fruit: [apple, pear]
animal: [cat, dog]
include:
  - color: green
  - color: pink
    animal: cat
  - fruit: apple
    shape: circle
  - fruit: banana
  - fruit: banana
    animal: cat
)"),
            "{fruit: apple, animal: cat, color: pink, shape: circle}\n"
            "{fruit: apple, animal: dog, color: green, shape: circle}\n"
            "{fruit: pear, animal: cat, color: pink}\n"
            "{fruit: pear, animal: dog, color: green}\n"
            "{fruit: banana}\n"
            "{fruit: banana, animal: cat}\n");
}

TEST(Matrix, ExcludesByPartialMatchAsInTheExampleOfGitHubsDocumentation) {
  EXPECT_EQ(combinations_of(R"(
os: [macos, windows]
version: [12, 14, 16]
environment: [staging, production]
exclude:
  - os: macos
    version: 12
    environment: production
  - os: windows
    version: 16
)"),
            "{os: macos, version: 12, environment: staging}\n"
            "{os: macos, version: 14, environment: staging}\n"
            "{os: macos, version: 14, environment: production}\n"
            "{os: macos, version: 16, environment: staging}\n"
            "{os: macos, version: 16, environment: production}\n"
            "{os: windows, version: 12, environment: staging}\n"
            "{os: windows, version: 12, environment: production}\n"
            "{os: windows, version: 14, environment: staging}\n"
            "{os: windows, version: 14, environment: production}\n");
}

TEST(Matrix, ProcessesExcludeBeforeInclude) {
  EXPECT_EQ(combinations_of("a: [1, 2]\nexclude: [{a: 1}]\ninclude: [{a: 1, b: x}]"),
            "{a: 2}\n{a: 1, b: x}\n");
}

TEST(Matrix, MayConsistOfIncludesAlone) {
  EXPECT_EQ(combinations_of("include: [{a: 1, b: 2}, {a: 1, b: 3}]"),
            "{a: 1, b: 2}\n{a: 1, b: 3}\n");
}

TEST(Matrix, TakesListsAndMapsAsValues) {
  EXPECT_EQ(combinations_of("load.stages: [[{duration: 1s}], [{duration: 2s}]]\n"
                            "include: [{load.stages: [{duration: 2s}], b: 1}]"),
            "{load.stages: [{duration: 1s}]}\n{load.stages: [{duration: 2s}], b: 1}\n");
}

TEST(Matrix, ReportsEveryMistake) {
  EXPECT_EQ(combinations_of("a: []\nb: 3\nc: [1, 1]\nd: [1]\nd.e: [1]\ninclude: 3\n"
                            "exclude: [{f: 1}, 4]"),
            "x.yaml:1: matrix.a: expected a list of at least one value to try\n"
            "x.yaml:2: matrix.b: expected a list of at least one value to try\n"
            "x.yaml:3: matrix.c: has 1 twice\n"
            "x.yaml:5: matrix.d.e: overlaps the axis d\n"
            "x.yaml:6: matrix.include: expected a list of maps\n"
            "x.yaml:7: matrix.exclude: expected a map of at least one key and its value\n"
            "x.yaml:7: matrix.exclude.f: is not an axis of this matrix\n");
}

TEST(Matrix, ReportsWhatLeavesNothingOrMatchesNothing) {
  EXPECT_EQ(combinations_of("a: [1, 2]\nexclude:\n- {a: 3}\n- {a: 1}\n- {a: 2}"),
            "x.yaml:1: matrix: has no combination left\n"
            "x.yaml:3: matrix.exclude: matches no combination (or only ones that an entry above "
            "removed)\n");
  EXPECT_EQ(combinations_of("lock.use: [a, b]\ninclude: [{lock: {use: a}}]"),
            "x.yaml:2: matrix.include.lock: overlaps the axis lock.use; write the keys out\n");
}

TEST(Matrix, RefusesMoreCellsThanAnyoneCanRun) {
  std::string yaml;
  for (int axis = 0; axis < 40; ++axis) yaml += "a" + std::to_string(axis) + ": [1, 2, 3]\n";
  EXPECT_EQ(combinations_of(yaml), "x.yaml:1: matrix: has more than 1000 combinations\n");
}

}  // namespace
}  // namespace stampede::plan
