// What the benchmarks sell: a store filled with users who can pay and products that do not run
// out, a lock strategy, and the pipeline over them, all made by the Catalog as the server does it.
//
// A Sale is safe for concurrent use; it outlives every call into it. What cannot be made ends the
// process with the reason: a benchmark has nobody to answer to.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/api/lock_strategy.hpp"
#include "core/api/store.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/pipeline/simulated_payments.hpp"
#include "core/pipeline/system_sources.hpp"
#include "core/plugin/catalog.hpp"

namespace stampede::benchmarks {

inline constexpr std::int64_t kUsers = 10'000;
inline constexpr std::int64_t kProducts = 100;

// Prints the reason and ends the process.
[[noreturn]] void give_up(const std::string& reason);

template <typename T>
T must(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(*result);
}
inline void must(const Result<void>& result) {
  if (!result) give_up(result.error().message);
}

// The plugins of this build.
plugin::Catalog make_catalog();

// Users 1..kUsers and products 1..kProducts, rich and plenty enough for any number of orders.
void fill(Store& store);

// A directory of its own under the system's temporary one, removed with everything in it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// One order of one unit. Anything but success ends the process, unless it is a conflict, which a
// strategy may give up on: false.
bool place_order(pipeline::Business& business, UserId user, ProductId product,
                 const std::string& key = "");

struct SaleOptions {
  std::string store = "memory";
  plugin::Settings store_settings;
  std::string lock = "atomic";
};

class Sale {
 public:
  explicit Sale(const SaleOptions& options);

  Store& store() { return *store_; }
  LockStrategy& lock() { return *lock_; }
  pipeline::Pipeline& pipeline() { return pipeline_; }

  bool place_order(UserId user, ProductId product, const std::string& key = "") {
    return benchmarks::place_order(pipeline_, user, product, key);
  }

 private:
  plugin::Catalog catalog_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<LockStrategy> lock_;
  pipeline::SystemClock clock_;
  pipeline::UuidGenerator ids_{clock_, 1};
  pipeline::SimulatedPayments payments_{{}};
  pipeline::Pipeline pipeline_;
};

// Ids of one thread, spread over 1..n by a multiplicative step, so that drawing costs nothing.
class Spread {
 public:
  explicit Spread(std::int64_t thread) : next_(static_cast<std::uint64_t>(thread) * 7'919) {}

  std::int64_t next(std::int64_t n) {
    next_ += 0x9E3779B97F4A7C15ULL;
    return static_cast<std::int64_t>((next_ >> 32U) % static_cast<std::uint64_t>(n)) + 1;
  }

 private:
  std::uint64_t next_;
};

}  // namespace stampede::benchmarks
