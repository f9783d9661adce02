// `stampede trace ORDER_ID`: one order's way through the services, told from the logs of all
// processes that had a part in it.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <istream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/api/ids.hpp"
#include "experiments/cli/subcommands.hpp"

namespace stampede::cli {

namespace {

using nlohmann::json;

struct TraceCommand {
  std::string order;
  std::vector<std::string> logs;
};

// One line of a log that has to do with the order.
struct Stop {
  std::string timestamp;
  std::string where;
  std::string what;
  std::string note;
  double took_ms = 0;
};

using Lines = std::vector<json>;

std::string text_of(const json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Keeps the lines that may matter: those of requests and of sagas.
void read(std::istream& from, Lines& lines) {
  for (std::string text; std::getline(from, text);) {
    if (text.find("\"correlation\"") == std::string::npos) continue;
    auto line = json::parse(text, nullptr, false);
    if (line.is_object()) lines.push_back(std::move(line));
  }
}

// A file is itself; a folder is every log below it.
std::vector<std::filesystem::path> logs_at(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {path};
  std::vector<std::filesystem::path> logs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error)) {
    if (entry.path().extension() == ".log") logs.push_back(entry.path());
  }
  return logs;
}

bool names_order(const json& line, const std::string& order) {
  return text_of(line, "orderId") == order || text_of(line, "id").starts_with(order + "/");
}

Stop stop_of(const json& line) {
  Stop stop{.timestamp = text_of(line, "timestamp"), .where = {}, .what = {}, .note = {}};
  const auto event = text_of(line, "event");
  if (event == "request") {
    stop.where = "http";
    stop.what = text_of(line, "route");
    stop.note = fmt::format("{} {}", line.value("status", 0), text_of(line, "outcome"));
    stop.took_ms = line.value("latencyMs", 0.0);
    return stop;
  }
  stop.where = text_of(line, "service");
  stop.what = text_of(line, "topic");
  stop.note = text_of(line, "note");
  if (stop.note.empty()) stop.note = event + ": " + text_of(line, "message");
  stop.took_ms = line.value("tookMs", 0.0);
  return stop;
}

// The steps of the order, and the requests and other lines under the same correlation ids.
std::vector<Stop> journey(const Lines& lines, const std::string& order) {
  std::set<std::string> correlations;
  for (const auto& line : lines) {
    if (names_order(line, order)) correlations.insert(text_of(line, "correlation"));
  }
  std::vector<Stop> stops;
  for (const auto& line : lines) {
    const auto other = text_of(line, "orderId");
    const bool related =
        correlations.contains(text_of(line, "correlation")) && (other.empty() || other == order);
    if (related || names_order(line, order)) stops.push_back(stop_of(line));
  }
  std::ranges::stable_sort(stops, {}, &Stop::timestamp);
  return stops;
}

ExitCode run(const TraceCommand& command, Console& console) {
  const auto id = parse_order_id(command.order);
  if (!id) {
    console.error << "stampede trace: \"" << command.order
                  << "\" is no order id; expected one like 018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f\n";
    return ExitCode::kUsage;
  }
  Lines lines;
  for (const auto& name : command.logs) {
    for (const auto& log : logs_at(name)) {
      std::ifstream file(log);
      if (!file) {
        console.error << "stampede trace: cannot read the log " << log.string() << '\n';
        return ExitCode::kUsage;
      }
      read(file, lines);
    }
  }
  if (command.logs.empty()) read(std::cin, lines);
  const auto order = to_string(*id);
  const auto stops = journey(lines, order);
  if (stops.empty()) {
    console.error << "stampede trace: no line is about order " << order
                  << "; a server logs the steps of those requests that it logs: all of them with "
                     "log.requests: all\n";
    return ExitCode::kUsage;
  }
  console.out << "order " << order << '\n';
  for (const auto& stop : stops) {
    console.out << fmt::format("{:<28} {:<12} {:<22} {:>10.3f} ms  {}\n", stop.timestamp,
                               stop.where, stop.what, stop.took_ms, stop.note);
  }
  return ExitCode::kPassed;
}

}  // namespace

Body declare_trace(CLI::App& app) {
  auto command = std::make_shared<TraceCommand>();
  app.add_option("ORDER_ID", command->order, "The order to follow")->required();
  app.add_option("--log", command->logs,
                 "A server's log file, or a folder: every .log below it. Several times for several "
                 "processes. Standard input without any");
  return [command](Console& console) { return run(*command, console); };
}

}  // namespace stampede::cli
