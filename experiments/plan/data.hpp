// The data a cell starts from: `data: {preset: s2}`, own numbers, or a preset with some numbers
// replaced.
//
//   preset     users    products  stock of each  cart       coupons
//   small      1,000    10        10,000         none       none          (also without a preset)
//   s2         100,000  10        10,000         3 lines x2 10,000 of 10 % off
//   s3         10,000   1,000     100            none       none
//   s5         50,000   10        10,000         none       25,000 of 10 % off
//
// Pure functions over plain data: safe to call from any thread.

#pragma once

#include <string>

#include "core/api/store.hpp"
#include "core/config/fault.hpp"
#include "core/config/tree.hpp"

namespace stampede::plan {

// Keys: preset, users, balance, products, stock, price, cart: {lines, quantity},
// coupons: [{discount: 10% | 500, total, held_by}].
Seed read_data(const config::Tree* tree, const std::string& path, config::Faults& faults);

// The body of POST /admin/seed.
std::string seed_json(const Seed& seed);

}  // namespace stampede::plan
