#include "experiments/runner/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/http/hosting.hpp"
#include "experiments/environment/ask_until.hpp"
#include "experiments/environment/free_port.hpp"
#include "experiments/load/plan_reader.hpp"
#include "experiments/runner/names.hpp"

namespace stampede::runner {

namespace {

using Clock = std::chrono::steady_clock;
using config::Tree;
using environment::Server;

constexpr int kAttempts = 3;  // At free ports, which somebody else may take meanwhile.

Tree list_of(const std::vector<std::string>& texts) {
  Tree list;
  list.kind = Tree::Kind::kList;
  for (const auto& text : texts) list.items.push_back(Tree::scalar_of(text));
  return list;
}

Result<std::vector<int>> free_ports(std::size_t count) {
  std::vector<int> ports;
  while (ports.size() < count) {
    const auto port = environment::free_port();
    if (!port) return Unexpected(port.error());
    if (std::ranges::find(ports, *port) == ports.end()) ports.push_back(*port);
  }
  return ports;
}

// What the server of this index hosts, where it listens for the others, and where they do.
Tree config_of(const plan::Bench& bench, const Tree& config, std::size_t index,
               const std::vector<int>& ports) {
  std::vector<std::string> services;
  const auto& group = bench.processes.at(index / static_cast<std::size_t>(bench.instances));
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group.test(i)) services.emplace_back(saga::kAreaNames.at(i));
  }
  std::vector<std::string> peers;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (i != index) peers.push_back(fmt::format("http://127.0.0.1:{}", ports[i]));
  }
  auto own = config;
  config::set_at(own, "services", list_of(services));
  config::set_at(own, "service_listener.port", Tree::scalar_of(std::to_string(ports.at(index))));
  config::set_at(own, "peers", list_of(peers));
  return own;
}

// One server has the run's folder; several have one each below it: "order", "user+product-2", "2".
std::string folder_of(const plan::Bench& bench, std::size_t index) {
  if (plan::server_count(bench) == 1) return "";
  auto name = name_of_server(bench, index);
  name.erase(0, name.find(' ') + 1);
  std::ranges::replace(name, ' ', '-');
  return name;
}

}  // namespace

Result<Fleet> Fleet::start(const plan::Bench& bench, const Tree& config, const StartOne& start_one,
                           std::chrono::milliseconds patience) {
  const bool is_dealt = !bench.processes.empty();
  const auto count = plan::server_count(bench);
  Error last{ErrorCode::kUnavailable, "no server was started"};
  for (int attempt = 0; attempt < (is_dealt ? kAttempts : 1); ++attempt) {
    const auto ports = free_ports(is_dealt ? count : 0);
    if (!ports) return Unexpected(ports.error());
    Fleet fleet(bench);
    const auto note = [&](std::size_t index, const Error& error) {
      last = {error.code, fmt::format("{}: {}", fleet.name(index), error.message)};
    };
    for (std::size_t i = 0; i < count; ++i) {
      auto server = start_one(is_dealt ? config_of(bench, config, i, *ports) : config,
                              folder_of(bench, i), !is_dealt);
      if (!server) {
        note(i, server.error());
        break;
      }
      fleet.servers_.push_back(std::move(*server));
    }
    if (fleet.servers_.size() < count) continue;
    for (std::size_t i = 0; is_dealt && i < count; ++i) {
      const auto ready = fleet.servers_[i].wait_until_ready(patience);
      if (ready) continue;
      note(i, ready.error());
      return Unexpected(last);
    }
    return fleet;
  }
  return Unexpected(last);
}

std::string Fleet::name(std::size_t index) const { return name_of_server(*bench_, index); }

Server& Fleet::answering(std::string_view path) {
  const auto service = http::service_of(path.substr(0, path.find('?')));
  const auto group = service ? plan::group_of(bench_->processes, *service) : 0;
  return servers_.at(group * static_cast<std::size_t>(bench_->instances));
}

Result<void> Fleet::seed(const std::string& seed, std::chrono::milliseconds patience) {
  for (std::size_t i = 0; i < servers_.size(); i += static_cast<std::size_t>(bench_->instances)) {
    if (auto seeded = servers_[i].seed(seed, patience); !seeded) return seeded;
  }
  return {};
}

bool Fleet::all_alive() {
  return std::ranges::all_of(servers_, [](Server& server) { return server.alive(); });
}

// `events` becomes how many of them have moved until now, in all servers together.
bool Fleet::all_at_rest(std::int64_t& events, Error& last) {
  events = 0;
  bool at_rest = true;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const auto page = servers_[i].admin_page("/admin/quiet");
    if (!page) {
      last = page.error();
      return false;
    }
    const auto answer = nlohmann::json::parse(*page, nullptr, false);
    const bool quiet = answer.is_object() && answer.value("quiet", false);
    if (!quiet) last.message = fmt::format("the {} does not come to rest: {}", name(i), *page);
    at_rest = at_rest && quiet;
    if (answer.is_object()) events += answer.value("events", std::int64_t{0});
  }
  return at_rest;
}

Result<void> Fleet::drain(std::chrono::milliseconds patience) {
  Error last{ErrorCode::kTimeout, "requests are still in flight"};
  // An event may be on its way from one that was not asked yet to one that was.
  std::int64_t before = -1;
  const bool quiet = environment::ask_until(Clock::now() + patience, [&] {
    std::int64_t events = 0;
    if (!all_at_rest(events, last)) {
      before = -1;
      return !all_alive();
    }
    return std::exchange(before, events) == events;
  });
  if (!quiet || !all_alive()) return Unexpected(last);
  return {};
}

Result<void> Fleet::aim(load::LoadPlan& load) const {
  std::vector<load::Target> targets;
  for (const auto& server : servers_) {
    auto target = load::parse_url(server.url());
    if (!target) return Unexpected(target.error());
    targets.push_back(std::move(*target));
  }
  load.target = targets.front();
  load.more_targets.assign(targets.begin() + 1, targets.end());
  load.groups = std::max<std::size_t>(1, bench_->processes.size());
  for (std::size_t i = 0; i < saga::kAreaCount; ++i) {
    load.group_of.at(i) = plan::group_of(bench_->processes, static_cast<saga::Area>(i));
  }
  return {};
}

std::string Fleet::obituary() {
  std::string text;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (servers_[i].alive()) continue;
    text += (servers_.size() == 1 ? "" : name(i) + ": ") + servers_[i].obituary() + "\n";
  }
  if (text.empty()) return servers_.front().obituary();
  text.pop_back();
  return text;
}

}  // namespace stampede::runner
