// Trees: YAML in, YAML out, merging, settings; every fault with its line.

#include "core/config/tree.hpp"

#include <gtest/gtest.h>

namespace stampede::config {
namespace {

Tree parsed(const std::string& text) {
  Faults faults;
  auto tree = parse_yaml(text, "file.yaml", faults);
  EXPECT_TRUE(faults.empty()) << describe(faults);
  return tree.value_or(Tree{});
}

std::string faults_of(const std::string& text) {
  Faults faults;
  EXPECT_FALSE(parse_yaml(text, "file.yaml", faults));
  return describe(faults);
}

TEST(TreeParsing, KeepsTheLineOfEachValue) {
  const auto tree = parsed("lock:\n  use: global\nstore:\n  pool: {max: 10}\n");
  EXPECT_EQ(tree.at("lock.use")->scalar, "global");
  EXPECT_EQ(tree.at("lock.use")->origin.line, 2);
  EXPECT_EQ(tree.at("store.pool.max")->origin.line, 4);
  EXPECT_EQ(tree.at("store.pool.min"), nullptr);
}

TEST(TreeParsing, FindsAKeyThatIsItselfDotted) {
  EXPECT_EQ(parsed("store: {pool.max: 10}").at("store.pool.max")->scalar, "10");
  EXPECT_EQ(parsed("store.pool.max: 10").at("store.pool.max")->scalar, "10");
}

TEST(TreeParsing, ReportsWhatIsNotOneDocumentOfUniqueTextKeys) {
  EXPECT_EQ(faults_of("a: 1\nb: 2\na: 3\n"), "file.yaml:3: a: is given twice\n");
  EXPECT_EQ(faults_of("a: {b: 1,\n  b: 2}\n"), "file.yaml:2: a.b: is given twice\n");
  EXPECT_NE(faults_of("a: [1,\n").find("file.yaml:2: not YAML: "), std::string::npos);
  EXPECT_NE(faults_of("a: 1\n---\nb: 2\n").find("found a second one"), std::string::npos);
  EXPECT_NE(faults_of("{[1]: 2}").find("expected a plain text key"), std::string::npos);
}

TEST(TreeParsing, StopsAtAnAliasBomb) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const auto last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 9; ++k) text += ", " + last;
    text += "]\n";
  }
  EXPECT_NE(faults_of(text).find("more than 100,000 values"), std::string::npos);
}

TEST(TreeParsing, NamesAFileThatCannotBeRead) {
  Faults faults;
  EXPECT_FALSE(load_yaml("/nonexistent.yaml", faults));
  EXPECT_EQ(describe(faults), "/nonexistent.yaml: cannot be read: No such file or directory\n");
}

TEST(TreeMerging, GoesKeyByKeyThroughMapsAndReplacesTheRest) {
  const auto merged = merge(parsed("a: {b: 1, c: [1, 2]}\nd: 4"), parsed("a: {c: [3], e: 5}"));
  EXPECT_EQ(to_yaml(merged), "a:\n  b: 1\n  c: [3]\n  e: 5\nd: 4\n");
}

TEST(TreeText, ReadsBackAsTheSameTree) {
  const auto tree = parsed("a: 'x: y'\nb: [1, {c: ''}]\nd: \"true\"\ne: {}\nf: ~\n");
  EXPECT_EQ(to_yaml(parsed(to_yaml(tree))), to_yaml(tree));
}

TEST(Settings, SetAValueAtADottedPath) {
  auto tree = parsed("lock: {use: global}\n");
  Faults faults;
  EXPECT_TRUE(apply_setting(tree, "lock.use=per_user", "--set", faults));
  EXPECT_TRUE(apply_setting(tree, "load.stages=[{duration: 1s}]", "--set", faults));
  EXPECT_EQ(tree.at("lock.use")->scalar, "per_user");
  EXPECT_EQ(tree.at("load.stages")->items.size(), 1U);
  EXPECT_FALSE(apply_setting(tree, "lock.use", "--set", faults));
  EXPECT_EQ(describe(faults),
            "--set: lock.use: expected key=value, for example lock.use=per_user\n");
}

}  // namespace
}  // namespace stampede::config
