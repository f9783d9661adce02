#include "experiments/report/figures.hpp"

#include <algorithm>

#include "core/config/text.hpp"
#include "experiments/stats/censoring.hpp"

namespace stampede::report {
namespace {

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Figure quantile_figure(const Block& block, double q) {
  const auto reading = stats::censored_quantile(block.latency, block.outcomes.censored, q);
  return {static_cast<double>(reading.observed.count()), reading.matters};
}

Figure mean_figure(const Block& block) {
  // A mean has no pessimistic reading: it stands while open requests are few.
  const bool many =
      share(block.outcomes.censored, block.latency.count()) > stats::kCensoringTolerance;
  return {static_cast<double>(block.latency.mean().count()), many};
}

const Block* measured_block(const Cell& cell, std::size_t number) {
  const auto found = std::ranges::find_if(cell.blocks, [&](const Block& block) {
    return block.block == number && block.state == State::kDone;
  });
  return found == cell.blocks.end() ? nullptr : &*found;
}

}  // namespace

Figure figure(const Block& block, const std::string& metric) {
  if (metric == "tps") return {block.tps};
  if (metric == "rps") return {block.rps};
  if (metric == "mean") return mean_figure(block);
  if (metric == "error_rate") return {share(block.outcomes.faults(), block.outcomes.answered())};
  if (metric == "refusal_rate") return {share(block.outcomes.refusal, block.outcomes.answered())};
  if (metric == "cpu_per_order") {
    const double orders = block.tps * block.window_s;
    return {orders > 0 ? block.server.cpu_s / orders : 0};
  }
  if (metric.starts_with('p')) {
    const auto percent = config::parse_real(metric.substr(1));
    if (percent) return quantile_figure(block, *percent / 100);
  }
  return {};
}

stats::Comparison compare_cells(const Cell& baseline, const Cell& candidate,
                                const std::string& metric, const stats::Rules& rules) {
  std::vector<stats::Pair> pairs;
  for (const Block& block : candidate.blocks) {
    const Block* other = measured_block(baseline, block.block);
    if (block.state != State::kDone || other == nullptr) continue;
    const Figure before = figure(*other, metric);
    const Figure after = figure(block, metric);
    pairs.push_back({.block = block.block,
                     .baseline = before.value,
                     .candidate = after.value,
                     .foreign_cpu = std::max(other->foreign_cpu, block.foreign_cpu),
                     .censored = before.censored || after.censored});
  }
  return stats::compare(pairs, rules);
}

}  // namespace stampede::report
