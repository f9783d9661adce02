// The claim that an experiment examines:
//
//   documented: {source: S2, evidence: measured, metric: tps, before: 7.54, after: 25.68, note:
//   "..."}
//
// `before` and `after` are numbers, durations ("404ms") or, for `metric: audit.NAME`, the words
// pass and fail. Without figures, `direction: higher | lower | none` says what the source promises;
// without that either, the claim is printed and not judged. `from` and `to` name the cells; left
// out, they are the baseline and the last cell.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"
#include "experiments/plan/expectation.hpp"
#include "experiments/stats/claim.hpp"

namespace stampede::plan {

struct Documented {
  std::string source;
  stats::Evidence evidence = stats::Evidence::kMeasured;
  std::string metric;  // One of claim_metrics(), or "audit.oversold".
  std::string before;  // As written.
  std::string after;
  std::string note;
  std::string from;  // Cell names.
  std::string to;
  std::optional<stats::Claim> claim;       // For a metric with figures or a direction.
  std::optional<AuditState> audit_before;  // For an audit.
  std::optional<AuditState> audit_after;
};

// "tps", "rps", "p50", "p90", "p95", "p99", "p99.9", "mean", "error_rate", "refusal_rate",
// "cpu_per_order".
std::vector<std::string> claim_metrics();

// The name of the audit in "audit.oversold", or nothing.
std::optional<std::string> audit_of(const std::string& metric);

Documented read_documented(const config::Tree& tree, const std::string& path,
                           config::Faults& faults);

}  // namespace stampede::plan
