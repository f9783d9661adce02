// run.json: what is written reads back the same, and what is wrong is told by its path.

#include "experiments/report/result_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/experiments/report/sample.hpp"

namespace stampede::report {
namespace {

std::string sample_text() { return to_json(sample_run(sample_experiment())); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string refusal(const std::string& text) {
  const auto run = from_json(text);
  return run ? "accepted" : run.error().message;
}

TEST(ResultFile, ReadsBackAsItWasWritten) {
  const auto text = sample_text();
  const auto run = from_json(text);
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(to_json(*run), text);
  EXPECT_EQ(run->cells[1].blocks[3].latency.quantile(0.95),
            sample_run(sample_experiment()).cells[1].blocks[3].latency.quantile(0.95));
  EXPECT_EQ(run->cells[0].blocks[0].audits[1].evidence.front(), "order 5 before order 4");
}

TEST(ResultFile, KeepsTextsThatAreNoUtf8Readable) {
  auto run = sample_run(sample_experiment());
  run.cells[0].state_reason = "bad byte \xff here";
  EXPECT_TRUE(from_json(to_json(run)));
}

TEST(ResultFile, RefusesWhatIsNotAResultOfThisSchema) {
  EXPECT_EQ(refusal("{"), "not JSON");
  EXPECT_EQ(refusal("[]"), "not the result of a run: it has no \"schema\"");
  EXPECT_EQ(refusal(R"({"schema": 1})"), "written with schema 1; this program reads schema 3");
  EXPECT_EQ(refusal(R"({"schema": "xp"})"),
            "written with schema \"xp\"; this program reads schema 3");
}

TEST(ResultFile, NamesTheKeyThatIsWrong) {
  const auto text = sample_text();
  EXPECT_EQ(refusal(replaced(text, "\"question\":", "\"qestion\":")), "/question: is missing");
  EXPECT_EQ(refusal(replaced(text, "\"seed\":1", "\"seed\":\"one\"")),
            "/seed: expected a whole number, got string");
  EXPECT_EQ(refusal(replaced(text, "\"state\":\"done\"", "\"state\":\"fine\"")),
            "/cells/0/state: \"fine\" is not known");
  EXPECT_EQ(refusal(replaced(text, "\"evidence\":[]", "\"evidence\":[3]")),
            "/cells/0/summary/audits/0/evidence/0: expected a text, got number");
}

TEST(ResultFile, IgnoresKeysOfALaterVersion) {
  EXPECT_EQ(refusal(replaced(sample_text(), "\"question\":", "\"later\":3,\"question\":")),
            "accepted");
}

TEST(ResultFile, IsWrittenWholeOrNotAtAll) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "stampede_result_file";
  std::filesystem::create_directories(folder);
  const auto file = folder / "run.json";
  ASSERT_TRUE(write_file(file, sample_text()));
  const auto run = read_result(file);
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->experiment, "sample");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);

  const auto missing = read_result(folder / "none.json");
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, testing::HasSubstr("none.json: cannot be read: No such"));
  const auto unwritable = write_file(folder / "no" / "run.json", "x");
  EXPECT_THAT(unwritable.error().message, testing::HasSubstr("cannot be written: No such"));
  std::filesystem::remove_all(folder);
}

void collect_keys(const nlohmann::json& json, std::set<std::string>& keys) {
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) keys.insert(key);
    if (value.is_structured()) collect_keys(value, keys);
  }
}

TEST(ResultFile, HasEveryKeyDescribedInTheDocumentation) {
  std::ifstream stream(std::filesystem::path(STAMPEDE_SOURCE_DIR) / "docs" / "results.md");
  ASSERT_TRUE(stream);
  const std::string page{std::istreambuf_iterator<char>(stream), {}};
  auto run = sample_run(sample_experiment());
  run.cells[0].blocks[0].faults = {{"timeout", 1}};
  std::set<std::string> keys;
  collect_keys(nlohmann::json::parse(to_json(run)), keys);
  EXPECT_GT(keys.size(), 100U);
  for (const auto& key : keys) {
    EXPECT_NE(page.find("`" + key + "`"), std::string::npos) << key << " is not in docs/results.md";
  }
}

}  // namespace
}  // namespace stampede::report
