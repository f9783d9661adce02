// stampede-server: the platform under test. One process, one configuration.
//
// Exit codes: 0 stopped as asked, 1 command line or configuration, 2 cannot start.

#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/dotted.hpp"
#include "core/config/fault.hpp"
#include "core/config/tree.hpp"
#include "core/server/addresses.hpp"
#include "core/server/application.hpp"
#include "core/server/config.hpp"
#include "core/server/layers.hpp"
#include "core/telemetry/log.hpp"

namespace {

using namespace stampede;

enum Exit : int { kStopped = 0, kBadConfig = 1, kCannotStart = 2 };

struct CommandLine {
  std::string config;
  std::vector<std::string> settings;
  bool check = false;
  bool print = false;
};

std::optional<server::ParsedConfig> load_config(const CommandLine& command_line,
                                                config::Faults& faults) {
  auto tree = config::Tree::map();
  if (!command_line.config.empty()) {
    const auto file = config::load_yaml(command_line.config, faults);
    if (!file) return std::nullopt;
    tree = *file;
  }
  // Each layer is spelled out by itself, so that a later one meets the keys of an earlier one.
  for (const auto& layer : {server::environment_layer(server::process_environment(), faults),
                            server::settings_layer(command_line.settings, faults)}) {
    tree = config::merge(config::nested(tree, "", faults), config::nested(layer, "", faults));
  }
  auto parsed =
      server::parse_config(tree, faults, std::filesystem::path(command_line.config).parent_path());
  if (parsed) {
    auto catalog = server::catalog_of(parsed->config);
    server::check_addresses(catalog, parsed->config, faults);
  }
  return faults.empty() ? std::move(parsed) : std::nullopt;
}

// Only the main thread takes these signals, when it waits for them.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);  // A peer that has gone is an error of one write.
  return signals;
}

// After the first signal, a second one ends the process at once.
void wait_for_stop(const sigset_t& signals) {
  int number = 0;
  sigwait(&signals, &number);
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

int serve(const server::ParsedConfig& parsed, telemetry::Log& log) {
  const auto signals = block_stop_signals();
  const auto& config = parsed.config;
  auto catalog = server::catalog_of(config);
  auto plugins = server::Application::make_plugins(config, catalog);
  auto application = plugins ? server::Application::start(config, std::move(*plugins), log)
                             : Unexpected(plugins.error());
  if (!application) {
    const auto message = parsed.secrets.redact(application.error().message);
    fmt::print(stderr, "stampede-server: cannot start: {}\n", message);
    return kCannotStart;
  }
  const auto port = (*application)->port();
  fmt::print("listening on http://{}:{}\n", config.http.address, port);
  std::fflush(stdout);
  const auto services = saga::names_of(config.services);
  const auto service_url = (*application)->service_url();
  log.event(
      telemetry::LogLevel::kInfo, "started",
      {{"address", config.http.address},
       {"port", std::int64_t{port}},
       {"services", config.topology == server::Topology::kServices ? std::string_view(services)
                                                                   : std::string_view()},
       {"serviceListener", service_url},
       {"store", config.store.use},
       {"lock", config.lock.use}});

  wait_for_stop(signals);
  log.event(telemetry::LogLevel::kInfo, "stopping");
  if (!(*application)->drain()) {
    log.event(telemetry::LogLevel::kWarn, "drain deadline passed");
    std::_Exit(kStopped);  // A request is stuck: waiting for its thread could take for ever.
  }
  application->reset();
  log.event(telemetry::LogLevel::kInfo, "stopped");
  return kStopped;
}

int run(const CommandLine& command_line) {
  config::Faults faults;
  const auto parsed = load_config(command_line, faults);
  if (!parsed) {
    fmt::print(stderr, "{}", config::describe(faults));
    return kBadConfig;
  }
  if (command_line.print) fmt::print("{}", config::to_yaml(parsed->printable));
  if (command_line.check || command_line.print) return kStopped;
  auto log = telemetry::Log::open(
      parsed->config.log,
      [&secrets = parsed->secrets](std::string text) { return secrets.redact(std::move(text)); });
  if (!log) {
    fmt::print(stderr, "stampede-server: {}\n", parsed->secrets.redact(log.error().message));
    return kBadConfig;
  }
  return serve(*parsed, **log);
}

}  // namespace

int main(int argc, char** argv) try {
  CommandLine command_line;
  CLI::App app{
      "The platform under test: serves a flash sale as its configuration says.\n"
      "A key can also be set by an environment variable: STAMPEDE_SERVER__PORT=8081 is\n"
      "server.port. Precedence: defaults < file < environment < --set."};
  app.add_option("--config", command_line.config, "The configuration file (YAML)");
  app.add_option("--set", command_line.settings, "Set one key: --set lock.use=per_user")
      ->allow_extra_args(false);
  app.add_flag("--check-config", command_line.check, "Check the configuration and exit");
  app.add_flag("--print-config", command_line.print,
               "Print the configuration with every default, without secrets, and exit");
  app.set_version_flag("--version", STAMPEDE_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kStopped : kBadConfig;
  }
  return run(command_line);
} catch (const std::exception& error) {
  std::fputs("stampede-server: ", stderr);
  std::fputs(error.what(), stderr);
  std::fputs("\n", stderr);
  return kCannotStart;
}
