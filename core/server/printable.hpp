// A configuration as --print-config shows it: every key with the value it has, defaults of plugins
// included, and no secret. What came from `${NAME}` or a file is printed as it was written.

#pragma once

#include "core/config/tree.hpp"
#include "core/plugin/catalog.hpp"
#include "core/server/config.hpp"

namespace stampede::server {

// `written` is the tree that the configuration was read from, before secrets were filled in.
config::Tree printable(const ServerConfig& config, plugin::Catalog& catalog,
                       const config::Tree& written);

}  // namespace stampede::server
