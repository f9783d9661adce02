// Settings against declarations: every fault is found, nothing wrong gets through.

#include "core/plugin/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stampede::plugin {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr OptionSpec kSpecs[] = {{"attempts", OptionType::kInteger, "10", "1..1000", "Tries"},
                                 {"jitter", OptionType::kReal, "0.5", "0..1", "Random part"},
                                 {"backoff", OptionType::kDuration, "1ms", "100us..1s", "Wait"},
                                 {"fsync", OptionType::kBoolean, "true", "", "Flush"},
                                 {"synchronous", OptionType::kChoice, "full", "normal|full", "How"},
                                 {"path", OptionType::kText, "", "", "Where"},
                                 {"readers", OptionType::kInteger, "4", "1..", "Read views"}};

std::string fault_of(const std::string& option, const std::string& text) {
  return describe(check_settings(kSpecs, {{option, text}}));
}

TEST(OptionSettings, PassWithinTheRangeAndAtItsEnds) {
  for (const auto* attempts : {"1", "64", "1000", "1_000"}) {
    EXPECT_EQ(fault_of("attempts", attempts), "");
  }
  EXPECT_EQ(fault_of("backoff", "100us"), "");
  EXPECT_EQ(fault_of("backoff", "1s"), "");
  EXPECT_EQ(fault_of("jitter", "0"), "");
  EXPECT_EQ(fault_of("jitter", "1.0"), "");
  EXPECT_EQ(fault_of("readers", "9000000000"), "");
  EXPECT_EQ(fault_of("path", "any text, even \"quoted\""), "");
}

TEST(OptionSettings, OutsideTheRangeNameTheBound) {
  for (const auto* attempts : {"0", "1001", "-5"}) {
    EXPECT_EQ(
        fault_of("attempts", attempts),
        std::string("attempts: expected a whole number within 1..1000, got \"") + attempts + "\"");
  }
  EXPECT_THAT(fault_of("backoff", "99us"), HasSubstr("within 100us..1s, got \"99us\""));
  EXPECT_THAT(fault_of("jitter", "1.01"), HasSubstr("within 0..1"));
  EXPECT_THAT(fault_of("readers", "0"), HasSubstr("within 1.., got \"0\""));
}

TEST(OptionSettings, OfAnotherTypeSayWhatIsExpected) {
  for (const auto* text : {"", "ten", "1.5", "10 ", "0x10", "99999999999999999999"}) {
    EXPECT_THAT(fault_of("attempts", text), HasSubstr("expected a whole number")) << text;
  }
  for (const auto* text : {"", "nan", "inf", "1e999", "half"}) {
    EXPECT_THAT(fault_of("jitter", text), HasSubstr("expected a number")) << text;
  }
  for (const auto* text : {"", "5", "-1ms", "1 ms", "soon"}) {
    EXPECT_THAT(fault_of("backoff", text), HasSubstr("expected a duration")) << text;
  }
  for (const auto* text : {"", "yes", "1", "True"}) {
    EXPECT_THAT(fault_of("fsync", text), HasSubstr("expected true or false")) << text;
  }
  EXPECT_EQ(fault_of("synchronous", "off"),
            "synchronous: expected \"normal\" or \"full\", got \"off\"");
}

TEST(OptionSettings, ThatAreUnknownNameTheNearestOrAll) {
  EXPECT_THAT(check_settings(kSpecs, {{"attempt", "3"}}),
              ElementsAre(OptionFault{"attempt", "unknown option", "attempts"}));
  EXPECT_THAT(fault_of("zzzzzzzzzz", "3"), HasSubstr("expected \"attempts\", \"jitter\""));
  EXPECT_EQ(describe(check_settings({}, {{"attempts", "3"}})),
            "attempts: unknown option; this plugin has none");
}

TEST(OptionSettings, AreAllCheckedAtOnce) {
  EXPECT_THAT(
      check_settings(kSpecs, {{"attempts", "no"}, {"fsync", "no"}, {"jiter", "1"}}),
      ElementsAre(Field(&OptionFault::option, "attempts"), Field(&OptionFault::option, "fsync"),
                  Field(&OptionFault::option, "jiter")));
}

TEST(OptionSettings, AreConvertedAndCompletedWithDefaults) {
  const auto config = convert(kSpecs, {{"attempts", "1_000"}, {"backoff", "2ms"}});
  EXPECT_EQ(config.integer("attempts"), 1000);
  EXPECT_EQ(config.duration("backoff"), std::chrono::milliseconds(2));
  EXPECT_DOUBLE_EQ(config.real("jitter"), 0.5);
  EXPECT_TRUE(config.boolean("fsync"));
  EXPECT_EQ(config.text("synchronous"), "full");
  EXPECT_EQ(config.text("path"), "");
}

std::string bug_of(const OptionSpec& spec) { return describe(check_specs({&spec, 1})); }

TEST(OptionSpecs, ThatAreSoundPass) { EXPECT_THAT(check_specs(kSpecs), IsEmpty()); }

TEST(OptionSpecs, WithAWrongDefaultAreABugOfThePlugin) {
  EXPECT_THAT(
      bug_of({"n", OptionType::kInteger, "0", "1..9", ""}),
      HasSubstr("n: the default \"0\" is not allowed; expected a whole number within 1..9"));
  EXPECT_THAT(bug_of({"n", OptionType::kChoice, "c", "a|b", ""}), HasSubstr("\"a\" or \"b\""));
  EXPECT_THAT(bug_of({"n", OptionType::kBoolean, "", "", ""}), HasSubstr("true or false"));
}

TEST(OptionSpecs, WithAMalformedRangeAreABugOfThePlugin) {
  for (const auto* range : {"1", "1-9", "a..b", "9..1", "1..9..12", "1ms..2ms"}) {
    EXPECT_THAT(bug_of({"n", OptionType::kInteger, "1", range, ""}), HasSubstr("does not suit"))
        << range;
  }
  EXPECT_THAT(bug_of({"n", OptionType::kBoolean, "true", "0..1", ""}), HasSubstr("does not suit"));
  EXPECT_THAT(bug_of({"n", OptionType::kChoice, "", "a||b", ""}), HasSubstr("does not suit"));
  EXPECT_THAT(bug_of({"n", static_cast<OptionType>(99), "", "", ""}), HasSubstr("does not suit"));
}

TEST(OptionSpecs, WithoutNameOrWithNullsOrTwiceAreABugOfThePlugin) {
  EXPECT_THAT(bug_of({nullptr, OptionType::kText, "", "", ""}), HasSubstr("null pointer"));
  EXPECT_THAT(bug_of({"n", OptionType::kText, "", "", nullptr}), HasSubstr("null pointer"));
  EXPECT_THAT(bug_of({"", OptionType::kText, "", "", ""}), HasSubstr("a name holds"));
  EXPECT_THAT(bug_of({"Über", OptionType::kText, "", "", ""}), HasSubstr("a name holds"));
  constexpr OptionSpec kTwice[] = {{"n", OptionType::kText, "", "", ""},
                                   {"n", OptionType::kText, "", "", ""}};
  EXPECT_THAT(describe(check_specs(kTwice)), HasSubstr("n: is declared twice"));
}

}  // namespace
}  // namespace stampede::plugin
