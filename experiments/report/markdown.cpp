#include "experiments/report/markdown.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "experiments/report/terminal_report.hpp"

namespace stampede::report {
namespace {

// Text of others in a Markdown line.
std::string plain(const std::string& text) {
  std::string result;
  for (const char c : printable(text)) {
    if (c == '*' || c == '_' || c == '`' || c == '<' || c == '|') result += '\\';
    result += c;
  }
  return result;
}

// A fence that no line of the text can close.
std::string fenced(const std::string& language, const std::string& text) {
  std::string fence = "```";
  while (text.find(fence) != std::string::npos) fence += '`';
  return fence + language + "\n" + text + (text.ends_with('\n') ? "" : "\n") + fence + "\n\n";
}

std::string verdict(const RunResult& run) {
  std::string text;
  if (const auto ranking = ranking_text(run); !ranking.empty()) {
    text += plain(ranking.starts_with("* ") ? ranking.substr(2) : ranking) + ".\n\n";
  }
  if (run.documented) {
    const DocumentedResult& claim = *run.documented;
    text += fmt::format("**Documented** ({}, {}): {}", plain(claim.source), claim.evidence,
                        plain(claim.metric));
    if (!claim.before.empty()) text += fmt::format(" {} → {}", claim.before, claim.after);
    text += claim.note.empty() ? ".\n\n" : fmt::format(". {}\n\n", plain(claim.note));
    text += claim.finding.empty()
                ? "**Here**: the claim has no figures to judge it by.\n\n"
                : fmt::format("**Here** ({} → {}): **{}**; {}.\n\n", plain(claim.from),
                              plain(claim.to), claim.finding, claim.because);
  }
  if (!run.exit_reason.empty()) text += "**Not passed**: " + plain(run.exit_reason) + ".\n\n";
  return text;
}

std::string warnings(const RunResult& run) {
  if (run.warnings.empty()) return "";
  std::string text = "## Warnings\n\n";
  for (const std::string& warning : run.warnings) text += "- " + plain(warning) + "\n";
  return text + "\n";
}

std::string comparisons(const RunResult& run) {
  Table table;
  table.columns = {{"cell", false}, {"metric", false}, {"change", false},
                   {"p", true},     {"blocks", true},  {"", false}};
  for (const Cell& cell : run.cells) {
    for (const auto& [metric, comparison] : cell.summary.comparisons) {
      table.rows.push_back(
          {{cell.name},
           {metric},
           {change_text(comparison)},
           {comparison.p_value ? fmt::format("{:.3f}", *comparison.p_value) : ""},
           {fmt::format("{}{}", comparison.pairs,
                        comparison.dropped > 0 ? fmt::format(" (-{})", comparison.dropped) : "")},
           {comparison.reason}});
    }
  }
  if (table.rows.empty()) return "";
  return "## Changes against " + plain(run.baseline) +
         "\n\nRatios with their 95 % intervals; ~ where the interval includes 1.\n\n" +
         render_markdown(table) + "\n";
}

std::string effects(const RunResult& run) {
  if (run.effects.empty()) return "";
  Table table;
  table.columns = {{"factor", false}, {"metric", false}, {"effect", false},
                   {"share", true},   {"blocks", true},  {"", false}};
  for (const FactorEffect& effect : run.effects) {
    table.rows.push_back({{effect_title(effect)},
                          {effect.metric},
                          {change_text(effect.comparison)},
                          {share_text(effect)},
                          {std::to_string(effect.comparison.pairs)},
                          {effect.comparison.reason}});
  }
  Table together;
  together.columns = {{"factors", false}, {"metric", false}, {"interaction", false}};
  for (const FactorInteraction& interaction : run.interactions) {
    together.rows.push_back({{interaction.first + " and " + interaction.second},
                             {interaction.metric},
                             {change_text(interaction.comparison)}});
  }
  return "## Who earned it\n\nThe effect of each factor, over all combinations of the others, and "
         "its share of the sum of all effects on a log scale.\n\n" +
         render_markdown(table) +
         "\nBy how much the effect of one factor grows when the other is switched too; 1 where "
         "they "
         "do not depend on each other.\n\n" +
         render_markdown(together) + "\n";
}

double total_of(const PhaseTime& phase) {
  return static_cast<double>(phase.time.mean().count()) * static_cast<double>(phase.time.count());
}

// How long a lock was held covers phases that stand beside it, so it has no share of its own.
bool covers_others(const PhaseTime& phase) { return phase.name == "hold"; }

std::string phases(const RunResult& run) {
  Table table;
  table.columns = {{"cell", false}, {"phase", false}, {"share", true},
                   {"p50", true},   {"p95", true},    {"requests", true}};
  for (const Cell& cell : run.cells) {
    double total = 0;
    for (const PhaseTime& phase : cell.summary.phases) {
      if (!covers_others(phase)) total += total_of(phase);
    }
    auto sorted = cell.summary.phases;
    std::ranges::stable_sort(sorted, std::greater<>(), total_of);
    for (const PhaseTime& phase : sorted) {
      if (phase.time.count() == 0 || total == 0) continue;
      table.rows.push_back(
          {{cell.name},
           {phase.name},
           {covers_others(phase) ? "(covers others)"
                                 : fmt::format("{:.1f} %", 100 * total_of(phase) / total)},
           {time_text(phase.time.quantile(0.5))},
           {time_text(phase.time.quantile(0.95))},
           {std::to_string(phase.time.count())}});
    }
  }
  if (table.rows.empty()) return "";
  return "## Where the time goes\n\nOf the requests' time in the server.\n\n" +
         render_markdown(table) + "\n";
}

// A count or a size for each good order; "-" where there was none.
std::string per_order(double total, double orders) {
  return orders > 0 ? fmt::format("{:.1f}", total / orders) : "-";
}

std::string processes(const RunResult& run) {
  Table table;
  table.columns = {{"cell", false},        {"process", false},       {"CPU per order", true},
                   {"CPU", true},          {"memory MB", true},      {"switches per order", true},
                   {"disk B/order", true}, {"network B/order", true}};
  for (const Cell& cell : run.cells) {
    const double orders = cell.summary.tps * cell.summary.window_s;
    for (const ProcessTotal& process : cell.summary.processes) {
      const auto& use = process.use;
      const auto seconds = process.cpu_per_order_s;
      table.rows.push_back(
          {{cell.name},
           {process.name},
           {seconds > 0 ? time_text(Nanoseconds(static_cast<std::int64_t>(seconds * 1e9))) : "-"},
           {cell.summary.window_s > 0
                ? fmt::format("{:.0f} %", 100 * use.cpu_s / cell.summary.window_s)
                : "-"},
           {fmt::format("{:.0f}", static_cast<double>(process.resident_bytes) / 1e6)},
           {per_order(static_cast<double>(use.voluntary_switches + use.involuntary_switches),
                      orders)},
           {per_order(static_cast<double>(use.read_bytes + use.written_bytes), orders)},
           {per_order(static_cast<double>(use.received_bytes + use.sent_bytes), orders)}});
    }
  }
  if (table.rows.empty()) return "";
  return "## What the processes used\n\nOver the measured windows; an order is a good one. CPU is "
         "a "
         "share of one processor.\n\n" +
         render_markdown(table) + "\n";
}

std::string queries(const RunResult& run) {
  Table table;
  table.columns = {
      {"cell", false}, {"query", false}, {"count", true}, {"mean", true}, {"p95", true}};
  for (const Cell& cell : run.cells) {
    for (const Query& query : cell.summary.queries) {
      table.rows.push_back({{cell.name},
                            {query.name},
                            {std::to_string(query.count)},
                            {time_text(query.mean)},
                            {time_text(query.p95)}});
    }
  }
  if (table.rows.empty()) return "";
  return "## Slowest queries\n\n" + render_markdown(table) + "\n";
}

std::string audits(const RunResult& run) {
  Table table;
  table.columns = {
      {"cell", false}, {"audit", false}, {"result", false}, {"expected", false}, {"", false}};
  std::string evidence;
  for (const Cell& cell : run.cells) {
    for (const AuditSummary& audit : cell.summary.audits) {
      table.rows.push_back({{cell.name},
                            {audit.name},
                            {std::string(plan::to_string(audit.state)) +
                             (audit.as_expected ? "" : ", not as expected")},
                            {audit.expected},
                            {audit.summary}});
      if (audit.state != plan::AuditState::kFail || audit.evidence.empty()) continue;
      evidence += fmt::format("{}, {}:\n\n", plain(cell.name), audit.name);
      for (const std::string& line : audit.evidence) evidence += "- " + plain(line) + "\n";
      evidence += "\n";
    }
  }
  if (table.rows.empty()) return "";
  return "## Audits\n\n" + render_markdown(table) + "\n" + evidence;
}

std::string thresholds(const RunResult& run) {
  Table table;
  table.columns = {{"cell", false}, {"threshold", false}, {"met", false}, {"measured", false}};
  for (const Cell& cell : run.cells) {
    for (const ThresholdOutcome& threshold : cell.summary.thresholds) {
      table.rows.push_back(
          {{cell.name}, {threshold.text}, {threshold.met ? "yes" : "no"}, {threshold.actual}});
    }
  }
  if (table.rows.empty()) return "";
  return "## Thresholds\n\n" + render_markdown(table) + "\n";
}

std::string refusals(const RunResult& run) {
  Table table;
  table.columns = {{"cell", false}, {"kind", false}, {"code", false}, {"count", true}};
  for (const Cell& cell : run.cells) {
    for (const NamedCount& refusal : cell.summary.refusals) {
      table.rows.push_back(
          {{cell.name}, {"refusal"}, {refusal.name}, {std::to_string(refusal.count)}});
    }
    for (const NamedCount& fault : cell.summary.faults) {
      table.rows.push_back({{cell.name}, {"error"}, {fault.name}, {std::to_string(fault.count)}});
    }
  }
  if (table.rows.empty()) return "";
  return "## Refusals and errors\n\n" + render_markdown(table) + "\n";
}

std::string injected(const RunResult& run) {
  Table table;
  table.columns = {{"cell", false}, {"block", true}, {"second", true}, {"what", false}};
  for (const Cell& cell : run.cells) {
    for (const Block& block : cell.blocks) {
      for (const NamedValue& fault : block.injected) {
        table.rows.push_back({{cell.name},
                              {std::to_string(block.block + 1)},
                              {fmt::format("{:.2f}", fault.value)},
                              {fault.name}});
      }
    }
  }
  if (table.rows.empty()) return "";
  return "## Broken on purpose\n\nSeconds count from the beginning of the measured window.\n\n" +
         render_markdown(table) + "\n";
}

std::string failures(const RunResult& run) {
  std::string text;
  for (const Cell& cell : run.cells) {
    if (cell.state != State::kFailed) continue;
    text += fmt::format("{}:\n\n{}", plain(cell.name), fenced("", cell.state_reason));
  }
  return text.empty() ? "" : "## Cells that failed\n\n" + text;
}

std::string environment(const RunResult& run) {
  const Environment& e = run.environment;
  std::string text = "## Environment\n\n";
  text += fmt::format("- {}, {} processors, {:.1f} GB memory\n", plain(e.cpu), e.processors,
                      static_cast<double>(e.memory_bytes) / 1e9);
  text += fmt::format("- {}, kernel {}\n", plain(e.system), plain(e.kernel));
  if (!e.git_commit.empty()) text += fmt::format("- commit {}\n", plain(e.git_commit));
  for (const auto& [name, version] : e.versions) {
    text += fmt::format("- {} {}\n", plain(name), plain(version));
  }
  text += fmt::format("- from {} to {}\n", run.started_at, run.finished_at);
  if (!run.command.empty()) {
    text += fmt::format("- {}\n", plain(fmt::format("{}", fmt::join(run.command, " "))));
  }
  for (const std::string& note : run.notes) text += fmt::format("- {}\n", plain(note));
  return text + "\n";
}

std::string method(const RunResult& run) {
  return fmt::format(
      "## Method\n\n"
      "- {} blocks; every cell once per block, the order within each block shuffled by seed {}. "
      "Each "
      "run has a fresh server and fresh data.\n"
      "- TPS counts completed orders, issued coupons and charges; refusals and errors are not in "
      "it.\n"
      "- Latency counts from the intended send time. Histograms are merged over the blocks (error "
      "0.4 %); percentiles are never averaged. An answer is waited for "
      "beyond the window's end; requests that never got one have no latency; where they could "
      "change a figure by more than 5 %, it reads \"cannot tell\".\n"
      "- A change is the geometric mean of the ratios of paired runs, its interval Student's t at "
      "95 "
      "% on their logarithms, its p-value exact by sign flips. A pair is dropped when other "
      "processes used more than {:.0f} % of the machine during one of its runs.\n"
      "- A measured claim is reproduced when the change is clear, in the documented direction, and "
      "at "
      "least 80 % of the documented effect on a log scale; weaker when less; contradicted when "
      "clear and opposite. Other claims hold here or do not.\n\n",
      run.blocks, run.seed, run.max_foreign_cpu * 100);
}

std::string indented(const std::string& text) {
  std::string result;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && c != '\n') result += "  ";
    result += c;
    line_begins = c == '\n';
  }
  return result;
}

std::string configuration(const RunResult& run) {
  std::string text = "## Experiment\n\n" + fenced("yaml", run.yaml);
  for (const Cell& cell : run.cells) {
    text += fmt::format("<details><summary>{}</summary>\n\n", plain(cell.name)) +
            fenced("yaml", cell.server + cell.bench + "load:\n" + indented(cell.load) +
                               "data: " + cell.data) +
            "</details>\n\n";
  }
  return text;
}

}  // namespace

std::string markdown_report(const RunResult& run) {
  std::string text = "# " + plain(run.experiment) + "\n\n";
  if (!run.question.empty()) text += plain(run.question) + "\n\n";
  text += verdict(run) + render_markdown(result_table(run)) + "\n";
  text += warnings(run) + comparisons(run) + effects(run) + phases(run) + processes(run) +
          queries(run) + audits(run) + thresholds(run) + refusals(run) + injected(run) +
          failures(run) + environment(run) + method(run) + configuration(run);
  return text;
}

}  // namespace stampede::report
