#include "experiments/report/table.hpp"

#include <gtest/gtest.h>

namespace stampede::report {
namespace {

Table small_table() {
  return {.columns = {{"cell", false, kEssential},
                      {"TPS", true, kEssential},
                      {"p50", true, 1},
                      {"p95", true, 2}},
          .rows = {{{"global"}, {"45.1"}, {"440"}, {"640"}},
                   {{"주문"}, {"812", Colour::kGreen}, {"25"}, {""}}}};
}

TEST(Tables, AlignTheirColumns) {
  EXPECT_EQ(render(small_table(), {}),
            "cell     TPS  p50  p95\n"
            "global  45.1  440  640\n"
            "주문     812   25\n");
}

TEST(Tables, LeaveOutTheLeastImportantColumnsOnANarrowTerminal) {
  EXPECT_EQ(render(small_table(), {.width = 20}),
            "cell     TPS  p95\n"
            "global  45.1  640\n"
            "주문     812\n");
  EXPECT_EQ(render(small_table(), {.width = 12}),
            "cell     TPS\n"
            "global  45.1\n"
            "주문     812\n");
}

TEST(Tables, BecomeListsWhereNotEvenTheEssentialColumnsFit) {
  EXPECT_EQ(render(small_table(), {.width = 11}),
            "global\n  TPS  45.1\n  p50  440\n  p95  640\n"
            "주문\n  TPS  812\n  p50  25\n");
  EXPECT_EQ(render(small_table(), {.width = 10}).substr(7, 11), "  TPS  45~\n");
}

TEST(Tables, ColourTheirFieldsWithoutMovingThem) {
  const auto text = render(small_table(), {.colour = true});
  EXPECT_NE(text.find("\033[32m 812\033[0m"), std::string::npos) << text;
}

TEST(MarkdownTables, HoldEveryColumnAndEscapeWhatWouldBreakThem) {
  Table table{.columns = {{"a", false}, {"b", true}}, .rows = {{{"x|y"}, {"per_user"}}}};
  EXPECT_EQ(render_markdown(table), "| a | b |\n| :--- | ---: |\n| x\\|y | per\\_user |\n");
}

}  // namespace
}  // namespace stampede::report
