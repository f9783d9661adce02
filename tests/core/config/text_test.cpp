// Values that people write, and the slips they make.

#include "core/config/text.hpp"

#include <gtest/gtest.h>

namespace stampede::config {
namespace {

using namespace std::chrono_literals;

TEST(Nearest, FindsTheNameThatWasMeant) {
  const std::vector<std::string> names{"global", "per_user", "optimistic", "atomic"};
  EXPECT_EQ(nearest("per_usr", names), "per_user");
  EXPECT_EQ(nearest("gloabl", names), "global");  // A transposition costs one.
  EXPECT_EQ(nearest("optimist", names), "optimistic");
  EXPECT_EQ(nearest("kafka", names), std::nullopt);
  EXPECT_EQ(suggestion("atomik", names), "; did you mean \"atomic\"?");
}

TEST(Durations, ReadTheUnitsPeopleUse) {
  EXPECT_EQ(parse_duration("130ms"), 130ms);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("1m30s"), 90s);
  EXPECT_EQ(parse_duration("0"), 0s);
  for (const auto* text : {"", "5", "ms", "-1s", "1 s", "1x", "1e3s", "99999999h", "1.2.3s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Durations, ReadBackWhatWasFormatted) {
  for (const auto duration :
       std::vector<std::chrono::nanoseconds>{0s, 1ns, 1500us, 130ms, 90s, 25h, 3s + 7ms}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration) << format_duration(duration);
  }
}

TEST(Numbers, AreReadWholeOrNotAtAll) {
  EXPECT_EQ(parse_integer("100_000"), 100'000);
  EXPECT_EQ(parse_integer("-3"), -3);
  for (const auto* text : {"", "_1", "1_", "1__0", "12x", "0x10", "99999999999999999999", "-_1"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_real("0.25"), 0.25);
  EXPECT_EQ(parse_real("inf"), std::nullopt);
  EXPECT_EQ(parse_boolean("true"), true);
  EXPECT_EQ(parse_boolean("yes"), std::nullopt);
}

TEST(Globs, MatchStarsAndQuestionMarks) {
  EXPECT_TRUE(matches_glob("global-10", "glob*"));
  EXPECT_TRUE(matches_glob("global-10", "*-1?"));
  EXPECT_FALSE(matches_glob("global-10", "per*"));
  EXPECT_TRUE(matches_glob("", "*"));
}

}  // namespace
}  // namespace stampede::config
