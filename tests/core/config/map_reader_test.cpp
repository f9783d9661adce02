// Strict reading: every fault of a map is found, with its line, key and what was expected.

#include "core/config/map_reader.hpp"

#include <gtest/gtest.h>

#include <array>

namespace stampede::config {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<std::string_view, int>, 2> kPlacements{
    {{"none", 0}, {"in_lock", 1}}};

TEST(StrictReading, ConvertsWhatIsThereAndFallsBackForWhatIsNot) {
  Faults faults;
  const auto tree = parse_yaml(
      "workers: 8\nwait: 20ms\nshare: 0.5\non: true\nplace: in_lock\nmany: [a, b]\nmap: {x: 1}",
      "f.yaml", faults);
  MapReader reader(&*tree, "", faults);
  EXPECT_EQ(reader.integer("workers", 1, 1, 100), 8);
  EXPECT_EQ(reader.duration("wait", 0ns), 20ms);
  EXPECT_EQ(reader.real("share", 0, 0, 1), 0.5);
  EXPECT_TRUE(reader.boolean("on", false));
  EXPECT_EQ(reader.choice("place", 0, Choices<int>(kPlacements)), 1);
  EXPECT_EQ(reader.texts("many"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reader.text("absent", "fallback"), "fallback");
  auto inner = reader.map("map");
  EXPECT_EQ(inner.integer("x", 0), 1);
  inner.finish();
  reader.finish();
  EXPECT_TRUE(faults.empty()) << describe(faults);
}

TEST(StrictReading, ReportsEveryFaultAtOnceWithItsLine) {
  Faults faults;
  const auto tree = parse_yaml(
      "workers: many\nqueue: 0\nwait: 20\nplace: in_lok\nserver: 3\nwrokers: 4\nlist: {a: 1}\n",
      "f.yaml", faults);
  MapReader reader(&*tree, "", faults);
  EXPECT_EQ(reader.integer("workers", 16), 16);
  EXPECT_EQ(reader.integer("queue", 1024, 1), 1024);
  reader.duration("wait", 0ns);
  reader.choice("place", 0, Choices<int>(kPlacements));
  reader.map("server").finish();
  reader.texts("list");
  reader.require("name");
  reader.finish();
  EXPECT_EQ(describe(faults),
            "f.yaml:1: workers: expected a whole number, got \"many\"\n"
            "f.yaml:1: name: is missing\n"
            "f.yaml:2: queue: expected 1 or more, got 0\n"
            "f.yaml:3: wait: expected a duration such as 500ms or 1m30s, got \"20\"\n"
            "f.yaml:4: place: expected \"none\" or \"in_lock\", got \"in_lok\"; did you mean "
            "\"in_lock\"?\n"
            "f.yaml:5: server: expected a map of keys and values, got \"3\"\n"
            "f.yaml:6: wrokers: unknown key; did you mean \"workers\"?\n"
            "f.yaml:7: list: expected a list, got a map\n");
}

}  // namespace
}  // namespace stampede::config
