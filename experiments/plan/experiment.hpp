// An experiment as it will run: its cells, each with everything that a server, a load generator and
// a seed need, and the rules by which the outcome is judged. Plain data: made by read_experiment(),
// then only read.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/api/store.hpp"
#include "core/config/fault.hpp"
#include "core/config/tree.hpp"
#include "experiments/plan/bench.hpp"
#include "experiments/plan/documented.hpp"
#include "experiments/plan/expectation.hpp"
#include "experiments/plan/threshold.hpp"
#include "experiments/stats/comparison.hpp"

namespace stampede::plan {

struct Cell {
  std::string name;    // Unique: the variant's name, or the axis values: "global/10".
  std::string folder;  // The same as the name of a folder.
  // What sets this cell apart, in order: dotted key and value.
  std::vector<std::pair<std::string, std::string>> values;
  config::Tree server;  // A complete stampede-server config, every value with its origin.
  config::Tree load;    // The load block.
  Seed data;
  Bench bench;
  config::Tree bench_tree;  // What `bench` was read from.
  Needs needs;
  Expectations expect;
  // Of warm-up and window together; nothing when the load block does not say (a fixed number of
  // iterations takes as long as it takes).
  std::optional<std::chrono::nanoseconds> load_time;
  // Of its private Kafka broker when that is new. None where faults come: those cells are about
  // loss, not about speed.
  std::chrono::nanoseconds kafka_warmup{0};
};

struct Experiment {
  std::string name;
  std::string question;
  std::optional<Documented> documented;
  std::vector<Cell> cells;
  std::vector<std::string> axes;        // Dotted keys of the matrix; empty with variants.
  std::optional<std::size_t> baseline;  // Nothing when --only left it out: no comparisons then.
  std::size_t blocks = 6;
  std::uint64_t seed = 1;
  std::vector<Threshold> thresholds;
  stats::Rules rules;
  std::vector<std::string> notes;  // What the command line changed: goes into the report.
  std::string yaml;  // The file as it was read, without what the command line changed.
};

// What the command line says. `settings` are "key=value"; they win over the file and over every
// variant. `only` keeps the cells whose name matches one of the patterns (* and ?).
struct Overrides {
  std::vector<std::string> settings;
  std::vector<std::string> only;
  std::optional<std::int64_t> blocks;
  std::optional<std::int64_t> seed;
  std::optional<double> scale;
};

// What this part does not know itself. Each check may be empty.
struct Checks {
  // Of a complete server config, respectively a complete load block.
  std::function<config::Faults(const config::Tree&)> server;
  std::function<config::Faults(const config::Tree&)> load;
  // Of a whole cell, for what takes more than one of its blocks: a load that names more users than
  // the data has.
  std::function<config::Faults(const Cell&)> cell;
  // Of a whole cell whose server config nobody else checks: what it needs of the bench.
  std::function<config::Faults(const Cell&, Needs&)> needs;
  std::vector<std::string> audits = audit_names();
};

}  // namespace stampede::plan
