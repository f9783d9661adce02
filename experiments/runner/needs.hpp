// What a cell leaves to the bench: asked of the options that its plugins declare, never of their
// names, so that a plugin from elsewhere is provided for like the built-in ones.
//
//   a store that declares       path            gets a file of its own for each run of the cell
//   a store that declares       url and schema  gets a private PostgreSQL where url is left out,
//                                               else a schema of its own in the user's
//   a lock that declares        nodes and urls  gets that many private Redis nodes where urls is
//                                               left out
//   a transport that declares   brokers and     gets a private Kafka broker where brokers is left
//   topic.prefix, group.prefix                  out; unless they are embedded, topics of its own
//
// What cannot be had on this machine is told as a reason to skip the cell.

#pragma once

#include "core/config/fault.hpp"
#include "experiments/plan/experiment.hpp"

namespace stampede::runner {

// Checks the cell's server configuration as the server would, with what is left out filled in, and
// the cell's instances and processors. Starts and connects to nothing.
config::Faults find_needs(const plan::Cell& cell, plan::Needs& needs);

}  // namespace stampede::runner
