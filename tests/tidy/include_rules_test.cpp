// Every file of the project keeps the rules, so that the folder tree stays the architecture. The
// first tests show that each rule bites.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "tests/tidy/rules.hpp"
#include "tests/tidy/source_text.hpp"

namespace stampede::tidy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> described(const Violations& violations) {
  std::vector<std::string> texts;
  for (const auto& violation : violations) texts.push_back(describe(violation));
  return texts;
}

std::string including(const std::string& path) {
  return "#pragma once\n#include \"" + path + "\"\n";
}

TEST(IncludeRules, RefuseEveryStepUpTheLayers) {
  const std::vector<std::pair<std::string, std::string>> steps{
      {"core/server/main.cpp", "experiments/load/engine.hpp"},
      {"core/pipeline/pipeline.cpp", "plugins/stores/memory.hpp"},
      {"core/api/store.hpp", "core/config/text.hpp"},
      {"core/http/routes.cpp", "tests/fixtures/canary.hpp"},
      {"plugins/locks/global.cpp", "core/plugin/catalog.hpp"},
      {"plugins/locks/global.cpp", "core/plugin/abi.hpp"},
      {"plugins/locks/global.cpp", "core/config/text.hpp"},
      {"plugins/locks/global.cpp", "plugins/stores/memory.hpp"},
      {"plugins/redis/nodes.cpp", "plugins/locks/fifo.hpp"},
      {"plugins/redis/nodes.cpp", "core/plugin/export.hpp"},
      {"plugins/stores/memory.cpp", "plugins/redis/nodes.hpp"},
      {"experiments/load/engine.cpp", "plugins/locks/fifo.hpp"},
      {"experiments/load/engine.cpp", "experiments/cli/subcommands.hpp"},
      {"experiments/load/engine.cpp", "tests/support/clock.hpp"}};
  for (const auto& [file, included] : steps) {
    EXPECT_THAT(described(check_includes(file, including(included))),
                ElementsAre(HasSubstr(file + ":2: ")))
        << included;
  }
}

TEST(IncludeRules, AllowEveryStepDownTheLayers) {
  const std::vector<std::pair<std::string, std::string>> steps{
      {"core/server/main.cpp", "core/http/routes.hpp"},
      {"core/plugin/catalog.cpp", "core/config/text.hpp"},
      {"plugins/locks/global.cpp", "core/plugin/export.hpp"},
      {"plugins/locks/global.cpp", "plugins/locks/execution.hpp"},
      {"plugins/locks/redlock.cpp", "plugins/redis/nodes.hpp"},
      {"experiments/cli/load.cpp", "experiments/load/engine.hpp"},
      {"experiments/plan/cells.cpp", "experiments/stats/verdict.hpp"},
      {"tests/plugins/locks/line_test.cpp", "plugins/locks/fifo_line.hpp"}};
  for (const auto& [file, included] : steps) {
    EXPECT_THAT(described(check_includes(file, including(included))), IsEmpty()) << included;
  }
}

TEST(IncludeRules, WantOurHeadersInQuotesFromTheRoot) {
  EXPECT_THAT(described(check_includes("core/http/a.cpp", "#include <core/api/ids.hpp>\n")),
              ElementsAre(HasSubstr("core/http/a.cpp:1: must include core/api/ids.hpp in quotes")));
  EXPECT_THAT(described(check_includes("core/http/a.cpp", "#include \"a.hpp\"\n")),
              ElementsAre(HasSubstr("must name a.hpp from the root")));
  EXPECT_THAT(described(check_includes("core/http/a.cpp", "#include <vector>\n")), IsEmpty());
}

TEST(IncludeRules, CoverEveryFolder) {
  EXPECT_THAT(described(check_includes("elsewhere/a.cpp", "")), ElementsAre(HasSubstr("no layer")));
}

TEST(LengthRule, RefusesAFileBeyondASitting) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "\n";
  EXPECT_THAT(check_length("core/a.cpp", text), IsEmpty());
  EXPECT_THAT(described(check_length("core/a.cpp", text + "\n")),
              ElementsAre(HasSubstr("core/a.cpp:401: has 401 lines")));
}

// The statements below are built from two words, so that this file keeps the rule.
TEST(SqlRule, RefusesQueryTextHoweverItIsWritten) {
  const std::vector<std::string> literals{
      "\"SELECT"
      " id FROM users\"",
      "\"select"
      " id \"\n  \"from users\"",
      "R\"(\n  INSERT"
      " INTO orders VALUES (1))\"",
      "R\"sql(UPDATE"
      " stock SET quantity = 1)sql\"",
      "\"DELETE"
      " FROM carts\"",
      "\"CREATE"
      " UNIQUE INDEX a ON b (c)\"",
      "\"PRAGMA"
      " journal_mode = WAL\"",
      "\"BEGIN"
      " IMMEDIATE\"",
      "\"SAVEPOINT"
      " one\""};
  for (const auto& literal : literals) {
    EXPECT_THAT(described(check_sql("core/a.cpp", "int x;\nauto y = " + literal + ";\n")),
                ElementsAre(HasSubstr("core/a.cpp:2: holds SQL")))
        << literal;
  }
}

TEST(SqlRule, AllowsPlainWordsAndComments) {
  for (const auto* text :
       {"auto a = \"select a variant\";", "auto a = \"Update the baseline\";",
        "auto a = \"commit\";", "// SELECT id FROM users", "auto a = \"delete\"; // FROM here"}) {
    EXPECT_THAT(described(check_sql("core/a.cpp", text)), IsEmpty()) << text;
  }
}

TEST(SleepRule, RefusesASleepInATest) {
  EXPECT_THAT(
      described(check("tests/a_test.cpp", "void f() {\n  std::this_thread::sleep_for(x);\n}\n")),
      ElementsAre(HasSubstr("tests/a_test.cpp:2: sleeps")));
  EXPECT_THAT(described(check("core/a.cpp", "void f() { std::this_thread::sleep_for(x); }\n")),
              IsEmpty());
  EXPECT_THAT(described(check("tests/a_test.cpp", "// sleep_for(x)\nauto a = \"sleep(1)\";\n")),
              IsEmpty());
}

TEST(ReminderRule, RefusesAReminderInAnyFile) {
  for (const auto* file : {"core/a.cpp", "docs/a.md", "cmake/a.cmake"}) {
    EXPECT_THAT(described(check(file,
                                "\n# TO"
                                "DO later\n")),
                ElementsAre(HasSubstr(std::string(file) + ":2: leaves a reminder")));
  }
}

TEST(TakingApart, KeepsLineNumbersAndTellsTextFromCode) {
  const auto text =
      take_apart("int a = 1'000; /* x\n y */ char b = '\"'; // \"no\"\nf(\"o\\\"ne\");\n");
  ASSERT_EQ(text.literals.size(), 1U);
  EXPECT_EQ(text.literals[0].line, 3U);
  EXPECT_EQ(text.literals[0].text, "o\\\"ne");
  EXPECT_THAT(text.code, ElementsAre("int a = 1'000; ", " char b = ''; ", "f(\"\");", ""));
}

bool is_text(const fs::path& path) {
  static const std::set<std::string> kExtensions{".cpp", ".hpp",  ".cmake", ".txt",
                                                 ".md",  ".yaml", ".sql",   ".sh"};
  return kExtensions.contains(path.extension().string());
}

TEST(Tree, KeepsEveryRule) {
  const fs::path root = STAMPEDE_SOURCE_DIR;
  std::size_t files = 0;
  for (const auto* folder : {"cmake", "core", "docs", "experiments", "plugins", "tests"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || !is_text(entry.path())) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      ++files;
      for (const auto& violation : check(entry.path().lexically_relative(root).string(), text)) {
        ADD_FAILURE() << describe(violation);
      }
    }
  }
  EXPECT_GT(files, 50U) << "the tree is not where the test looks for it";
}

}  // namespace
}  // namespace stampede::tidy
