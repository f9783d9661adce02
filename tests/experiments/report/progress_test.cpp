// Progress: one rewritten line on a terminal, plain lines elsewhere.

#include "experiments/report/progress.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/experiments/report/sample.hpp"

namespace stampede::report {
namespace {

class Capture {
 public:
  Capture() : file_(open_memstream(&buffer_, &size_)) {}
  ~Capture() {
    if (file_ != nullptr) std::fclose(file_);
    std::free(buffer_);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return std::string(buffer_, size_);
  }

 private:
  char* buffer_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

const RunStatus kStatus{.cell = "per_user",
                        .run = 3,
                        .runs = 12,
                        .stage = "load",
                        .elapsed_s = 1.2,
                        .planned_s = 2,
                        .tps = {10, 400, 800}};

TEST(Sparklines, ScaleToTheirHighestValue) {
  EXPECT_EQ(sparkline(std::vector<double>{0, 50, 100}, 10, true), "▁▅█");
  EXPECT_EQ(sparkline(std::vector<double>{0, 50, 100}, 10, false), "_=#");
  EXPECT_EQ(sparkline(std::vector<double>{0, 50, 100}, 2, false), "=#");
  EXPECT_EQ(sparkline(std::vector<double>{0, 0}, 10, true), "▁▁");
  EXPECT_EQ(sparkline({}, 10, true), "");
}

TEST(StatusLines, SayCellStageTimeAndThroughput) {
  EXPECT_EQ(status_line(kStatus, {.unicode = true, .width = 100}),
            "[3/12] per_user  load 1/2s  ▁▅█ 800 TPS");
  EXPECT_EQ(status_line({.cell = "a", .stage = "seeding"}, {}), "[1/1] a  seeding");
}

TEST(StatusLines, NeverFillTheTerminal) {
  for (const int width : {10, 20, 38}) {
    EXPECT_LT(display_width(status_line(kStatus, {.unicode = true, .width = width})),
              static_cast<std::size_t>(width));
  }
}

TEST(FinishedLines, SayWhatTheRunMeasured) {
  EXPECT_EQ(finished_line("per_user", sample_block(1, 812, 25), 3, 12),
            "[3/12] per_user, block 2: 812 TPS, p95 36.0 ms, audits pass");
  auto broken = sample_block(0, 900, 25);
  broken.outcomes.timeout = 4;
  broken.audits[0].state = plan::AuditState::kFail;
  EXPECT_EQ(finished_line("x", broken, 1, 1),
            "[1/1] x, block 1: 900 TPS, p95 36.0 ms, 4 errors, audits FAIL oversold");
  auto stuck = sample_block(0, 0, 25);
  stuck.latency = {};
  EXPECT_EQ(finished_line("x", stuck, 1, 1), "[1/1] x, block 1: 0 TPS, no latency, audits pass");
  EXPECT_EQ(finished_line("x", Block{.state = State::kFailed, .failure = "died\nlog"}, 1, 1),
            "[1/1] x, block 1: failed: died");
}

TEST(Progress, RewritesOneLineOnATerminalAndLeavesItClean) {
  Capture capture;
  {
    Progress progress(capture.file(), {.live = true, .unicode = true, .width = 80});
    progress.update(kStatus);
    progress.update(kStatus);  // Nothing new: nothing is written.
    progress.say("done");
    progress.update({.cell = "b", .stage = "starting"});
  }
  EXPECT_EQ(capture.text(),
            "\r[3/12] per_user  load 1/2s  ▁▅█ 800 TPS\033[K"
            "\r\033[Kdone\n"
            "\r[1/1] b  starting\033[K\r\033[K");
}

TEST(Progress, WritesPlainLinesWhereLinesCannotBeRewritten) {
  Capture capture;
  {
    Progress progress(capture.file(), {});
    progress.update(kStatus);
    progress.say("[1/2] global, block 1: 45.1 TPS");
  }
  EXPECT_EQ(capture.text(), "[1/2] global, block 1: 45.1 TPS\n");
}

}  // namespace
}  // namespace stampede::report
