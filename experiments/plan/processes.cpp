#include "experiments/plan/processes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/text.hpp"

namespace stampede::plan {
namespace {

using config::Tree;

constexpr char kPath[] = "processes";
constexpr char kExpected[] =
    "expected one, each, or a list of groups such as [[order], [user, product], [coupon, "
    "user-coupon]]";

Processes one_for_each() {
  Processes processes;
  for (std::size_t i = 0; i < saga::kAreaCount; ++i) processes.push_back(saga::Areas().set(i));
  return processes;
}

void read_service(const Tree& item, saga::Areas& group, saga::Areas& seen, config::Faults& faults) {
  const auto service = item.is_scalar() ? saga::area_named(item.scalar) : std::nullopt;
  if (!service) {
    const std::vector<std::string> names(saga::kAreaNames.begin(), saga::kAreaNames.end());
    faults.push_back({item.origin, kPath,
                      fmt::format("expected {}, got \"{}\"{}", config::one_of(names), item.scalar,
                                  config::suggestion(item.scalar, names))});
    return;
  }
  const auto index = saga::index_of(*service);
  if (seen.test(index)) {
    faults.push_back({item.origin, kPath, fmt::format("{} is in two groups", item.scalar)});
  }
  seen.set(index);
  group.set(index);
}

}  // namespace

Processes read_processes(const Tree& tree, config::Faults& faults) {
  if (tree.is_scalar() && tree.scalar == "one") return {};
  if (tree.is_scalar() && tree.scalar == "each") return one_for_each();
  if (!tree.is_list() || tree.items.empty()) {
    faults.push_back({tree.origin, kPath, kExpected});
    return {};
  }
  Processes processes;
  saga::Areas seen;
  const auto faults_before = faults.size();
  for (const auto& item : tree.items) {
    saga::Areas group;
    if (!item.is_list() || item.items.empty()) {
      faults.push_back({item.origin, kPath, kExpected});
      continue;
    }
    for (const auto& service : item.items) read_service(service, group, seen, faults);
    processes.push_back(group);
  }
  if (faults.size() > faults_before) return {};
  if (!seen.all()) {
    faults.push_back(
        {tree.origin, kPath,
         fmt::format("every service is in a group; in none: {}", saga::names_of(~seen))});
    return {};
  }
  // A single group is the whole.
  return processes.size() == 1 ? Processes() : processes;
}

std::string name_of(const saga::Areas& group) {
  std::string name;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group.test(i)) name.append(name.empty() ? "" : "+").append(saga::kAreaNames.at(i));
  }
  return name;
}

std::size_t group_of(const Processes& processes, saga::Area service) {
  const auto found = std::ranges::find_if(processes, [service](const saga::Areas& group) {
    return group.test(saga::index_of(service));
  });
  return found == processes.end() ? 0 : static_cast<std::size_t>(found - processes.begin());
}

}  // namespace stampede::plan
