#include "experiments/report/terminal.hpp"

#include <gtest/gtest.h>

namespace stampede::report {
namespace {

TEST(Terminals, ShowColoursOnlyWhereTheyAreWanted) {
  const TerminalFacts plain{
      .is_terminal = true, .columns = 100, .term = "xterm", .locale = "C.UTF-8"};
  EXPECT_TRUE(terminal_for(plain).colour);
  EXPECT_TRUE(terminal_for(plain).unicode);
  EXPECT_EQ(terminal_for(plain).width, 100);

  auto no_color = plain;
  no_color.no_color = "1";
  EXPECT_FALSE(terminal_for(no_color).colour);
  EXPECT_TRUE(terminal_for(no_color).live);

  auto dumb = plain;
  dumb.term = "dumb";
  EXPECT_FALSE(terminal_for(dumb).colour);
  EXPECT_FALSE(terminal_for(dumb).live);

  const auto piped = terminal_for({.is_terminal = false, .term = "xterm", .locale = "C"});
  EXPECT_FALSE(piped.colour);
  EXPECT_FALSE(piped.live);
  EXPECT_FALSE(piped.unicode);
  EXPECT_EQ(piped.width, 0);
}

TEST(TextWidths, CountColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("µs"), 2U);
  EXPECT_EQ(display_width("주문"), 4U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("🚀"), 2U);
  EXPECT_EQ(display_width("\xff\xe2"), 2U);
}

TEST(Fitting, CutsBetweenCharactersAndMarksTheCut) {
  EXPECT_EQ(fitted("abcdef", 6, true), "abcdef");
  EXPECT_EQ(fitted("abcdef", 4, true), "abc…");
  EXPECT_EQ(fitted("abcdef", 4, false), "abc~");
  EXPECT_EQ(fitted("주문수량", 4, true), "주…");
  EXPECT_EQ(fitted("abc", 0, true), "");
}

TEST(Fitting, PadsToColumns) {
  EXPECT_EQ(padded("주문", 6, false), "주문  ");
  EXPECT_EQ(padded("12", 4, true), "  12");
  EXPECT_EQ(padded("12345", 4, true), "12345");
}

TEST(Printable, TakesTheSpellOffEscapeSequences) {
  EXPECT_EQ(printable("a\033[31mb\n"), "a?[31mb?");
}

}  // namespace
}  // namespace stampede::report
