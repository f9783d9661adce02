// `stampede new`: what it makes, and what it leaves alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "experiments/cli/command_line.hpp"
#include "experiments/cli/subcommands.hpp"
#include "experiments/templates/project.hpp"

namespace stampede::kit {
namespace {

namespace fs = std::filesystem;
using cli::ExitCode;
using testing::HasSubstr;

class NewCommand : public testing::Test {
 protected:
  NewCommand() {
    auto name = (fs::temp_directory_path() / "stampede-new-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory");
    directory_ = name;
  }
  ~NewCommand() override {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  ExitCode run(const std::string& kind, const std::string& name) {
    const auto parent = directory_.string();
    const std::vector<const char*> arguments{"stampede",   "new",  kind.c_str(),
                                             name.c_str(), "--in", parent.c_str()};
    std::ostringstream out;
    std::ostringstream error;
    cli::Console console{out, error};
    const auto code = cli::run_command_line(cli::subcommands(), static_cast<int>(arguments.size()),
                                            arguments.data(), console);
    out_ = out.str();
    error_ = error.str();
    return code;
  }

  std::string text(const std::string& file) const {
    std::ifstream in(directory_ / file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::set<std::string> entries(const fs::path& directory) const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  fs::path directory_;
  std::string out_;
  std::string error_;
};

TEST_F(NewCommand, MakesAProjectInWhichTheNameIsFilledInEverywhere) {
  for (const std::string kind : {"lock", "store", "transport", "gate", "ranking"}) {
    ASSERT_EQ(run(kind, "per_shelf"), ExitCode::kPassed) << error_;
    EXPECT_THAT(out_, HasSubstr("cmake --build"));
    const auto project = directory_ / "per_shelf";
    EXPECT_THAT(text("per_shelf/CMakeLists.txt"),
                HasSubstr("stampede_add_plugin(" + kind + " per_shelf"));
    for (const auto& name : entries(project)) {
      EXPECT_FALSE(std::regex_search(text("per_shelf/" + name), std::regex("@[A-Z]+@"))) << name;
      EXPECT_EQ(name.find("NAME"), std::string::npos);
      EXPECT_FALSE(name.ends_with(".in")) << name;
    }
    fs::remove_all(project);
  }
}

TEST_F(NewCommand, NeverTouchesWhatIsThere) {
  fs::create_directory(directory_ / "empty");
  EXPECT_EQ(run("lock", "empty"), ExitCode::kUsage);
  EXPECT_THAT(error_, HasSubstr("empty is there already; nothing was changed"));
  EXPECT_TRUE(fs::is_empty(directory_ / "empty"));
  std::ofstream(directory_ / "file") << "mine";
  EXPECT_EQ(run("lock", "file"), ExitCode::kUsage);
  EXPECT_EQ(text("file"), "mine");
  fs::create_symlink("nowhere", directory_ / "link");
  EXPECT_EQ(run("store", "link"), ExitCode::kUsage);
  EXPECT_EQ(entries(directory_), (std::set<std::string>{"empty", "file", "link"}));
}

TEST_F(NewCommand, LeavesNothingBehindWhenItRefuses) {
  for (const std::string name :
       {"Shelf", "per-shelf", "_shelf", "per__shelf", "shelf_", "1shelf", "", "../shelf",
        "sch\xc3\xb6n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_EQ(run("lock", name), ExitCode::kUsage) << name;
    EXPECT_THAT(error_, testing::AnyOf(HasSubstr("expected small letters"), HasSubstr("is longer"),
                                       HasSubstr("NAME")));
  }
  EXPECT_EQ(entries(directory_).size(), 0U);
}

TEST_F(NewCommand, NamesTheKindsThatThereAre) {
  EXPECT_EQ(run("frontend", "mine"), ExitCode::kUsage);
  EXPECT_THAT(error_, HasSubstr("no template for a \"frontend\"; expected \"lock\", \"store\", "
                                "\"transport\", \"gate\" or \"ranking\""));
  EXPECT_EQ(run("lokc", "mine"), ExitCode::kUsage);
  EXPECT_THAT(error_, HasSubstr("did you mean \"lock\"?"));
  EXPECT_EQ(entries(directory_).size(), 0U);
}

TEST_F(NewCommand, SaysWhereItCannotWrite) {
  const auto made = templates::make_project("lock", "mine", directory_ / "absent");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(made.error().message, HasSubstr("absent"));
}

TEST(Templates, GiveEachKindItsFilesOnce) {
  EXPECT_EQ(templates::kinds(),
            (std::vector<std::string>{"lock", "store", "transport", "gate", "ranking"}));
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& file : templates::files()) {
    EXPECT_TRUE(seen.emplace(file.kind, file.path).second) << file.path;
  }
}

}  // namespace
}  // namespace stampede::kit
