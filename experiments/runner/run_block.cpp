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
#include "experiments/runner/fleet.hpp"
#include "experiments/runner/injector.hpp"

namespace stampede::runner {

namespace {

using namespace std::chrono_literals;
using environment::Server;

constexpr auto kStartPatience = 30s;
constexpr auto kSeedPatience = 120s;
constexpr auto kDrainPatience = 60s;
constexpr auto kStopGrace = 15s;
// Leaves a CPU to whoever compiles what is used: a full load would take it away.
constexpr std::int64_t kLightUsers = 4;

Result<Server> start_server(const BlockPlan& plan, const config::Tree& config,
                            const std::filesystem::path& folder, bool ready_alone = true) {
  return Server::start({.program = plan.server_program,
                        .config = config,
                        .folder = folder,
                        .cpus = plan.cpus.server,
                        .ready_alone = ready_alone},
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

Result<Fleet> start_fleet(const BlockPlan& plan, const config::Tree& config) {
  const auto start_one = [&](const config::Tree& own, const std::string& folder, bool ready_alone) {
    return start_server(plan, own, plan.folder / folder, ready_alone);
  };
  return Fleet::start(plan.cell.bench, config, start_one, kStartPatience);
}

Result<load::LoadPlan> load_plan(const BlockPlan& plan, const Fleet& fleet) {
  config::Faults faults;
  auto read = load::read_plan(&plan.cell.load, "load", population_of(plan.cell.data), faults);
  if (!faults.empty()) return fail(ErrorCode::kInvalid, config::describe(faults));
  if (auto aimed = fleet.aim(read); !aimed) return Unexpected(aimed.error());
  if (plan.light > 0s) load::use_constant_vus(read, kLightUsers, plan.light);
  read.key_prefix = fmt::format("b{}", plan.block);
  read.seed = plan.seed;
  return read;
}

std::vector<environment::Watched> watched(const BlockPlan& plan, Fleet& fleet,
                                          const Backing& backing) {
  std::vector<environment::Watched> all;
  for (const auto& server : fleet.servers()) {
    all.push_back({.name = fleet.name(all.size()), .pid = server.pid()});
  }
  std::ranges::move(backing.watched(plan.cell), std::back_inserter(all));
  all.push_back({.name = "generator", .pid = ::getpid()});
  return all;
}

Result<void> apply_load(const BlockPlan& plan, Fleet& fleet, Backing& backing,
                        const std::stop_token& stop, const OnProgress& on_progress,
                        BlockOutcome& outcome) {
  auto planned = load_plan(plan, fleet);
  if (!planned) return Unexpected(planned.error());
  const auto warmup = planned->warmup;
  outcome.warmup = warmup;
  environment::Sampler sampler(watched(plan, fleet, backing));
  outcome.process_names = sampler.names();
  auto run = load::LoadRun::start(std::move(*planned));
  if (!run) return Unexpected(run.error());
  Injector injector(plan.cell, plan.seed, fleet.servers(), backing);
  Watch watch(**run, fleet.servers(), sampler, injector, warmup, stop, on_progress);
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

Result<std::vector<std::string>> stats_of(Fleet& fleet) {
  std::vector<std::string> all;
  for (auto& server : fleet.servers()) {
    auto stats = server.stats();
    if (!stats) return Unexpected(stats.error());
    all.push_back(std::move(*stats));
  }
  return all;
}

// What servers share is asked of the first of those that do, what each counts of all.
Result<void> audit(const BlockPlan& plan, Fleet& fleet, const OnProgress& on_progress,
                   BlockOutcome& outcome) {
  on_progress("draining", nullptr);
  if (auto drained = fleet.drain(kDrainPatience); !drained) return drained;
  auto measured = stats_of(fleet);
  if (!measured) return Unexpected(measured.error());
  outcome.stats = std::move(*measured);
  on_progress("auditing", nullptr);
  const auto answering = [&](std::string_view path) -> Server& { return fleet.answering(path); };
  auto claims = claims_of(outcome.load->ledger);
  outcome.replays = replay_unknown(outcome.load->ledger, answering, claims);
  if (outcome.replays.sent > 0) {  // A replay may have begun what goes on after its answer.
    if (auto drained = fleet.drain(kDrainPatience); !drained) return drained;
  }
  const auto stats = stats_of(fleet);  // With what the replays did.
  if (!stats) return Unexpected(stats.error());
  const auto final_state = audit::read_final_state(
      [&](const std::string& path) { return answering(path).admin_page(path); }, *stats);
  if (!final_state) return Unexpected(final_state.error());
  outcome.failed_later =
      failed_later(outcome.load->ledger, *final_state, outcome.warmup, outcome.load->window);
  outcome.findings = audit::audit_all({plan.cell.data, claims, *final_state});
  return {};
}

// From servers that answer to servers that have stopped.
Result<void> measure(const BlockPlan& plan, Fleet& fleet, Backing& backing,
                     const std::stop_token& stop, const OnProgress& on_progress,
                     BlockOutcome& outcome) {
  on_progress("seeding", nullptr);
  const auto seed = plan::seed_json(plan.cell.data);
  if (auto seeded = fleet.seed(seed, kSeedPatience); !seeded) return seeded;
  if (auto settled = backing.settle(plan.cell); !settled) return settled;
  auto loaded = apply_load(plan, fleet, backing, stop, on_progress, outcome);
  if (!loaded || stop.stop_requested()) return loaded;
  for (auto& server : fleet.servers()) {
    if (!server.alive()) return fail(ErrorCode::kUnavailable, "the server died under load");
  }
  if (auto audited = audit(plan, fleet, on_progress, outcome); !audited) return audited;
  for (auto& server : fleet.servers()) {
    if (!server.stop(kStopGrace).ok()) {
      return fail(ErrorCode::kInternal, "the server did not stop cleanly");
    }
  }
  return {};
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
  auto fleet = start_fleet(plan, stand->server());
  if (!fleet) return Unexpected(fleet.error());
  auto measured = measure(plan, *fleet, backing, stop, on_progress, outcome);
  if (measured || stop.stop_requested()) return measured;
  return fail(measured.error().code, fmt::format("{}: {}{}", measured.error().message,
                                                 fleet->obituary(), backing.obituary(plan.cell)));
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
