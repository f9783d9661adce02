#include "experiments/report/terminal_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace stampede::report {
namespace {

std::string three_digits(double value) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 99.95) return fmt::format("{:.0f}", value);
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

std::string milliseconds(Nanoseconds duration) {
  return three_digits(static_cast<double>(duration.count()) / 1e6);
}

Field quantile_field(const Summary& summary, const std::string& name) {
  const Quantile* quantile = summary.quantile(name);
  if (quantile == nullptr || summary.blocks == 0) return {};
  if (!quantile->certain) return {"cannot tell", Colour::kYellow};
  return {milliseconds(quantile->value)};
}

std::string count_text(std::uint64_t count, std::uint64_t of) {
  if (count == 0 || of == 0) return std::to_string(count);
  const double percent = 100.0 * static_cast<double>(count) / static_cast<double>(of);
  return percent < 0.1 ? fmt::format("{} (<0.1 %)", count)
                       : fmt::format("{} ({:.1f} %)", count, percent);
}

// "pass", or the names of those that did not.
Field audit_field(const Summary& summary) {
  std::string failed;
  std::string expected;
  std::string unknown;
  const auto add = [](std::string& list, const std::string& name) {
    list += (list.empty() ? "" : ", ") + name;
  };
  for (const AuditSummary& audit : summary.audits) {
    if (audit.state == plan::AuditState::kUnknown && !audit.informative) add(unknown, audit.name);
    if (audit.state != plan::AuditState::kFail || audit.informative) continue;
    add(audit.expected == "fail" ? expected : failed, audit.name);
  }
  if (!failed.empty()) return {"FAIL " + failed, Colour::kRed};
  if (!summary.audits_as_expected()) return {"not as expected", Colour::kRed};
  if (!expected.empty()) return {"fail, expected: " + expected, Colour::kYellow};
  if (!unknown.empty()) return {"unknown " + unknown, Colour::kYellow};
  if (summary.audits.empty()) return {"none", Colour::kYellow};
  return {"pass", Colour::kGreen};
}

Field change_field(const RunResult& run, const Cell& cell) {
  if (cell.name == run.baseline) return {"baseline", Colour::kDim};
  const stats::Comparison* tps = cell.summary.comparison("tps");
  if (tps == nullptr) return {};
  const std::string text = change_text(*tps);
  switch (tps->answer) {
    case stats::Answer::kHigher:
      return {text, cell.summary.has_failed_audit() ? Colour::kYellow : Colour::kGreen};
    case stats::Answer::kLower:
      return {text, Colour::kRed};
    default:
      return {text, Colour::kDim};
  }
}

std::string cell_title(const RunResult& run, const Cell& cell) {
  std::string title = printable(cell.name);
  if (cell.name == run.fastest) title += " *";
  if (cell.state != State::kDone) title += fmt::format(" ({})", to_string(cell.state));
  if (cell.summary.saturated) title += " (saturated)";
  return title;
}

std::vector<Field> row_of(const RunResult& run, const Cell& cell) {
  const Summary& summary = cell.summary;
  if (summary.blocks == 0) {
    std::vector<Field> row(10);
    row[0] = {cell_title(run, cell), Colour::kYellow};
    row[8] = summary.audits.empty() ? Field{} : audit_field(summary);
    return row;
  }
  const std::uint64_t all = summary.outcomes.answered();
  const std::uint64_t errors = summary.outcomes.faults();
  return {{cell_title(run, cell), cell.name == run.fastest ? Colour::kBold : Colour::kNone},
          {rate_text(summary.tps)},
          quantile_field(summary, "p50"),
          quantile_field(summary, "p95"),
          quantile_field(summary, "p99"),
          {count_text(summary.outcomes.refusal, all)},
          {count_text(errors, all), errors > 0 ? Colour::kRed : Colour::kNone},
          {summary.cpu_per_order_s > 0 ? three_digits(summary.cpu_per_order_s * 1e3) : "-"},
          audit_field(summary),
          change_field(run, cell)};
}

std::string thresholds_text(const RunResult& run, const Terminal& terminal) {
  std::string text;
  for (const Cell& cell : run.cells) {
    for (const ThresholdOutcome& threshold : cell.summary.thresholds) {
      if (threshold.met || cell.summary.blocks == 0) continue;
      text += painted(terminal, Colour::kRed, "missed") +
              fmt::format("  {}: {} ({})\n", printable(cell.name), printable(threshold.text),
                          threshold.actual);
    }
  }
  return text;
}

std::string effects_text(const RunResult& run, const Terminal& terminal) {
  std::string text;
  for (const FactorEffect& effect : run.effects) {
    if (effect.metric != "tps") continue;
    text += painted(terminal, Colour::kBold, "effect") +
            fmt::format("  {}: {} TPS{}\n", printable(effect_title(effect)),
                        change_text(effect.comparison),
                        effect.share ? ", " + share_text(effect) + " of the whole" : "");
  }
  for (const FactorInteraction& interaction : run.interactions) {
    const auto answer = interaction.comparison.answer;
    if (interaction.metric != "tps") continue;
    if (answer != stats::Answer::kHigher && answer != stats::Answer::kLower) continue;
    text += painted(terminal, Colour::kBold, "interaction") +
            fmt::format("  after {}, {} is worth {} as much\n", printable(interaction.first),
                        printable(interaction.second), change_text(interaction.comparison));
  }
  return text;
}

std::string audits_text(const RunResult& run, const Terminal& terminal) {
  std::string text;
  for (const Cell& cell : run.cells) {
    for (const AuditSummary& audit : cell.summary.audits) {
      const bool failed = audit.state == plan::AuditState::kFail && !audit.informative;
      if (!failed && audit.as_expected) continue;
      text += painted(terminal, audit.as_expected ? Colour::kYellow : Colour::kRed,
                      audit.as_expected ? "expected" : "audit") +
              fmt::format("  {}: {} {}: {}\n", printable(cell.name), audit.name,
                          plan::to_string(audit.state), printable(audit.summary));
    }
  }
  return text;
}

}  // namespace

std::string change_text(const stats::Comparison& comparison) {
  if (!comparison.ratio || !comparison.interval) {
    // One block has a ratio, and nothing that says how far it can be trusted.
    if (comparison.ratio && comparison.pairs == 1) {
      return three_digits(*comparison.ratio) + "x (1 block)";
    }
    return std::string(stats::to_string(comparison.answer));
  }
  const std::string interval = fmt::format("[{}, {}]", three_digits(comparison.interval->low),
                                           three_digits(comparison.interval->high));
  if (comparison.answer == stats::Answer::kUnclear) return "~ " + interval;
  return three_digits(*comparison.ratio) + "x " + interval;
}

std::string rate_text(double per_second) {
  if (per_second >= 99'950) return three_digits(per_second / 1000) + "k";
  return three_digits(per_second);
}

std::string time_text(Nanoseconds duration) {
  const auto ns = static_cast<double>(duration.count());
  if (ns >= 1e9) return three_digits(ns / 1e9) + " s";
  if (ns >= 1e6) return three_digits(ns / 1e6) + " ms";
  if (ns >= 1e3) return three_digits(ns / 1e3) + " us";
  return three_digits(ns) + " ns";
}

std::string effect_title(const FactorEffect& effect) {
  return fmt::format("{} {} -> {}", effect.factor, effect.from, effect.to);
}

std::string share_text(const FactorEffect& effect) {
  return effect.share ? fmt::format("{:.0f} %", 100 * *effect.share) : "";
}

std::string ranking_text(const RunResult& run) {
  if (run.cells.size() < 2) return "";  // Fastest of what?
  std::string text;
  if (!run.fastest.empty()) {
    text =
        fmt::format("* {} is the fastest cell without a failed audit{}", printable(run.fastest),
                    run.cells.front().summary.thresholds.empty() ? "" : " or a missed threshold");
  } else {
    text = "no cell is both correct and within the thresholds";
  }
  if (!run.faster_broken.empty()) {
    text += fmt::format("; {} does more and is not correct", printable(run.faster_broken));
  }
  return text;
}

std::string verdict_text(const RunResult& run) {
  if (!run.documented) return "";
  const DocumentedResult& claim = *run.documented;
  std::string text = fmt::format("{} ({}): {}", claim.source, claim.evidence, claim.metric);
  if (!claim.before.empty()) text += fmt::format(" {} -> {}", claim.before, claim.after);
  if (claim.finding.empty()) return text + "; not judged";
  return text +
         fmt::format("\n{} ({} -> {}): {}", claim.finding, claim.from, claim.to, claim.because);
}

Table result_table(const RunResult& run) {
  Table table;
  table.columns = {
      {run.axes.empty() ? "cell" : "cell (" + fmt::format("{}", fmt::join(run.axes, "/")) + ")",
       false, kEssential},
      {"TPS", true, kEssential},
      {"p50 ms", true, 30},
      {"p95 ms", true, 60},
      {"p99 ms", true, 40},
      {"refusals", true, 20},
      {"errors", true, 50},
      {"CPU ms/order", true, 10},
      {"audits", false, kEssential},
      {"change in TPS", false, kEssential}};
  for (const Cell& cell : run.cells) table.rows.push_back(row_of(run, cell));
  return table;
}

std::string final_report(const RunResult& run, const Terminal& terminal) {
  std::string text = painted(terminal, Colour::kBold, printable(run.experiment));
  if (!run.question.empty()) text += ": " + printable(run.question);
  text +=
      fmt::format("\n{} block{}, seed {}\n\n", run.blocks, run.blocks == 1 ? "" : "s", run.seed);
  text += render(result_table(run), terminal) + "\n";
  if (const auto ranking = ranking_text(run); !ranking.empty()) text += ranking + "\n";
  if (const auto verdict = verdict_text(run); !verdict.empty()) text += verdict + "\n";
  text += effects_text(run, terminal) + audits_text(run, terminal) + thresholds_text(run, terminal);
  for (const std::string& warning : run.warnings) {
    text += painted(terminal, Colour::kYellow, "warning") + "  " + printable(warning) + "\n";
  }
  if (!run.exit_reason.empty()) {
    text +=
        painted(terminal, Colour::kRed, "not passed") + "  " + printable(run.exit_reason) + "\n";
  }
  return text;
}

}  // namespace stampede::report
