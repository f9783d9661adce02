// The parts of a configuration that the services topology adds.

#pragma once

#include "core/config/fault.hpp"
#include "core/config/map_reader.hpp"
#include "core/config/tree.hpp"
#include "core/server/config.hpp"

namespace stampede::server {

// saga: {timeout, sweep, compensation, relay: {batch, poll, lease}}
void read_saga(config::MapReader map, saga::SagaOptions& options);

// A fault for each setting that means nothing in the topology, rather than an experiment on
// nothing.
void check_topology(const config::Tree& tree, const ServerConfig& config, config::Faults& faults);

}  // namespace stampede::server
