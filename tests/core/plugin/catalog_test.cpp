// The catalog refuses what does not fit, with a message that names the file and the difference, and
// before any of its code has run.

#include "core/plugin/catalog.hpp"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "core/plugin/search_path.hpp"

namespace stampede::plugin {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const fs::path kFixtures = fs::path(STAMPEDE_BINARY_DIR) / "tests" / "fixtures" / "plugins";
constexpr char kCanary[] = "STAMPEDE_FIXTURE_RAN";

class CatalogTest : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv(kCanary);
    fs::create_directories(scratch_ / "locks");
    fs::create_directories(scratch_ / "stores");
  }
  void TearDown() override { fs::remove_all(scratch_); }

  // Puts the bytes of the sample plugin, changed by `change`, where the catalog finds them.
  template <typename Change>
  void write_changed_sample(const std::string& name, Change change) {
    std::ifstream in(kFixtures / "locks" / "sample.so", std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    change(bytes);
    std::ofstream(scratch_ / "locks" / (name + ".so"), std::ios::binary) << bytes;
  }

  // The message that names the file, given that nothing of it ran.
  template <typename Interface = LockStrategy>
  std::string refusal(const std::string& name) {
    const auto object = catalog_.create<Interface>(name);
    EXPECT_EQ(std::getenv(kCanary), nullptr) << "code of " << name << " has run";
    if (object.has_value()) return "was not refused";
    EXPECT_EQ(object.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(object.error().message, HasSubstr("/" + name + ".so"));
    return object.error().message;
  }

  const fs::path scratch_ = fs::path(testing::TempDir()) /
                            ("catalog_test_" + std::to_string(getpid()) + "_" +
                             testing::UnitTest::GetInstance()->current_test_info()->name());
  Catalog catalog_{{scratch_, kFixtures}};
};

TEST_F(CatalogTest, CreatesWhatFitsAndRunsItsCode) {
  const auto object = catalog_.create<LockStrategy>("sample");
  ASSERT_TRUE(object.has_value()) << object.error().message;
  EXPECT_STREQ(std::getenv(kCanary), "1") << "the canary is what the other tests rely on";
}

TEST_F(CatalogTest, AcceptsAStrippedPlugin) {
  fs::copy_file(kFixtures / "locks" / "sample.so", scratch_ / "locks" / "sample.so");
  const auto command = "strip --strip-all " + (scratch_ / "locks" / "sample.so").string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto object = catalog_.create<LockStrategy>("sample");
  ASSERT_TRUE(object.has_value()) << object.error().message;
}

TEST_F(CatalogTest, RefusesAFileCutShortAnywhere) {
  const auto full = fs::file_size(kFixtures / "locks" / "sample.so");
  for (const auto size : {std::uintmax_t{5}, std::uintmax_t{63}, std::uintmax_t{64},
                          std::uintmax_t{200}, full / 2, full - 1}) {
    write_changed_sample("cut", [size](std::string& bytes) { bytes.resize(size); });
    EXPECT_THAT(refusal("cut"), HasSubstr("is truncated")) << size << " of " << full << " bytes";
  }
}

TEST_F(CatalogTest, RefusesAnEmptyFile) {
  write_changed_sample("empty", [](std::string& bytes) { bytes.clear(); });
  EXPECT_THAT(refusal("empty"), HasSubstr("is empty"));
}

TEST_F(CatalogTest, RefusesADirectory) {
  fs::create_directories(scratch_ / "locks" / "folder.so");
  EXPECT_THAT(refusal("folder"), HasSubstr("is a directory"));
}

TEST_F(CatalogTest, RefusesALinkToNothing) {
  fs::create_symlink(scratch_ / "gone", scratch_ / "locks" / "dangling.so");
  EXPECT_THAT(refusal("dangling"), HasSubstr("does not exist"));
}

TEST_F(CatalogTest, RefusesWhatIsNotElf) {
  write_changed_sample("script", [](std::string& bytes) { bytes = "#!/bin/sh\nexit 0\n"; });
  EXPECT_THAT(refusal("script"), HasSubstr("not an ELF file"));
}

TEST_F(CatalogTest, RefusesAnotherMachine) {
  constexpr std::size_t kMachineOffset = 18;
  write_changed_sample("foreign", [](std::string& bytes) { bytes[kMachineOffset] = 40; });
  EXPECT_THAT(refusal("foreign"),
              AllOf(HasSubstr("ELF machine 40"), HasSubstr("this build needs")));
}

TEST_F(CatalogTest, RefusesALibraryThatIsNoPlugin) {
  EXPECT_THAT(refusal("not_a_plugin"), HasSubstr("not a Stampede plugin"));
}

TEST_F(CatalogTest, RefusesAnotherAbi) {
  EXPECT_THAT(
      refusal("wrong_abi"),
      HasSubstr(std::string("was built for plugin ABI 0123456789abcdef, this build needs ") +
                kAbiHash));
}

TEST_F(CatalogTest, RefusesAnotherKind) {
  EXPECT_THAT(refusal("wrong_kind"), HasSubstr("is a store, not a lock"));
}

TEST_F(CatalogTest, RefusesAnotherCompiler) {
  EXPECT_THAT(refusal("wrong_compiler"), HasSubstr("was built with compiler=gcc-2, this build"));
}

TEST_F(CatalogTest, RefusesAnotherStandardLibraryAbi) {
  EXPECT_THAT(refusal("wrong_library"),
              HasSubstr("was built with cxx11-abi=0, this build needs cxx11-abi=1"));
}

TEST_F(CatalogTest, RefusesAnotherSanitizer) {
  EXPECT_THAT(refusal("wrong_sanitizer"),
              AllOf(HasSubstr("was built with sanitizer="),
                    HasSubstr("this build needs sanitizer=" STAMPEDE_SANITIZER)));
}

TEST_F(CatalogTest, RefusesAnUndefinedSymbolAndNamesIt) {
  EXPECT_THAT(refusal("undefined_symbol"),
              EndsWith("undefined_symbol.so cannot be loaded: undefined symbol: "
                       "_Z19nobody_defines_thisv"));
}

TEST_F(CatalogTest, RefusesTwoPluginsInOneFile) {
  EXPECT_THAT(refusal("two_plugins"), HasSubstr("more than one plugin"));
}

TEST_F(CatalogTest, RefusesAFileUnderAnotherName) {
  EXPECT_THAT(refusal("renamed"), HasSubstr("calls itself \"another_name\""));
}

TEST_F(CatalogTest, RefusesAPluginWithoutAFactory) {
  const auto object = catalog_.create<LockStrategy>("no_factory");
  ASSERT_FALSE(object.has_value());
  EXPECT_THAT(object.error().message, HasSubstr("no_factory.so has no descriptor and factory"));
}

TEST_F(CatalogTest, RefusesAPluginWhoseOwnDefaultIsNotAllowed) {
  const auto object = catalog_.create<LockStrategy>("bad_default");
  ASSERT_FALSE(object.has_value());
  EXPECT_THAT(object.error().message,
              AllOf(HasSubstr("bad_default.so declares its options wrongly"),
                    HasSubstr("the default \"0\" is not allowed")));
}

TEST_F(CatalogTest, TurnsWhateverAFactoryThrowsIntoAnError) {
  const auto constructor = catalog_.create<LockStrategy>("sample", {{"report", "true"}});
  ASSERT_FALSE(constructor.has_value());
  EXPECT_THAT(constructor.error().message, HasSubstr("lock \"sample\" cannot be constructed"));
  const auto number = catalog_.create<LockStrategy>("throws_a_number");
  ASSERT_FALSE(number.has_value());
  EXPECT_THAT(number.error().message, HasSubstr("threw what is not a std::exception"));
  const auto nothing = catalog_.create<LockStrategy>("gives_nothing");
  ASSERT_FALSE(nothing.has_value());
  EXPECT_THAT(nothing.error().message, HasSubstr("its factory gave nothing"));
}

TEST_F(CatalogTest, HandsOverConvertedSettingsAndDefaults) {
  const auto object = catalog_.create<LockStrategy>(
      "sample", {{"report", "true"}, {"attempts", "7"}, {"backoff", "2ms"}, {"label.text", "hi"}});
  ASSERT_FALSE(object.has_value());
  EXPECT_THAT(object.error().message, HasSubstr("7 0.500000 2000000 fifo hi"));
}

TEST_F(CatalogTest, ReportsEveryWrongSettingAtOnce) {
  const auto object = catalog_.create<LockStrategy>(
      "sample", {{"atempts", "7"}, {"backoff", "fast"}, {"order", "random"}});
  ASSERT_FALSE(object.has_value());
  EXPECT_THAT(object.error().message,
              AllOf(HasSubstr("atempts: unknown option; did you mean \"attempts\"?"),
                    HasSubstr("backoff: expected a duration"), HasSubstr("order: expected")));
}

TEST_F(CatalogTest, ChecksSettingsWithoutConstructing) {
  const auto faults = catalog_.check(Kind::kLock, "sample", {{"atempts", "7"}, {"report", "true"}});
  ASSERT_TRUE(faults.has_value());
  EXPECT_THAT(*faults, ElementsAre(OptionFault{"atempts", "unknown option", "attempts"}));
  EXPECT_FALSE(catalog_.check(Kind::kLock, "wrong_abi", {}).has_value());
}

TEST_F(CatalogTest, RefusesAnUnknownNameWithTheNearestAndWhereItLooked) {
  const auto object = catalog_.create<LockStrategy>("smaple");
  ASSERT_FALSE(object.has_value());
  EXPECT_EQ(object.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(
      object.error().message,
      AllOf(HasSubstr("no lock \"smaple\"; did you mean \"sample\"?"),
            HasSubstr((scratch_ / "locks").string()), HasSubstr((kFixtures / "locks").string())));
}

TEST_F(CatalogTest, SaysWhichSearchedDirectoryDoesNotExist) {
  Catalog lost({"/nonexistent"});
  const auto object = lost.create<Store>("memory");
  ASSERT_FALSE(object.has_value());
  EXPECT_THAT(object.error().message, HasSubstr("/nonexistent/stores: No such file or directory"));
}

TEST_F(CatalogTest, TakesNoPathForAName) {
  const auto object = catalog_.create<LockStrategy>("../locks/sample");
  ASSERT_FALSE(object.has_value());
  EXPECT_EQ(object.error().code, ErrorCode::kNotFound);
}

TEST_F(CatalogTest, PrefersTheFirstDirectory) {
  fs::copy_file(kFixtures / "locks" / "sample.so", scratch_ / "locks" / "sample.so");
  const auto info = catalog_.describe(Kind::kLock, "sample");
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->path, scratch_ / "locks" / "sample.so");
}

TEST_F(CatalogTest, DescribesNameSummaryAndOptions) {
  const auto info = catalog_.describe(Kind::kLock, "sample");
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->summary, "A plugin for tests");
  EXPECT_EQ(info->unusable, "");
  EXPECT_THAT(info->options, SizeIs(6));
}

TEST_F(CatalogTest, ListsUnusablePluginsWithTheReason) {
  write_changed_sample("empty", [](std::string& bytes) { bytes.clear(); });
  Catalog catalog({scratch_, kFixtures});
  std::map<std::string, std::string> unusable;
  for (const auto& info : catalog.list()) unusable[info.name] = info.unusable;
  EXPECT_THAT(unusable.at("empty"), HasSubstr("is empty"));
  EXPECT_THAT(unusable.at("wrong_abi"), HasSubstr("was built for plugin ABI"));
  EXPECT_THAT(unusable.at("sample"), IsEmpty());
}

TEST_F(CatalogTest, KeepsALibraryMappedAfterItsCatalogIsGone) {
  fs::copy_file(kFixtures / "locks" / "sample.so", scratch_ / "locks" / "sample.so");
  const auto path = scratch_ / "locks" / "sample.so";
  {
    Catalog catalog({scratch_});
    ASSERT_TRUE(catalog.create<LockStrategy>("sample").has_value());
  }
  EXPECT_NE(dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD), nullptr);
}

TEST(SearchPath, PutsTheEnvironmentFirstAndTheInstallationLast) {
  EXPECT_THAT(search_path("/env/one::/env/two", {"/config"}, "/opt/bin"),
              ElementsAre("/env/one", "/env/two", "/config", "/opt/bin/plugins",
                          "/opt/lib/stampede/plugins"));
}

TEST(SearchPath, NamesEachDirectoryOnce) {
  EXPECT_THAT(search_path("/opt/bin/plugins", {"/opt/bin/../bin/plugins"}, "/opt/bin"),
              ElementsAre("/opt/bin/plugins", "/opt/lib/stampede/plugins"));
}

}  // namespace
}  // namespace stampede::plugin
