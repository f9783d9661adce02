// How the five services are dealt to servers:
//
//   processes: one                                  all in one server; the default
//   processes: each                                 a server for each
//   processes: [[order], [user, product], [coupon, user-coupon]]
//
// Every service is in one group. Pure functions over plain data: safe to call from any thread.

#pragma once

#include <string>
#include <vector>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"
#include "core/saga/area.hpp"

namespace stampede::plan {

using Processes = std::vector<saga::Areas>;  // One for each server; empty: one server has them all.

// `tree` is the value of the key `processes`.
Processes read_processes(const config::Tree& tree, config::Faults& faults);

// "user+product"
std::string name_of(const saga::Areas& group);

// Which of the groups hosts the service; the first one when there are none.
std::size_t group_of(const Processes& processes, saga::Area service);

}  // namespace stampede::plan
