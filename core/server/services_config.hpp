// The part of a configuration that says which services a process hosts and where the others are.

#pragma once

#include "core/config/fault.hpp"
#include "core/config/map_reader.hpp"
#include "core/config/tree.hpp"
#include "core/plugin/catalog.hpp"
#include "core/server/config.hpp"

namespace stampede::server {

// Reads `services`, `service_listener` and `peers` from the whole configuration.
void read_services(config::MapReader& root, ServerConfig& config);

// A transport that asks for peers is given those that all calls go to, unless it has its own.
void give_peers(plugin::Catalog& catalog, ServerConfig& config);

// A fault where only some services are hosted in a topology that has none.
void check_services(const config::Tree& tree, const ServerConfig& config, config::Faults& faults);

// A fault where only some services are hosted and the transport cannot leave the process.
void check_reach(plugin::Catalog& catalog, const config::Tree& tree, const ServerConfig& config,
                 config::Faults& faults);

}  // namespace stampede::server
