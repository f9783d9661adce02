#include "experiments/runner/run_block.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "core/config/tree.hpp"
#include "experiments/environment/server.hpp"
#include "experiments/load/load_run.hpp"
#include "experiments/load/plan_reader.hpp"
#include "experiments/plan/data.hpp"
#include "experiments/runner/injector.hpp"
#include "experiments/runner/names.hpp"

namespace stampede::runner {

namespace {

using namespace std::chrono_literals;
using environment::Server;
using Servers = std::vector<Server>;

constexpr auto kStartPatience = 30s;
constexpr auto kSeedPatience = 120s;
constexpr auto kDrainPatience = 60s;
constexpr auto kStopGrace = 15s;

// One server has the run's folder; several have one each below it.
std::filesystem::path folder_of(const BlockPlan& plan, std::int64_t instance) {
  const bool single = plan.cell.bench.instances == 1;
  return single ? plan.folder : plan.folder / fmt::format("{}", instance + 1);
}

Result<Server> start_server(const BlockPlan& plan, const config::Tree& config,
                            const std::filesystem::path& folder) {
  return Server::start({.program = plan.server_program,
                        .config = config,
                        .folder = folder,
                        .cpus = plan.cpus.server},
                       kStartPatience);
}

// A server that has become ready has made its store ready.
Result<void> migrate(const BlockPlan& plan, const config::Tree& config) {
  const auto folder = plan.folder / "migration";
  auto server = start_server(plan, config, folder);
  if (!server) return Unexpected(server.error());
  if (server->stop(kStopGrace).ok()) {
    std::error_code ignored;  // Its log is of no use any more.
    std::filesystem::remove_all(folder, ignored);
    return {};
  }
  return fail(ErrorCode::kInternal, "the server that made the schema did not stop cleanly");
}

Result<Servers> start_servers(const BlockPlan& plan, const config::Tree& config) {
  Servers servers;
  const auto instances = plan.cell.bench.instances;
  for (std::int64_t i = 0; i < instances; ++i) {
    auto server = start_server(plan, config, folder_of(plan, i));
    if (!server) {
      return fail(server.error().code,
                  fmt::format("{}: {}", name_of_server(i, instances), server.error().message));
    }
    servers.push_back(std::move(*server));
  }
  return servers;
}

Result<load::LoadPlan> load_plan(const BlockPlan& plan, const Servers& servers) {
  config::Faults faults;
  auto read = load::read_plan(&plan.cell.load, "load", population_of(plan.cell.data), faults);
  if (!faults.empty()) return fail(ErrorCode::kInvalid, config::describe(faults));
  for (const auto& server : servers) {
    auto target = load::parse_url(server.url());
    if (!target) return Unexpected(target.error());
    read.more_targets.push_back(std::move(*target));
  }
  read.target = read.more_targets.front();
  read.more_targets.erase(read.more_targets.begin());
  read.key_prefix = fmt::format("b{}", plan.block);
  read.seed = plan.seed;
  return read;
}

std::vector<environment::Watched> watched(const BlockPlan& plan, const Servers& servers,
                                          const Backing& backing) {
  std::vector<environment::Watched> all;
  for (const auto& server : servers) {
    const auto name = name_of_server(std::ssize(all), std::ssize(servers));
    all.push_back({.name = name, .pid = server.pid()});
  }
  std::ranges::move(backing.watched(plan.cell), std::back_inserter(all));
  all.push_back({.name = "generator", .pid = ::getpid()});
  return all;
}

Result<void> apply_load(const BlockPlan& plan, Servers& servers, Backing& backing,
                        const std::stop_token& stop, const OnProgress& on_progress,
                        BlockOutcome& outcome) {
  auto planned = load_plan(plan, servers);
  if (!planned) return Unexpected(planned.error());
  const auto warmup = planned->warmup;
  outcome.warmup = warmup;
  environment::Sampler sampler(watched(plan, servers, backing));
  outcome.process_names = sampler.names();
  auto run = load::LoadRun::start(std::move(*planned));
  if (!run) return Unexpected(run.error());
  Injector injector(plan.cell, plan.seed, servers, backing);
  Watch watch(**run, servers, sampler, injector, warmup, stop, on_progress);
  const auto ended = watch.until_the_end();
  (*run)->stop();
  auto result = (*run)->wait();
  outcome.samples = sampler.end();
  if (!ended) return Unexpected(ended.error());
  if (!result) return Unexpected(result.error());
  outcome.load = std::move(*result);
  outcome.stats_before = watch.stats();
  outcome.usage = watch.usage();
  outcome.injected = injector.log();
  return {};
}

// All of them share what is audited; the first one is asked.
Result<void> audit(const BlockPlan& plan, Servers& servers, const OnProgress& on_progress,
                   BlockOutcome& outcome) {
  on_progress("draining", nullptr);
  for (auto& server : servers) {
    if (auto drained = server.drain(kDrainPatience); !drained) return drained;
    auto stats = server.stats();
    if (!stats) return Unexpected(stats.error());
    outcome.stats.push_back(std::move(*stats));
  }
  on_progress("auditing", nullptr);
  auto& server = servers.front();
  auto claims = claims_of(outcome.load->ledger);
  outcome.replays = replay_unknown(outcome.load->ledger, server, claims);
  if (outcome.replays.sent > 0) {  // A replay may have begun what goes on after its answer.
    if (auto drained = server.drain(kDrainPatience); !drained) return drained;
  }
  const auto final_state =
      audit::read_final_state([&](const std::string& path) { return server.admin_page(path); });
  if (!final_state) return Unexpected(final_state.error());
  outcome.failed_later =
      failed_later(outcome.load->ledger, *final_state, outcome.warmup, outcome.load->window);
  outcome.findings = audit::audit_all({plan.cell.data, claims, *final_state});
  return {};
}

// From servers that answer to servers that have stopped.
Result<void> measure(const BlockPlan& plan, Servers& servers, Backing& backing,
                     const std::stop_token& stop, const OnProgress& on_progress,
                     BlockOutcome& outcome) {
  on_progress("seeding", nullptr);
  const auto seed = plan::seed_json(plan.cell.data);
  if (auto seeded = servers.front().seed(seed, kSeedPatience); !seeded) return seeded;
  if (auto settled = backing.settle(plan.cell); !settled) return settled;
  auto loaded = apply_load(plan, servers, backing, stop, on_progress, outcome);
  if (!loaded || stop.stop_requested()) return loaded;
  for (auto& server : servers) {
    if (!server.alive()) return fail(ErrorCode::kUnavailable, "the server died under load");
  }
  if (auto audited = audit(plan, servers, on_progress, outcome); !audited) return audited;
  for (auto& server : servers) {
    if (!server.stop(kStopGrace).ok()) {
      return fail(ErrorCode::kInternal, "the server did not stop cleanly");
    }
  }
  return {};
}

// Of the servers that have died, else of the first one.
std::string obituary(Servers& servers) {
  std::string text;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i].alive()) continue;
    const auto name = name_of_server(static_cast<std::int64_t>(i), std::ssize(servers));
    text += (servers.size() == 1 ? "" : name + ": ") + servers[i].obituary() + "\n";
  }
  if (text.empty()) return servers.front().obituary();
  text.pop_back();
  return text;
}

Result<void> run(const BlockPlan& plan, Backing& backing, const std::stop_token& stop,
                 const OnProgress& on_progress, BlockOutcome& outcome) {
  on_progress("provisioning", nullptr);
  const auto stand =
      backing.prepare(plan.cell, plan.cpus, plan.folder / "data",
                      [&](const config::Tree& config) { return migrate(plan, config); });
  if (!stand) return Unexpected(stand.error());
  if (stop.stop_requested()) return {};
  on_progress("starting", nullptr);
  auto servers = start_servers(plan, stand->server());
  if (!servers) return Unexpected(servers.error());
  auto measured = measure(plan, *servers, backing, stop, on_progress, outcome);
  if (measured || stop.stop_requested()) return measured;
  return fail(measured.error().code, fmt::format("{}: {}{}", measured.error().message,
                                                 obituary(*servers), backing.obituary(plan.cell)));
}

}  // namespace

load::Population population_of(const Seed& data) {
  return {.users = std::max<std::int64_t>(1, data.users),
          .products = std::max<std::int64_t>(1, data.products),
          .coupons = std::max<std::int64_t>(1, static_cast<std::int64_t>(data.coupons.size()))};
}

BlockOutcome run_block(const BlockPlan& plan, Backing& backing, const std::stop_token& stop,
                       const OnProgress& on_progress) {
  BlockOutcome outcome;
  std::error_code ignored;
  std::filesystem::remove_all(plan.folder, ignored);  // Left by a run that was cut off.
  if (const auto done = run(plan, backing, stop, on_progress, outcome); !done) {
    outcome.failure = done.error().message;
  }
  outcome.interrupted = stop.stop_requested();
  if (outcome.findings.empty()) {
    outcome.findings = audit::all_unknown(
        outcome.failure.empty() ? "the run was interrupted" : "the run failed before the audit");
  }
  std::filesystem::remove_all(plan.folder / "data", ignored);
  return outcome;
}

}  // namespace stampede::runner
