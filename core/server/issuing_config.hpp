// The part of a configuration that is about coupons issued asynchronously, and what it shares with
// the one about stock: the gate.
//
//   coupon: {gate: {use, ...}, gate_at: accept | consume, sweep: {interval, age}}

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/api/gate.hpp"
#include "core/config/fault.hpp"
#include "core/config/map_reader.hpp"
#include "core/config/tree.hpp"
#include "core/plugin/catalog.hpp"
#include "core/server/config.hpp"
#include "core/server/plugin_reader.hpp"

namespace stampede::server {

inline constexpr char kCouponGate[] = "coupon.gate";

// All but the gate.
void read_issuing(config::MapReader coupon, issue::Options& options);

// A section that chooses a plugin, or the store.
struct Section {
  plugin::Kind kind{};
  std::string name;  // "coupon.gate"
};

// Reads such a section as PluginReader does. False where the store is chosen, which takes no
// options.
bool read_unless_store(PluginReader& reader, const config::Tree& tree, const Section& section,
                       PluginChoice& choice, config::Faults& faults,
                       const std::function<void(config::MapReader&)>& read_own);

// The gate of the section ("coupon.gate") and its options; nothing to read where the store decides.
void read_gate(PluginReader& reader, const config::Tree& tree, const std::string& section,
               Topology topology, PluginChoice& gate, config::Faults& faults);

// The gate of the section, made to be asked what it is, or null where the store decides. Adds a
// fault when it cannot be constructed.
std::unique_ptr<Gate> make_gate(plugin::Catalog& catalog, const std::string& section,
                                const PluginChoice& choice, const config::Tree& tree,
                                config::Faults& faults);

}  // namespace stampede::server
