// `stampede env up|status|down`: private servers for interactive use, and how to use them.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "core/config/text.hpp"
#include "experiments/cli/subcommands.hpp"
#include "experiments/environment/kept.hpp"

namespace stampede::cli {

namespace {

using environment::Kept;

constexpr int kMostNodes = 16;

struct EnvOptions {
  std::string action;
  bool postgres = false;
  int redis_nodes = 0;
  bool kafka = false;
  bool json = false;
};

// The settings that make a server use what is kept. A url is quoted: & and ? mean something to a
// shell.
std::vector<std::string> settings_of(const Kept& kept) {
  std::vector<std::string> settings;
  if (kept.has_postgres()) {
    settings.emplace_back("store.use=postgres");
    settings.push_back(fmt::format("'store.url={}'", kept.postgres_url()));
  }
  if (kept.redis_nodes() > 0) {
    settings.emplace_back("lock.use=redlock");
    settings.push_back(fmt::format("lock.nodes={}", kept.redis_nodes()));
    // YAML reads a plain a:1,b:2 as one text; in a list of values the comma would separate.
    settings.push_back(fmt::format("'lock.urls=\"{}\"'", kept.redis_addresses()));
  }
  if (const auto address = kept.kafka_address(); !address.empty()) {
    settings.emplace_back("topology=services");
    settings.emplace_back("transport.use=kafka");
    settings.push_back(fmt::format("'transport.brokers=\"{}\"'", address));
  }
  return settings;
}

std::string server_line(const Kept& kept) {
  std::string line = "stampede-server";
  for (const auto& setting : settings_of(kept)) line += " --set " + setting;
  return line;
}

std::string sweep_line(const Kept& kept) {
  std::string line = "stampede sweep server.workers=8,32";
  for (const auto& setting : settings_of(kept)) line += " " + setting;
  return line + " --vus 20 --duration 3s --blocks 2";
}

void print_json(const std::optional<Kept>& kept, std::ostream& out) {
  nlohmann::ordered_json json{{"up", kept.has_value()}};
  if (kept) {
    json["folder"] = kept->folder.string();
    json["postgres"] = kept->postgres_url();
    json["redis"] = kept->redis_addresses();
    json["kafka"] = kept->kafka_address();
    json["servers"] = nlohmann::ordered_json::array();
    for (const auto& server : kept->servers) {
      json["servers"].push_back({{"name", server.name},
                                 {"address", server.address},
                                 {"pid", server.process.pid},
                                 {"runs", server.runs}});
    }
    json["server_command"] = server_line(*kept);
    json["sweep_command"] = sweep_line(*kept);
  }
  out << json.dump(2) << '\n';
}

void print_text(const Kept& kept, std::ostream& out) {
  for (const auto& server : kept.servers) {
    out << fmt::format("{:<9}  {}{}\n", server.name, server.address,
                       server.runs ? "" : "  (has ended; `stampede env down` clears it away)");
  }
  out << fmt::format("\n{}\n{}\n", server_line(kept), sweep_line(kept));
}

ExitCode refuse(const Error& error, Console& console) {
  console.error << "stampede env: " << error.message << '\n';
  return error.code == ErrorCode::kInvalid ? ExitCode::kUsage : ExitCode::kEnvironment;
}

void show(const std::optional<Kept>& kept, const EnvOptions& options, Console& console) {
  if (options.json) {
    print_json(kept, console.out);
  } else if (kept) {
    print_text(*kept, console.out);
  } else {
    console.out << "nothing is up\n";
  }
}

ExitCode up(const EnvOptions& options, Console& console) {
  const bool chosen = options.postgres || options.redis_nodes > 0 || options.kafka;
  const auto kept = environment::keep({.postgres = options.postgres || !chosen,
                                       .redis_nodes = chosen ? options.redis_nodes : 1,
                                       .kafka = options.kafka});
  if (!kept) return refuse(kept.error(), console);
  show(*kept, options, console);
  return ExitCode::kPassed;
}

ExitCode status(const EnvOptions& options, Console& console) {
  const auto kept = environment::kept();
  if (!kept) return refuse(kept.error(), console);
  show(*kept, options, console);
  return ExitCode::kPassed;
}

ExitCode down(const EnvOptions& options, Console& console) {
  const auto gone = environment::let_go();
  if (!gone) return refuse(gone.error(), console);
  if (options.json) {
    print_json(std::nullopt, console.out);
  } else {
    console.out << (*gone ? "removed " + (*gone)->folder.string() : "nothing was up") << '\n';
  }
  return ExitCode::kPassed;
}

ExitCode run(const EnvOptions& options, Console& console) {
  if (options.action == "up") return up(options, console);
  if (options.action == "status") return status(options, console);
  if (options.action == "down") return down(options, console);
  const std::vector<std::string> actions{"up", "status", "down"};
  return refuse({ErrorCode::kInvalid,
                 fmt::format("expected {}, got \"{}\"{}", config::one_of(actions), options.action,
                             config::suggestion(options.action, actions))},
                console);
}

}  // namespace

Body declare_env(CLI::App& app) {
  auto options = std::make_shared<EnvOptions>();
  app.add_option("ACTION", options->action, "up, status or down")->required();
  app.add_flag("--postgres", options->postgres, "up: a PostgreSQL");
  app.add_option("--redis", options->redis_nodes,
                 "up: so many Redis nodes. Without any of these: a PostgreSQL and a Redis")
      ->check(CLI::Range(0, kMostNodes));
  app.add_flag("--kafka", options->kafka, "up: a Kafka broker");
  app.add_flag("--json", options->json, "Print JSON");
  return [options](Console& console) { return run(*options, console); };
}

}  // namespace stampede::cli
