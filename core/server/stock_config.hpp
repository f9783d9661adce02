// The part of a configuration that is about hot deals, but for the gate itself:
//
//   stock: {gate: {use, ...}, deals, sweep: {interval, age}}
//   orders: {write: sync | queued}

#pragma once

#include "core/api/gate.hpp"
#include "core/config/fault.hpp"
#include "core/config/map_reader.hpp"
#include "core/config/tree.hpp"
#include "core/server/config.hpp"
#include "core/stock/options.hpp"

namespace stampede::server {

inline constexpr char kStockGate[] = "stock.gate";

void read_stock(config::MapReader map, stock::Options& options);

// That no grant is swept while its request may still be at work: refuses an age that is too short,
// and makes the default as long as it has to be. Needs everything else to have been read.
void check_sweep(const config::Tree& tree, ServerConfig& config, config::Faults& faults);

// What does not go together.
void check_stock(const config::Tree& tree, const ServerConfig& config, config::Faults& faults);

// That the gate, null where there is none, loses no stock.
void check_stock_gate(const config::Tree& tree, const ServerConfig& config, const Gate* gate,
                      config::Faults& faults);

}  // namespace stampede::server
