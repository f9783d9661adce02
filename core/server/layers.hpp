// The layers that a configuration is made of: defaults < file < environment < --set. A later layer
// wins, key by key.

#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"

namespace stampede::server {

using Environment = std::vector<std::pair<std::string, std::string>>;

// STAMPEDE_SERVER__PORT=8081 means server.port: the prefix goes, "__" stands for a dot, and letters
// become small. Taken are variables with a "__", and STAMPEDE_ADMIN, STAMPEDE_PEERS,
// STAMPEDE_PLUGINS, STAMPEDE_SEED, STAMPEDE_SERVICES and STAMPEDE_TOPOLOGY. Values are YAML, as
// with
// --set.
config::Tree environment_layer(const Environment& environment, config::Faults& faults);

// This process's environment.
Environment process_environment();

// "key=value" for each --set.
config::Tree settings_layer(std::span<const std::string> settings, config::Faults& faults);

}  // namespace stampede::server
