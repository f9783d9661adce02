// The part of a configuration that is about coupons issued asynchronously:
//
//   coupon: {gate: {use, ...}, gate_at: accept | consume, sweep: {interval, age}}

#pragma once

#include "core/api/store.hpp"
#include "core/config/fault.hpp"
#include "core/config/map_reader.hpp"
#include "core/config/tree.hpp"
#include "core/plugin/catalog.hpp"
#include "core/server/config.hpp"
#include "core/server/plugin_reader.hpp"

namespace stampede::server {

// All but the gate.
void read_issuing(config::MapReader coupon, issue::Options& options);

// The gate and its options; nothing to read where the store decides.
void read_gate(PluginReader& reader, const config::Tree& tree, Topology topology,
               PluginChoice& gate, config::Faults& faults);

// Whether instances can share the gate. Adds a fault when it cannot be constructed.
Sharing gate_sharing(plugin::Catalog& catalog, const ServerConfig& config, const config::Tree& tree,
                     config::Faults& faults);

}  // namespace stampede::server
