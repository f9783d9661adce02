#include "core/server/saga_config.hpp"

#include <string>
#include <utility>

#include "core/server/schema.hpp"

namespace stampede::server {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

void read_saga(config::MapReader map, saga::SagaOptions& options) {
  options.timeout = map.duration("timeout", options.timeout, milliseconds(1), hours(24));
  options.sweep = map.duration("sweep", options.sweep, milliseconds(1), hours(1));
  options.compensation =
      map.choice<saga::Compensation>("compensation", options.compensation, kCompensations);
  auto relay = map.map("relay");
  options.relay.batch = relay.integer("batch", options.relay.batch, 1, 10'000);
  options.relay.poll = relay.duration("poll", options.relay.poll, milliseconds(1), minutes(1));
  options.relay.lease =
      relay.duration("lease", options.relay.lease, milliseconds(100), minutes(10));
  relay.finish();
  map.finish();
}

void check_topology(const config::Tree& tree, const ServerConfig& config, config::Faults& faults) {
  if (config.topology != Topology::kServices) return;
  const auto refuse = [&](const std::string& key, std::string message) {
    const auto* written = tree.at(key);
    const auto origin = written == nullptr ? config::Origin{} : written->origin;
    faults.push_back({origin, key, std::move(message)});
  };
  if (config.orders.payment != pipeline::PaymentPlacement::kNone) {
    refuse("orders.payment.placement",
           "expected none with topology: services, where the user service takes the payment from "
           "the wallet");
  }
}

}  // namespace stampede::server
