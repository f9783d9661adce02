#include "experiments/plan/documented.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/config/map_reader.hpp"
#include "core/config/text.hpp"

namespace stampede::plan {
namespace {

constexpr std::array<std::pair<std::string_view, stats::Evidence>, 4> kEvidence{
    {{"measured", stats::Evidence::kMeasured},
     {"predicted", stats::Evidence::kPredicted},
     {"goal", stats::Evidence::kGoal},
     {"fictional", stats::Evidence::kFictional}}};
constexpr std::array<std::pair<std::string_view, stats::Direction>, 3> kDirections{
    {{"higher", stats::Direction::kHigher},
     {"lower", stats::Direction::kLower},
     {"none", stats::Direction::kNoEffect}}};

// A number, or a duration in nanoseconds: only ratios of two of the same kind are used.
struct Figure {
  double value = 0;
  bool duration = false;
};

std::optional<Figure> figure(config::MapReader& reader, const std::string& key,
                             const std::string& text) {
  if (const auto number = config::parse_real(text); number && *number > 0) {
    return Figure{*number, false};
  }
  if (const auto duration = config::parse_duration(text); duration && duration->count() > 0) {
    return Figure{static_cast<double>(duration->count()), true};
  }
  reader.fault(key, fmt::format("expected a number above 0 or a duration, got \"{}\"", text));
  return std::nullopt;
}

void read_figures(config::MapReader& reader, Documented& documented) {
  const auto before = figure(reader, "before", documented.before);
  const auto after = figure(reader, "after", documented.after);
  if (!before || !after) return;
  if (before->duration != after->duration) {
    reader.fault("after", "expected the same unit as before");
    return;
  }
  documented.claim = stats::claim_of(documented.evidence, before->value, after->value);
}

std::optional<AuditState> read_state(config::MapReader& reader, const std::string& key,
                                     const std::string& text) {
  if (const auto state = audit_state_from(text)) return state;
  reader.fault(key, fmt::format("expected \"pass\", \"fail\" or \"unknown\", got \"{}\"", text));
  return std::nullopt;
}

void check_metric(config::MapReader& reader, const std::string& metric) {
  auto known = claim_metrics();
  for (const auto& audit : audit_names()) known.push_back("audit." + audit);
  if (std::ranges::find(known, metric) != known.end()) return;
  const auto hint = config::suggestion(metric, known);
  reader.fault("metric",
               fmt::format("expected {}, got \"{}\"{}", config::one_of(known), metric, hint));
}

}  // namespace

std::vector<std::string> claim_metrics() {
  return {"tps",   "rps",  "p50",        "p90",          "p95",          "p99",
          "p99.9", "mean", "error_rate", "refusal_rate", "cpu_per_order"};
}

std::optional<std::string> audit_of(const std::string& metric) {
  if (!metric.starts_with("audit.")) return std::nullopt;
  return metric.substr(6);
}

Documented read_documented(const config::Tree& tree, const std::string& path,
                           config::Faults& faults) {
  config::MapReader reader(&tree, path, faults);
  Documented documented;
  reader.require("source");
  reader.require("evidence");
  reader.require("metric");
  documented.source = reader.text("source", "");
  documented.evidence = reader.choice("evidence", stats::Evidence::kMeasured,
                                      config::Choices<stats::Evidence>(kEvidence));
  documented.metric = reader.text("metric", "");
  documented.before = reader.text("before", "");
  documented.after = reader.text("after", "");
  documented.note = reader.text("note", "");
  documented.from = reader.text("from", "");
  documented.to = reader.text("to", "");
  const bool directed = reader.has("direction");
  const auto direction = reader.choice("direction", stats::Direction::kHigher,
                                       config::Choices<stats::Direction>(kDirections));
  if (!documented.metric.empty()) check_metric(reader, documented.metric);
  if (reader.has("before") != reader.has("after")) {
    reader.fault(reader.has("before") ? "before" : "after", "before and after belong together");
  } else if (audit_of(documented.metric)) {
    reader.require("before");
    if (reader.has("before")) {
      documented.audit_before = read_state(reader, "before", documented.before);
      documented.audit_after = read_state(reader, "after", documented.after);
    }
  } else if (reader.has("before")) {
    read_figures(reader, documented);
    if (directed) reader.fault("direction", "is told by before and after already");
  } else if (directed) {
    documented.claim = stats::Claim{documented.evidence, direction, std::nullopt};
  }
  reader.finish();
  return documented;
}

}  // namespace stampede::plan
