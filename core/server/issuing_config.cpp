#include "core/server/issuing_config.hpp"

#include <string>

#include "core/server/schema.hpp"

namespace stampede::server {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

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

void read_gate(PluginReader& reader, const config::Tree& tree, const std::string& section,
               Topology topology, PluginChoice& gate, config::Faults& faults) {
  const auto* written = tree.at(section);
  if (written == nullptr) return;
  const auto* use = written->find("use");
  const bool is_chosen = use != nullptr && use->scalar != kNoGate;
  if (is_chosen || !written->is_map()) {
    reader.read(plugin::Kind::kGate, section, gate, [](config::MapReader&) {});
    if (topology != Topology::kServices) return;
    return add_fault(tree, section + ".use", "expected store with topology: services", faults);
  }
  for (const auto& [key, value] : written->entries) {
    if (key == "use") continue;
    add_fault(tree, section + "." + key,
              "the store decides, which takes no options; choose a gate by " + section + ".use",
              faults);
  }
}

std::unique_ptr<Gate> make_gate(plugin::Catalog& catalog, const std::string& section,
                                const PluginChoice& choice, const config::Tree& tree,
                                config::Faults& faults) {
  if (choice.use == kNoGate) return nullptr;
  auto gate = catalog.create<Gate>(choice.use, choice.settings);
  if (gate) return *std::move(gate);
  add_fault(tree, section + ".use", gate.error().message, faults);
  return nullptr;
}

}  // namespace stampede::server
