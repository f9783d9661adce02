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

bool read_unless_store(PluginReader& reader, const config::Tree& tree, const Section& section,
                       PluginChoice& choice, config::Faults& faults,
                       const std::function<void(config::MapReader&)>& read_own) {
  const auto* written = tree.at(section.name);
  if (written == nullptr) return false;
  const auto* use = written->find("use");
  const bool is_chosen = use != nullptr && use->scalar != kNoGate;
  if (is_chosen || !written->is_map()) {
    reader.read(section.kind, section.name, choice, read_own);
    return true;
  }
  const auto kind = plugin::name_of(section.kind);
  for (const auto& [key, value] : written->entries) {
    if (key == "use") continue;
    add_fault(tree, section.name + "." + key,
              "the store decides, which takes no options; choose a " + std::string(kind) + " by " +
                  section.name + ".use",
              faults);
  }
  return false;
}

void read_gate(PluginReader& reader, const config::Tree& tree, const std::string& section,
               Topology topology, PluginChoice& gate, config::Faults& faults) {
  const bool is_read = read_unless_store(reader, tree, {plugin::Kind::kGate, section}, gate, faults,
                                         [](config::MapReader&) {});
  if (!is_read || topology != Topology::kServices) return;
  add_fault(tree, section + ".use", "expected store with topology: services", faults);
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
