#include "experiments/runner/injector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/config/text.hpp"
#include "experiments/environment/usage.hpp"
#include "experiments/runner/names.hpp"

namespace stampede::runner {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using Kind = plan::Injection::Kind;
using Target = plan::Injection::Target;

constexpr auto kRestartPatience = 60s;

std::string mending(const plan::Injection& injection) {
  const auto fault = plan::describe(injection);
  const auto target = fault.substr(fault.find(' ') + 1);
  if (injection.kind == Kind::kKill) return fmt::format("start {} again", target);
  if (injection.kind == Kind::kPause) return fmt::format("let {} go on", target);
  return fmt::format("end of \"{}\"", fault);
}

void misbehave(environment::FaultProxy& proxy, const plan::Injection& injection) {
  if (injection.kind == Kind::kSlow) proxy.slow(injection.latency);
  if (injection.kind == Kind::kPartition) proxy.partition();
  if (injection.kind == Kind::kReset) proxy.reset();
}

void behave(environment::FaultProxy& proxy, const plan::Injection& injection) {
  if (injection.kind == Kind::kSlow) proxy.slow(nanoseconds(0));
  if (injection.kind == Kind::kPartition) proxy.join();
  if (injection.kind == Kind::kReset) proxy.accept_again();
}

}  // namespace

Injector::Injector(const plan::Cell& cell, std::uint64_t seed,
                   std::vector<environment::Server>& servers, Backing& backing)
    : bench_(cell.bench),
      injections_(cell.bench.injections),
      seed_(seed),
      servers_(servers),
      backing_(backing),
      broken_(injections_.size(), false),
      down_(servers.size(), false),
      restarted_(servers.size(), false) {}

void Injector::begin(nanoseconds window, environment::Sampler& sampler) {
  sampler_ = &sampler;
  for (std::size_t i = 0; i < injections_.size(); ++i) {
    const auto& injection = injections_[i];
    const auto at = plan::draw_moment(injection, window, seed_, i);
    actions_.push_back({.at = at, .injection = i, .mends = false});
    if (injection.kind == Kind::kEmpty) continue;
    actions_.push_back({.at = at + injection.duration, .injection = i, .mends = true});
  }
  std::ranges::stable_sort(actions_, {}, &Action::at);
}

std::optional<nanoseconds> Injector::next() const {
  if (done_ == actions_.size()) return std::nullopt;
  return actions_[done_].at;
}

Result<void> Injector::step(nanoseconds elapsed_in_window) {
  while (done_ < actions_.size() && actions_[done_].at <= elapsed_in_window) {
    const auto action = actions_[done_++];
    if (auto done = carry_out(action, elapsed_in_window); !done) return done;
  }
  return {};
}

Result<void> Injector::finish(nanoseconds elapsed_in_window) {
  std::string missed;
  for (; done_ < actions_.size(); ++done_) {
    const auto& action = actions_[done_];
    if (action.mends && broken_[action.injection]) {
      if (auto mended = carry_out(action, elapsed_in_window); !mended) return mended;
    } else if (!action.mends && action.at < busy_until_) {
      // What was broken before took longer to start again than there was room for.
      log_.push_back(
          {fmt::format("no room for \"{}\"", plan::describe(injections_[action.injection])),
           elapsed_in_window});
    } else if (!action.mends) {
      missed = fmt::format("{}: {} at {}", kMissed, plan::describe(injections_[action.injection]),
                           config::format_duration(action.at));
    }
  }
  if (missed.empty()) return {};
  return fail(ErrorCode::kInvalid, missed);
}

Result<void> Injector::carry_out(const Action& action, nanoseconds now) {
  const auto& injection = injections_[action.injection];
  log_.push_back({action.mends ? mending(injection) : plan::describe(injection), now});
  broken_.at(action.injection) = !action.mends;
  if (!action.mends) {
    begin_fault(injection);
    return {};
  }
  const auto began = std::chrono::steady_clock::now();
  auto mended = mend(injection);
  busy_until_ = now + (std::chrono::steady_clock::now() - began);
  return mended;
}

std::optional<pid_t> Injector::pid_of(const plan::Injection& injection) {
  const auto index = static_cast<std::size_t>(injection.number - 1);
  switch (injection.target) {
    case Target::kServer:
      return servers_.at(index).pid();
    case Target::kPostgres:
      if (auto* const postgres = backing_.postgres()) return postgres->pid();
      break;
    case Target::kRedis:
      if (auto* const node = backing_.redis(index)) return node->pid();
      break;
    case Target::kKafka:
      if (auto* const kafka = backing_.kafka()) return kafka->pid();
      break;
  }
  return std::nullopt;
}

void Injector::begin_fault(const plan::Injection& injection) {
  const auto index = static_cast<std::size_t>(injection.number - 1);
  const auto pid = pid_of(injection);
  if (!pid) return;  // A bug: the plan was checked.
  if (injection.kind == Kind::kPause) return environment::freeze(*pid);
  if (auto* const proxy = backing_.proxy(injection.target, index);
      proxy != nullptr && injection.needs_proxy()) {
    return misbehave(*proxy, injection);
  }
  if (injection.kind == Kind::kEmpty) {
    static_cast<void>(backing_.redis(index)->flush());  // A Redis that is down is empty.
    return;
  }
  switch (injection.target) {
    case Target::kServer:
      down_.at(index) = true;
      servers_.at(index).stop(0ms);
      break;
    case Target::kPostgres:
      backing_.postgres()->kill();
      break;
    case Target::kRedis:
      backing_.redis(index)->kill();
      break;
    case Target::kKafka:
      backing_.kafka()->kill();
      break;
  }
}

Result<void> Injector::mend(const plan::Injection& injection) {
  if (injection.kind == Kind::kPause) {
    if (const auto pid = pid_of(injection)) environment::thaw(*pid);
    return {};
  }
  if (injection.needs_proxy()) {
    const auto index = static_cast<std::size_t>(injection.number - 1);
    if (auto* const proxy = backing_.proxy(injection.target, index)) behave(*proxy, injection);
    return {};
  }
  if (auto started = restart(injection); !started) {
    return fail(started.error().code, fmt::format("after \"{}\": {}", plan::describe(injection),
                                                  started.error().message));
  }
  follow(injection);
  return {};
}

Result<void> Injector::restart(const plan::Injection& injection) {
  const auto index = static_cast<std::size_t>(injection.number - 1);
  switch (injection.target) {
    case Target::kServer:
      restarted_.at(index) = true;
      if (auto started = servers_.at(index).restart(kRestartPatience); !started) return started;
      down_.at(index) = false;
      return {};
    case Target::kPostgres:
      return backing_.postgres()->restart(kRestartPatience);
    case Target::kRedis:
      return backing_.redis(index)->restart(kRestartPatience);
    case Target::kKafka:
      return backing_.kafka()->restart(kRestartPatience);
  }
  return {};
}

// The sampler goes on with the process that took its place.
void Injector::follow(const plan::Injection& injection) {
  const auto pid = pid_of(injection);
  if (!pid || sampler_ == nullptr) return;
  const auto index = injection.number - 1;
  switch (injection.target) {
    case Target::kServer:
      return sampler_->follow(name_of_server(bench_, static_cast<std::size_t>(index)), *pid);
    case Target::kPostgres:
      return sampler_->follow(kPostgresName, *pid);
    case Target::kRedis:
      return sampler_->follow(name_of_redis(index), *pid);
    case Target::kKafka:
      return sampler_->follow(kKafkaName, *pid);
  }
}

}  // namespace stampede::runner
