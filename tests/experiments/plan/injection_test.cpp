// What an experiment breaks on purpose: read strictly, and at a moment that the seed decides.

#include "experiments/plan/injection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "experiments/plan/read_experiment.hpp"
#include "tests/experiments/plan/parsing.hpp"

namespace stampede::plan {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Kind = Injection::Kind;
using Target = Injection::Target;

std::vector<Injection> injections(const std::string& list) {
  config::Faults faults;
  auto read = read_injections(*parsed("faults: " + list).find("faults"), faults);
  EXPECT_TRUE(faults.empty()) << config::describe(faults);
  return read;
}

std::string refusal(const std::string& list) {
  config::Faults faults;
  read_injections(*parsed("faults: " + list).find("faults"), faults);
  EXPECT_FALSE(faults.empty()) << list;
  return config::describe(faults);
}

TEST(InjectionTest, SaysWhatIsBrokenWhenAndForHowLong) {
  const auto read = injections(
      "[{at: 40%, target: server, kind: kill}, "
      "{at: [1s, 75%], target: redis 3, kind: pause, duration: 2s}, "
      "{at: 0s, target: redis, kind: empty}]");
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].target, Target::kServer);
  EXPECT_EQ(read[0].kind, Kind::kKill);
  EXPECT_EQ(read[0].duration, 0s);
  EXPECT_EQ(read[0].earliest.in(10s), 4s);
  EXPECT_EQ(read[0].latest.in(10s), 4s);
  EXPECT_EQ(read[1].target, Target::kRedis);
  EXPECT_EQ(read[1].number, 3);
  EXPECT_EQ(read[1].duration, 2s);
  EXPECT_EQ(read[1].earliest.in(10s), 1s);
  EXPECT_EQ(read[1].latest.in(10s), 7500ms);
  EXPECT_EQ(describe(read[1]), "pause redis 3");
  EXPECT_EQ(describe(read[2]), "empty redis");
}

TEST(InjectionTest, RefusesWhatCannotBeMeant) {
  EXPECT_THAT(refusal("{at: 1s}"), HasSubstr("expected a list of {at, target, kind, duration}"));
  EXPECT_THAT(refusal("[{target: server, kind: kill}]"), HasSubstr("faults[0].at"));
  EXPECT_THAT(refusal("[{at: 1s, kind: kill}]"), HasSubstr("faults[0].target"));
  EXPECT_THAT(refusal("[{at: 1s, target: server}]"), HasSubstr("faults[0].kind"));
  EXPECT_THAT(refusal("[{at: 120%, target: server, kind: kill}]"), HasSubstr("a share of the"));
  EXPECT_THAT(refusal("[{at: [1s, 2s, 3s], target: server, kind: kill}]"), HasSubstr("or two of"));
  EXPECT_THAT(refusal("[{at: 1s, target: servant, kind: kill}]"), HasSubstr("\"servant\""));
  EXPECT_THAT(refusal("[{at: 1s, target: redis 0, kind: kill}]"), HasSubstr("\"redis 0\""));
  EXPECT_THAT(refusal("[{at: 1s, target: server, kind: kil}]"), HasSubstr("\"kill\""));
  EXPECT_THAT(refusal("[{at: 1s, target: server, kind: pause}]"),
              HasSubstr("kind pause needs one"));
  EXPECT_THAT(refusal("[{at: 1s, target: redis, kind: empty, duration: 1s}]"),
              HasSubstr("takes no time"));
  EXPECT_THAT(refusal("[{at: 1s, target: postgres, kind: empty}]"),
              HasSubstr("only a Redis can be emptied"));
  EXPECT_THAT(refusal("[{at: 1s, target: postgres, kind: slow, duration: 1s}]"),
              HasSubstr("faults[0].latency: kind slow needs one"));
  EXPECT_THAT(refusal("[{at: 1s, target: postgres, kind: partition}]"),
              HasSubstr("faults[0].duration: kind partition needs one"));
  EXPECT_THAT(refusal("[{at: 1s, target: postgres, kind: reset, latency: 1ms}]"),
              HasSubstr("belongs to kind slow"));
  EXPECT_THAT(refusal("[{at: 1s, target: server, kind: reset}]"),
              HasSubstr("is for the way to postgres or redis"));
  EXPECT_THAT(refusal("[{at: 1s, target: server, kind: kill, duratoin: 1s}]"),
              HasSubstr("duration"));
}

TEST(InjectionTest, TheMomentDependsOnSeedAndPositionOnly) {
  const auto range = injections("[{at: [20%, 60%], target: server, kind: kill}]").front();
  std::set<std::chrono::nanoseconds> drawn;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (std::size_t position = 0; position < 2; ++position) {
      const auto at = draw_moment(range, 10s, seed, position);
      EXPECT_EQ(at, draw_moment(range, 10s, seed, position));
      EXPECT_GE(at, 2s);
      EXPECT_LE(at, 6s);
      drawn.insert(at);
    }
  }
  EXPECT_EQ(drawn.size(), 100U);
}

TEST(InjectionTest, IsAKeyOfTheBenchThatAVariantMayChange) {
  config::Faults faults;
  const auto read = experiment_from(parsed("experiment: x\n"
                                           "faults: [{at: 50%, target: server, kind: kill}]\n"
                                           "base: {}\n"
                                           "variants: {broken: , whole: {faults: []}}\n"),
                                    {}, {}, faults);
  ASSERT_TRUE(read) << config::describe(faults);
  EXPECT_EQ(read->cells[0].bench.injections.size(), 1U);
  EXPECT_TRUE(read->cells[1].bench.injections.empty());
  EXPECT_EQ(read->cells[0].server.find("faults"), nullptr);
}

}  // namespace
}  // namespace stampede::plan
