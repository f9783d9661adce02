// Whether a configuration names the servers that its plugins talk to. A bench leaves them out of an
// experiment and fills them in when it has started private ones; a server that runs has nobody to
// fill them in.

#pragma once

#include "core/config/fault.hpp"
#include "core/server/config.hpp"

namespace stampede::server {

// A fault for each plugin that declares an address option ("url" or "urls") and was given none.
void check_addresses(plugin::Catalog& catalog, const ServerConfig& config, config::Faults& faults);

}  // namespace stampede::server
