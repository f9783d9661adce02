// A store and a lock strategy for each service that this process hosts, of the one configured kind.
// What a store keeps on a disk or in a database is kept apart by the service's name: in files whose
// path, or in a schema whose name, ends with it.

#pragma once

#include <array>
#include <memory>

#include "core/api/lock_strategy.hpp"
#include "core/api/store.hpp"
#include "core/plugin/catalog.hpp"
#include "core/saga/services.hpp"
#include "core/server/config.hpp"

namespace stampede::server {

struct ServiceBacking {
  std::unique_ptr<Store> store;
  std::unique_ptr<LockStrategy> lock;
};
// By saga::Area; both are null for a service that is hosted elsewhere.
using ServiceBackings = std::array<ServiceBacking, saga::kAreaCount>;

Result<ServiceBackings> make_service_backings(const ServerConfig& config, plugin::Catalog& catalog);

}  // namespace stampede::server
