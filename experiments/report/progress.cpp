#include "experiments/report/progress.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "experiments/report/terminal_report.hpp"

namespace stampede::report {
namespace {

constexpr std::array<std::string_view, 8> kBars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> kAsciiBars{"_", ".", ":", "-", "=", "+", "*", "#"};
constexpr std::size_t kSparklineWidth = 30;

std::string audits_of(const Block& block) {
  std::string failed;
  bool unknown = false;
  for (const Audit& audit : block.audits) {
    if (audit.informative) continue;
    if (audit.state == plan::AuditState::kFail) failed += (failed.empty() ? "" : ", ") + audit.name;
    if (audit.state == plan::AuditState::kUnknown) unknown = true;
  }
  if (!failed.empty()) return "audits FAIL " + failed;
  if (block.audits.empty()) return "no audits";
  return unknown ? "audits pass or unknown" : "audits pass";
}

}  // namespace

std::string sparkline(std::span<const double> values, std::size_t width, bool unicode) {
  if (values.size() > width) values = values.last(width);
  double highest = 0;
  for (const double value : values) highest = std::max(highest, value);
  const auto& bars = unicode ? kBars : kAsciiBars;
  std::string line;
  for (const double value : values) {
    const double share = highest > 0 ? std::clamp(value / highest, 0.0, 1.0) : 0;
    line += bars[static_cast<std::size_t>(std::lround(share * (kBars.size() - 1)))];
  }
  return line;
}

std::string status_line(const RunStatus& status, const Terminal& terminal) {
  std::string line =
      fmt::format("[{}/{}] {}  {}", status.run, status.runs, printable(status.cell), status.stage);
  if (status.planned_s > 0) {
    line += fmt::format(" {:.0f}/{:.0f}s", std::min(status.elapsed_s, status.planned_s),
                        status.planned_s);
  } else if (status.elapsed_s >= 1) {
    line += fmt::format(" {:.0f}s", status.elapsed_s);
  }
  if (!status.tps.empty()) {
    line += "  " + sparkline(status.tps, kSparklineWidth, terminal.unicode) + " " +
            rate_text(status.tps.back()) + " TPS";
  }
  if (terminal.width <= 0) return line;
  // One column stays free: a full line makes some terminals wrap.
  return fitted(line, static_cast<std::size_t>(terminal.width - 1), terminal.unicode);
}

std::string finished_line(const std::string& cell, const Block& block, std::size_t run,
                          std::size_t runs) {
  std::string line =
      fmt::format("[{}/{}] {}, block {}: ", run, runs, printable(cell), block.block + 1);
  if (block.state != State::kDone) {
    const std::string first = block.failure.substr(0, block.failure.find('\n'));
    return line + std::string(to_string(block.state)) +
           (first.empty() ? "" : ": " + printable(first));
  }
  line += rate_text(block.tps) + " TPS, ";
  line += block.latency.count() == 0 ? "no latency, "
                                     : "p95 " + time_text(block.latency.quantile(0.95)) + ", ";
  if (block.outcomes.faults() > 0) line += fmt::format("{} errors, ", block.outcomes.faults());
  return line + audits_of(block);
}

Progress::Progress(std::FILE* out, const Terminal& terminal) : out_(out), terminal_(terminal) {}

Progress::~Progress() { clear(); }

void Progress::update(const RunStatus& status) {
  if (!terminal_.live) return;
  std::string line = status_line(status, terminal_);
  if (line_open_ && line == shown_) return;
  fmt::print(out_, "\r{}\033[K", line);
  std::fflush(out_);
  shown_ = std::move(line);
  line_open_ = true;
}

void Progress::say(const std::string& line) {
  clear();
  fmt::print(out_, "{}\n", line);
  std::fflush(out_);
}

void Progress::clear() {
  if (!line_open_) return;
  fmt::print(out_, "\r\033[K");
  std::fflush(out_);
  line_open_ = false;
}

}  // namespace stampede::report
