// Asks a lock strategy whether it runs on a store, by constructing both. A store with an option
// named `path` is given one in a scratch directory, so that nothing of the user's is touched.

#pragma once

#include <string>

#include "core/api/store.hpp"
#include "core/config/fault.hpp"
#include "core/config/tree.hpp"
#include "core/plugin/catalog.hpp"
#include "core/server/config.hpp"

namespace stampede::server {

struct Pairing {
  Sharing sharing = Sharing::kProcess;  // Of the store.
  std::string misfit;                   // That the lock does not run on the store; "" when it does.
};

// Adds a fault when one of the two cannot be constructed.
Pairing check_pairing(plugin::Catalog& catalog, const ServerConfig& config,
                      const config::Tree& tree, config::Faults& faults);

}  // namespace stampede::server
