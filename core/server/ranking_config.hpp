// The part of a configuration that says who ranks the best sellers:
//
//   ranking: {use: store | PLUGIN, every, ...}

#pragma once

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"
#include "core/server/config.hpp"
#include "core/server/plugin_reader.hpp"

namespace stampede::server {

void read_ranking(PluginReader& reader, const config::Tree& tree, ServerConfig& config,
                  config::Faults& faults);

}  // namespace stampede::server
