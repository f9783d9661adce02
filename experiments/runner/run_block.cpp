#include "experiments/runner/run_block.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "core/config/tree.hpp"
#include "experiments/environment/server.hpp"
#include "experiments/load/plan_reader.hpp"
#include "experiments/plan/data.hpp"

namespace stampede::runner {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using environment::Server;

constexpr auto kStartPatience = 30s;
constexpr auto kSeedPatience = 120s;
constexpr auto kDrainPatience = 60s;
constexpr auto kStopGrace = 15s;
constexpr auto kTick = 100ms;  // How often progress is shown and the server's life checked.

config::Tree server_config(const BlockPlan& plan) {
  auto config = plan.cell.server;
  const auto* store = config.at("store.use");
  const bool keeps_files = store == nullptr || store->scalar == "sqlite";
  if (keeps_files && config.at("store.path") == nullptr) {
    const auto path = plan.folder / "data" / "stampede.db";
    config::set_at(config, "store.path", config::Tree::scalar_of(path.string()));
  }
  return config;
}

Result<load::LoadPlan> load_plan(const BlockPlan& plan, const Server& server) {
  config::Faults faults;
  auto read = load::read_plan(&plan.cell.load, "load", population_of(plan.cell.data), faults);
  if (!faults.empty()) return fail(ErrorCode::kInvalid, config::describe(faults));
  auto target = load::parse_url(server.url());
  if (!target) return Unexpected(target.error());
  read.target = *target;
  read.key_prefix = fmt::format("b{}", plan.block);
  read.seed = plan.seed;
  return read;
}

struct Reading {
  std::optional<environment::ProcessUsage> server;
  std::optional<environment::ProcessUsage> self;
  std::chrono::nanoseconds machine{0};
  Clock::time_point at;

  static Reading take(const Server& server) {
    return {environment::process_usage(server.pid()), environment::process_usage(::getpid()),
            environment::machine_busy(), Clock::now()};
  }
};

environment::ProcessUsage difference(const environment::ProcessUsage& begin,
                                     environment::ProcessUsage end) {
  end.cpu -= begin.cpu;
  end.voluntary_switches -= begin.voluntary_switches;
  end.involuntary_switches -= begin.involuntary_switches;
  return end;
}

std::optional<WindowUsage> usage_between(const Reading& begin, const Reading& end) {
  if (!begin.server || !end.server || !begin.self || !end.self) return std::nullopt;
  WindowUsage usage;
  usage.server = difference(*begin.server, *end.server);
  usage.bench = difference(*begin.self, *end.self);
  const auto foreign = (end.machine - begin.machine) - usage.server.cpu - usage.bench.cpu;
  usage.seconds = std::chrono::duration<double>(end.at - begin.at).count();
  const double capacity = usage.seconds * std::thread::hardware_concurrency();
  usage.foreign_cpu =
      std::clamp(std::chrono::duration<double>(foreign).count() / capacity, 0.0, 1.0);
  return usage;
}

// Drives one load to its end while watching the server, the user and the clock.
class Watch {
 public:
  Watch(load::LoadRun& run, Server& server, std::chrono::nanoseconds warmup, std::stop_token stop,
        const OnProgress& on_progress)
      : run_(run),
        server_(server),
        warmup_(warmup),
        stop_(std::move(stop)),
        on_progress_(on_progress) {}

  // Returns when the load has ended. An error when the window could not be opened.
  Result<void> until_the_end() {
    if (warmup_.count() == 0) {
      if (auto opened = open_window(); !opened) return opened;
    }
    while (!run_.finished()) {
      const auto progress = run_.progress();
      on_progress_(progress.elapsed < warmup_ ? "warm-up" : "load", &progress);
      if (stop_.stop_requested()) server_.stop(0ms);  // Nobody waits for what is in flight.
      if (!server_.alive()) run_.stop();
      if (!begin_ && !progress.warming_up && progress.elapsed >= warmup_) {
        if (auto opened = open_window(); !opened) return opened;
      }
      if (begin_ && !end_ && progress.elapsed >= progress.planned) end_ = Reading::take(server_);
      std::this_thread::sleep_for(pause(progress));
    }
    if (begin_ && !end_) end_ = Reading::take(server_);
    return {};
  }

  // The server's counters as the window opened.
  const std::string& stats() const { return stats_; }

  std::optional<WindowUsage> usage() const {
    if (!begin_ || !end_) return std::nullopt;
    return usage_between(*begin_, *end_);
  }

 private:
  Result<void> open_window() {
    if (server_.alive()) {
      if (auto opened = server_.open_window(); !opened) return opened;
      auto stats = server_.stats();
      if (!stats) return Unexpected(stats.error());
      stats_ = std::move(*stats);
    }
    begin_ = Reading::take(server_);
    return {};
  }

  // Until the next edge of the window, so that readings are taken on it, but at most a tick.
  std::chrono::nanoseconds pause(const load::LoadProgress& progress) const {
    const auto edge = begin_ ? progress.planned : warmup_;
    const auto left = edge - progress.elapsed;
    return std::clamp<std::chrono::nanoseconds>(left, 1ms, kTick);
  }

  load::LoadRun& run_;
  Server& server_;
  const std::chrono::nanoseconds warmup_;
  const std::stop_token stop_;
  const OnProgress& on_progress_;
  std::string stats_;
  std::optional<Reading> begin_;
  std::optional<Reading> end_;
};

Result<void> apply_load(const BlockPlan& plan, Server& server, const std::stop_token& stop,
                        const OnProgress& on_progress, BlockOutcome& outcome) {
  auto planned = load_plan(plan, server);
  if (!planned) return Unexpected(planned.error());
  const auto warmup = planned->warmup;
  outcome.warmup = warmup;
  auto run = load::LoadRun::start(std::move(*planned));
  if (!run) return Unexpected(run.error());
  Watch watch(**run, server, warmup, stop, on_progress);
  const auto watched = watch.until_the_end();
  (*run)->stop();
  auto result = (*run)->wait();
  if (!watched) return Unexpected(watched.error());
  if (!result) return Unexpected(result.error());
  outcome.load = std::move(*result);
  outcome.stats_before = watch.stats();
  outcome.usage = watch.usage();
  return {};
}

Result<void> audit(const BlockPlan& plan, Server& server, const OnProgress& on_progress,
                   BlockOutcome& outcome) {
  on_progress("draining", nullptr);
  if (auto drained = server.drain(kDrainPatience); !drained) return drained;
  auto stats = server.stats();
  if (!stats) return Unexpected(stats.error());
  outcome.stats = std::move(*stats);
  on_progress("auditing", nullptr);
  auto claims = claims_of(outcome.load->ledger);
  outcome.replays = replay_unknown(outcome.load->ledger, server, claims);
  const auto final_state =
      audit::read_final_state([&](const std::string& path) { return server.admin_page(path); });
  if (!final_state) return Unexpected(final_state.error());
  outcome.findings = audit::audit_all({plan.cell.data, claims, *final_state});
  return {};
}

// From a server that answers to one that has stopped.
Result<void> measure(const BlockPlan& plan, Server& server, const std::stop_token& stop,
                     const OnProgress& on_progress, BlockOutcome& outcome) {
  on_progress("seeding", nullptr);
  if (auto seeded = server.seed(plan::seed_json(plan.cell.data), kSeedPatience); !seeded) {
    return seeded;
  }
  if (auto loaded = apply_load(plan, server, stop, on_progress, outcome); !loaded) return loaded;
  if (stop.stop_requested()) return {};
  if (!server.alive()) return fail(ErrorCode::kUnavailable, "the server died under load");
  if (auto audited = audit(plan, server, on_progress, outcome); !audited) return audited;
  const auto ended = server.stop(kStopGrace);
  if (ended.ok()) return {};
  return fail(ErrorCode::kInternal, "the server did not stop cleanly");
}

Result<void> run(const BlockPlan& plan, const std::stop_token& stop, const OnProgress& on_progress,
                 BlockOutcome& outcome) {
  on_progress("starting", nullptr);
  auto server = Server::start({.program = plan.server_program,
                               .config = server_config(plan),
                               .folder = plan.folder,
                               .cpus = plan.processors.server},
                              kStartPatience);
  if (!server) return Unexpected(server.error());
  auto measured = measure(plan, *server, stop, on_progress, outcome);
  if (measured || stop.stop_requested()) return measured;
  return fail(measured.error().code,
              fmt::format("{}: {}", measured.error().message, server->obituary()));
}

}  // namespace

load::Population population_of(const Seed& data) {
  return {.users = std::max<std::int64_t>(1, data.users),
          .products = std::max<std::int64_t>(1, data.products),
          .coupons = std::max<std::int64_t>(1, static_cast<std::int64_t>(data.coupons.size()))};
}

Processors Processors::split() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) cpus.push_back(cpu);
  }
  if (cpus.size() < 2) return {};
  const int last = cpus.back();
  cpus.pop_back();
  return {.server = std::move(cpus), .generator = {last}};
}

BlockOutcome run_block(const BlockPlan& plan, const std::stop_token& stop,
                       const OnProgress& on_progress) {
  BlockOutcome outcome;
  std::error_code ignored;
  std::filesystem::remove_all(plan.folder, ignored);  // Left by a run that was cut off.
  if (const auto done = run(plan, stop, on_progress, outcome); !done) {
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
