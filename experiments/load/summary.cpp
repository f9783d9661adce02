#include "experiments/load/summary.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace stampede::load {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<const char*, double>, 5> kQuantiles{
    {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}}};

double microseconds(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// Three digits that matter, with a unit that suits them.
std::string readable(Duration duration) {
  const double us = microseconds(duration);
  if (us < 1'000) return fmt::format("{:.0f} us", us);
  if (us < 1'000'000) return fmt::format("{:.{}f} ms", us / 1e3, us < 10'000 ? 2 : 1);
  return fmt::format("{:.2f} s", us / 1e6);
}

std::string row(const std::string& name, const Histogram& histogram, const std::string& count,
                const std::string& rate) {
  auto text = fmt::format("{:<18} {:>9} {:>10}", name.substr(0, 18), count, rate);
  for (const auto& [label, q] : kQuantiles) {
    text += fmt::format(" {:>9}", histogram.count() == 0 ? "-" : readable(histogram.quantile(q)));
  }
  return text + fmt::format(" {:>9}\n", histogram.count() == 0 ? "-" : readable(histogram.max()));
}

std::string measure_row(const LoadResult& result, const std::string& name, const Measure& measure) {
  const double seconds = result.seconds();
  const double rate = seconds > 0 ? static_cast<double>(measure.succeeded) / seconds : 0;
  return row(name, measure.latency, std::to_string(measure.sent()), fmt::format("{:.1f}", rate));
}

std::string counted(const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count);
  }
  return text;
}

std::string latencies(const LoadResult& result) {
  auto text = fmt::format("{:<18} {:>9} {:>10}", "latency", "sent", "success/s");
  for (const auto& [label, q] : kQuantiles) text += fmt::format(" {:>9}", label);
  text += fmt::format(" {:>9}\n", "max");
  for (const auto& journey : result.journeys) {
    text += measure_row(result, journey.name, journey.measure);
    if (journey.steps.size() < 2) continue;
    for (const auto& step : journey.steps) {
      text += measure_row(result, "  " + step.name, step.measure);
    }
  }
  if (result.journeys.size() > 1) text += measure_row(result, "all", result.overall);
  text += row("service time", result.overall.service, "", "");
  for (const auto& [name, histogram] : result.phases) {
    text += row("  in " + name, histogram, std::to_string(histogram.count()), "");
  }
  return text;
}

std::string generator_line(const LoadResult& result) {
  const auto& health = result.generator;
  auto text =
      fmt::format("generator   cpu {:.0f} %, waiting for cpu {:.0f} %, saturated {:.0f} %",
                  health.cpu * 100, health.waiting_for_cpu * 100, health.saturated_share * 100);
  if (health.lateness.count() > 0) {
    text += fmt::format(", send lateness p50 {} p99 {}", readable(health.lateness.quantile(0.5)),
                        readable(health.lateness.quantile(0.99)));
  }
  text +=
      fmt::format("\nconnections {} opened, {} failed, {} requests on a used one\n",
                  result.connections.opened, result.connections.failed, result.connections.reused);
  if (health.dropped > 0) text += fmt::format("dropped     {} arrivals\n", health.dropped);
  return text;
}

Json json_of(const Histogram& histogram) {
  Json json{{"count", histogram.count()},
            {"mean", microseconds(histogram.mean())},
            {"max", microseconds(histogram.max())}};
  for (const auto& [label, q] : kQuantiles) json[label] = microseconds(histogram.quantile(q));
  return json;
}

Json json_of(const Measure& measure, double seconds) {
  Json json;
  json["sent"] = measure.sent();
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    json["outcomes"][std::string(kOutcomeNames[i])] = measure.outcomes[i];
  }
  json["successesPerSecond"] = seconds > 0 ? static_cast<double>(measure.succeeded) / seconds : 0;
  json["answersPerSecond"] = seconds > 0 ? static_cast<double>(measure.answered) / seconds : 0;
  json["latency"] = json_of(measure.latency);
  json["successLatency"] = json_of(measure.success_latency);
  json["service"] = json_of(measure.service);
  return json;
}

Json json_of(const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
  auto json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

Json json_of(const JourneyResult& journey, double seconds) {
  Json json = json_of(journey.measure, seconds);
  json["iterations"] = {{"completed", journey.completed},
                        {"brokenOff", journey.broken_off},
                        {"duration", json_of(journey.iteration)}};
  for (const auto& step : journey.steps) {
    auto entry = json_of(step.measure, seconds);
    entry["name"] = step.name;
    entry["operation"] = to_string(step.kind);
    json["steps"].push_back(std::move(entry));
  }
  return json;
}

Json json_of(const GeneratorHealth& health) {
  return {{"lateness", json_of(health.lateness)},
          {"cpu", health.cpu},
          {"waitingForCpu", health.waiting_for_cpu},
          {"saturatedShare", health.saturated_share},
          {"backlogShare", health.backlog_share},
          {"dropped", health.dropped},
          {"saturated", health.saturated}};
}

}  // namespace

std::string summary_text(const LoadResult& result) {
  auto text = fmt::format("{}, a window of {:.2f} s{}\n", result.executor, result.seconds(),
                          result.stopped ? ", stopped early" : "");
  text += fmt::format("goodput     {:.1f}/s of {:.1f} answers/s, {:.1f} users, {:.1f} in flight\n",
                      result.goodput(), result.answers_per_second(), result.average_vus,
                      result.average_in_flight);
  text += "outcomes    ";
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    text +=
        fmt::format("{}{} {}", i == 0 ? "" : ", ", kOutcomeNames[i], result.overall.outcomes[i]);
  }
  text += '\n';
  if (!result.refusals.empty()) text += "refusals    " + counted(result.refusals) + '\n';
  if (!result.faults.empty()) text += "faults      " + counted(result.faults) + '\n';
  text += '\n' + latencies(result) + '\n' + generator_line(result);
  if (result.ledger_cost.records > 0) {
    text += fmt::format("ledger      {} records, {:.0f} bytes and {:.0f} ns each\n",
                        result.ledger_cost.records, result.ledger_cost.bytes_per_record,
                        result.ledger_cost.nanoseconds_per_record);
  }
  if (result.generator.saturated) {
    text += "SATURATED: the generator could not send what was asked for; do not rank this run\n";
  }
  return text;
}

std::string summary_json(const LoadResult& result) {
  Json json{{"executor", result.executor},
            {"windowSeconds", result.seconds()},
            {"stopped", result.stopped},
            {"goodput", result.goodput()},
            {"iterations", result.iterations},
            {"averageVus", result.average_vus},
            {"averageInFlight", result.average_in_flight},
            {"meanThink", microseconds(result.mean_think)}};
  json["overall"] = json_of(result.overall, result.seconds());
  for (const auto& journey : result.journeys) {
    json["journeys"][journey.name] = json_of(journey, result.seconds());
  }
  json["refusals"] = json_of(result.refusals);
  json["faults"] = json_of(result.faults);
  json["phases"] = Json::object();
  for (const auto& [name, histogram] : result.phases) json["phases"][name] = json_of(histogram);
  json["timeline"] = Json::array();
  for (const auto& second : result.timeline) {
    json["timeline"].push_back({{"answered", second.answered},
                                {"successes", second.successes},
                                {"errors", second.errors},
                                {"vus", second.vus},
                                {"p95", microseconds(second.p95)}});
  }
  json["generator"] = json_of(result.generator);
  json["connections"] = {{"opened", result.connections.opened},
                         {"failed", result.connections.failed},
                         {"reused", result.connections.reused}};
  json["ledger"] = {{"records", result.ledger_cost.records},
                    {"bytesPerRecord", result.ledger_cost.bytes_per_record},
                    {"nanosecondsPerRecord", result.ledger_cost.nanoseconds_per_record}};
  return json.dump(2) + "\n";
}

}  // namespace stampede::load
