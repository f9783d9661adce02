#include "core/server/issuing_config.hpp"

#include <string>

#include "core/api/gate.hpp"
#include "core/server/schema.hpp"

namespace stampede::server {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr char kSection[] = "coupon.gate";

void add_fault(const config::Tree& tree, const std::string& key, std::string message,
               config::Faults& faults) {
  const auto* written = tree.at(key);
  faults.push_back(
      {written == nullptr ? config::Origin{} : written->origin, key, std::move(message)});
}

}  // namespace

void read_issuing(config::MapReader coupon, issue::Options& options) {
  options.gate_at = coupon.choice<issue::GateAt>("gate_at", options.gate_at, kGatePlaces);
  auto sweep = coupon.map("sweep");
  options.sweep_interval =
      sweep.duration("interval", options.sweep_interval, milliseconds(1), hours(1));
  options.sweep_age = sweep.duration("age", options.sweep_age, milliseconds(0), hours(24));
  sweep.finish();
  coupon.child("gate");
  coupon.finish();
}

void read_gate(PluginReader& reader, const config::Tree& tree, Topology topology,
               PluginChoice& gate, config::Faults& faults) {
  const auto* section = tree.at(kSection);
  if (section == nullptr) return;
  const auto* use = section->find("use");
  const bool is_chosen = use != nullptr && use->scalar != kNoGate;
  if (is_chosen || !section->is_map()) {
    reader.read(plugin::Kind::kGate, kSection, gate, [](config::MapReader&) {});
    if (topology != Topology::kServices) return;
    return add_fault(tree, "coupon.gate.use", "expected store with topology: services", faults);
  }
  for (const auto& [key, value] : section->entries) {
    if (key == "use") continue;
    add_fault(tree, std::string(kSection) + "." + key,
              "the store decides, which takes no options; choose a gate by coupon.gate.use",
              faults);
  }
}

Sharing gate_sharing(plugin::Catalog& catalog, const ServerConfig& config, const config::Tree& tree,
                     config::Faults& faults) {
  if (config.gate.use == kNoGate) return Sharing::kNetwork;
  const auto gate = catalog.create<Gate>(config.gate.use, config.gate.settings);
  if (gate) return (*gate)->sharing();
  add_fault(tree, "coupon.gate.use", gate.error().message, faults);
  return Sharing::kProcess;
}

}  // namespace stampede::server
