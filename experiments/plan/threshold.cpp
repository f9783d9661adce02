#include "experiments/plan/threshold.hpp"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "core/config/text.hpp"
#include "experiments/stats/censoring.hpp"

namespace stampede::plan {
namespace {

using Metric = Threshold::Metric;
using Operator = Threshold::Operator;
using Kind = Threshold::Outcome;

constexpr std::array<std::pair<std::string_view, Metric>, 9> kPlainMetrics{{
    {"avg", Metric::kMean},
    {"med", Metric::kQuantile},
    {"min", Metric::kMin},
    {"max", Metric::kMax},
    {"tps", Metric::kTps},
    {"rps", Metric::kRps},
    {"p", Metric::kQuantile},
    {"rate", Metric::kRate},
    {"count", Metric::kCount},
}};
constexpr std::array<std::pair<std::string_view, Kind>, 4> kOutcomes{{
    {"success", Kind::kSuccess},
    {"refusal", Kind::kRefusal},
    {"error", Kind::kError},
    {"timeout", Kind::kTimeout},
}};
// The longer ones first: "<" is the beginning of "<=".
constexpr std::array<std::pair<std::string_view, Operator>, 6> kOperators{{
    {"<=", Operator::kLessOrEqual},
    {">=", Operator::kGreaterOrEqual},
    {"==", Operator::kEqual},
    {"!=", Operator::kNotEqual},
    {"<", Operator::kLess},
    {">", Operator::kGreater},
}};

bool takes_argument(std::string_view metric) {
  return metric == "p" || metric == "rate" || metric == "count";
}

bool is_latency(Metric metric) {
  return metric == Metric::kQuantile || metric == Metric::kMean || metric == Metric::kMin ||
         metric == Metric::kMax;
}

template <typename Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  names.reserve(table.size());
  for (const auto& [name, value] : table) names.emplace_back(name);
  return names;
}

// Reads one expression from left to right; the first mistake ends it.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Threshold> parse() {
    threshold_.text = std::string(config::trim(text_));
    const std::string_view name = word();
    if (!metric(name) || !argument(name) || !operation() || !limit()) {
      return fail(ErrorCode::kInvalid, std::move(error_));
    }
    return threshold_;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  std::string_view take_until(std::string_view stops) {
    const auto end = std::min(text_.find_first_of(stops, at_), text_.size());
    const auto taken = text_.substr(at_, end - at_);
    at_ = end;
    return taken;
  }

  std::string_view word() {
    skip_space();
    start_ = at_;
    return config::trim(take_until("(<>=! "));
  }

  bool wrong(std::size_t column, std::string message) {
    error_ = fmt::format("column {}: {}", column + 1, message);
    return false;
  }

  bool metric(std::string_view name) {
    for (const auto& [known, value] : kPlainMetrics) {
      if (known == name) {
        threshold_.metric = value;
        if (name == "med") threshold_.quantile = 0.5;
        return true;
      }
    }
    return wrong(start_, fmt::format("expected p(95), avg, med, min, max, tps, rps, rate(...) or "
                                     "count(...), got \"{}\"{}",
                                     name, config::suggestion(name, names_of(kPlainMetrics))));
  }

  bool argument(std::string_view name) {
    skip_space();
    const bool open = at_ < text_.size() && text_[at_] == '(';
    if (!takes_argument(name)) {
      return !open || wrong(at_, fmt::format("{} takes no argument", name));
    }
    if (!open) return wrong(at_, fmt::format("expected ( after {}", name));
    const std::size_t column = ++at_;
    const std::string_view inside = config::trim(take_until(")"));
    if (at_ == text_.size()) return wrong(at_, "expected )");
    ++at_;
    return name == "p" ? percentile(inside, column) : outcome(inside, column);
  }

  bool percentile(std::string_view inside, std::size_t column) {
    const auto value = config::parse_real(inside);
    if (!value || *value <= 0 || *value >= 100) {
      return wrong(column,
                   fmt::format("expected a percentile between 0 and 100, got \"{}\"", inside));
    }
    threshold_.quantile = *value / 100;
    return true;
  }

  bool outcome(std::string_view inside, std::size_t column) {
    for (const auto& [known, value] : kOutcomes) {
      if (known == inside) {
        threshold_.outcome = value;
        return true;
      }
    }
    const auto names = names_of(kOutcomes);
    return wrong(column, fmt::format("expected {}, got \"{}\"{}", config::one_of(names), inside,
                                     config::suggestion(inside, names)));
  }

  bool operation() {
    skip_space();
    for (const auto& [symbol, value] : kOperators) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      at_ += symbol.size();
      threshold_.compare = value;
      return true;
    }
    return wrong(at_, "expected <, <=, >, >=, == or !=");
  }

  bool limit() {
    skip_space();
    const std::size_t column = at_;
    const std::string_view value = config::trim(text_.substr(at_));
    if (is_latency(threshold_.metric)) {
      const auto duration = config::parse_duration(value);
      if (!duration) {
        return wrong(column, fmt::format("expected a duration such as 300ms, got \"{}\"", value));
      }
      threshold_.limit = static_cast<double>(duration->count());
      return true;
    }
    const auto number = config::parse_real(value);
    if (!number || *number < 0) {
      return wrong(column, fmt::format("expected a number of 0 or more, got \"{}\"", value));
    }
    if (threshold_.metric == Metric::kRate && *number > 1) {
      return wrong(column, fmt::format("expected a share of 0 to 1, got \"{}\"", value));
    }
    threshold_.limit = *number;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  Threshold threshold_;
  std::string error_;
};

bool holds(Operator compare, double actual, double limit) {
  switch (compare) {
    case Operator::kLess:
      return actual < limit;
    case Operator::kLessOrEqual:
      return actual <= limit;
    case Operator::kGreater:
      return actual > limit;
    case Operator::kGreaterOrEqual:
      return actual >= limit;
    case Operator::kEqual:
      return actual == limit;
    case Operator::kNotEqual:
      return actual != limit;
  }
  return false;
}

std::uint64_t count_of(Kind outcome, const Measured& measured) {
  switch (outcome) {
    case Kind::kSuccess:
      return measured.success;
    case Kind::kRefusal:
      return measured.refusal;
    case Kind::kError:
      return measured.error + measured.timeout;
    case Kind::kTimeout:
      return measured.timeout;
  }
  return 0;
}

std::uint64_t answers(const Measured& measured) {
  return measured.success + measured.refusal + measured.error + measured.timeout;
}

std::chrono::nanoseconds latency_of(const Threshold& threshold, const Histogram& latency) {
  switch (threshold.metric) {
    case Metric::kMean:
      return latency.mean();
    case Metric::kMin:
      return latency.min();
    case Metric::kMax:
      return latency.max();
    default:
      return latency.quantile(threshold.quantile);
  }
}

// Three digits are what a percentile of a measured run is worth.
std::string rounded(std::chrono::nanoseconds duration) {
  const auto ns = static_cast<double>(duration.count());
  if (ns >= 1e9) return fmt::format("{:.3g}s", ns / 1e9);
  if (ns >= 1e6) return fmt::format("{:.3g}ms", ns / 1e6);
  if (ns >= 1e3) return fmt::format("{:.3g}us", ns / 1e3);
  return fmt::format("{}ns", duration.count());
}

// Open requests are slower than anything that was measured: a limit from below is safe from them,
// any other needs the pessimistic reading. A mean and a maximum have none; they stand while open
// requests are few.
bool open_requests_decide(const Threshold& threshold, const Measured& measured) {
  if (measured.open == 0 || threshold.metric == Metric::kMin) return false;
  if (threshold.compare == Operator::kGreater || threshold.compare == Operator::kGreaterOrEqual) {
    return false;
  }
  if (threshold.metric != Metric::kQuantile) {
    return static_cast<double>(measured.open) >
           stats::kCensoringTolerance * static_cast<double>(measured.latency.count());
  }
  const auto reading =
      stats::censored_quantile(measured.latency, measured.open, threshold.quantile);
  return !reading.pessimistic ||
         !holds(threshold.compare, static_cast<double>(reading.pessimistic->count()),
                threshold.limit);
}

ThresholdResult evaluate_latency(const Threshold& threshold, const Measured& measured) {
  ThresholdResult result{threshold.text, false, "no latency was measured"};
  if (measured.latency.count() == 0) return result;
  const auto actual = latency_of(threshold, measured.latency);
  result.met = holds(threshold.compare, static_cast<double>(actual.count()), threshold.limit);
  result.actual = rounded(actual);
  if (result.met && open_requests_decide(threshold, measured)) {
    result.met = false;
    result.actual += fmt::format(", but {} requests were still open", measured.open);
  }
  return result;
}

}  // namespace

Result<Threshold> parse_threshold(std::string_view text) { return Parser(text).parse(); }

ThresholdResult evaluate(const Threshold& threshold, const Measured& measured) {
  if (answers(measured) == 0) return {threshold.text, false, "nothing was measured"};
  if (is_latency(threshold.metric)) return evaluate_latency(threshold, measured);
  double actual = 0;
  switch (threshold.metric) {
    case Metric::kRate:
      actual = static_cast<double>(count_of(threshold.outcome, measured)) /
               static_cast<double>(answers(measured));
      break;
    case Metric::kCount:
      actual = static_cast<double>(count_of(threshold.outcome, measured));
      break;
    case Metric::kTps:
      actual = measured.seconds > 0 ? measured.good / measured.seconds : 0;
      break;
    default:
      actual = measured.seconds > 0 ? static_cast<double>(answers(measured)) / measured.seconds : 0;
      break;
  }
  return {threshold.text, holds(threshold.compare, actual, threshold.limit),
          fmt::format("{:.4g}", actual)};
}

}  // namespace stampede::plan
