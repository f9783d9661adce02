// Which products are in a hot deal. The store keeps it, because it outlives a gate that loses its
// memory and a server that stops, and all instances see it. Safe for concurrent use; the store and
// the clock outlive the book.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/api/entities.hpp"
#include "core/api/result.hpp"
#include "core/api/store.hpp"
#include "core/pipeline/sources.hpp"

namespace stampede::stock {

enum class DealState : std::uint8_t {
  kNone,  // Never started, or ended.
  kRunning,
  kEnding,  // Takes no more orders; what was granted is waited for.
};

struct Deal {
  DealState state = DealState::kNone;
  Money price;      // Of the product.
  TimePoint since;  // When it came into this state.
};

using Deals = std::map<ProductId, Deal>;

class DealBook {
 public:
  // What the names of the steps begin with.
  static constexpr std::string_view kStepPrefix = "deal ";

  DealBook(Store& store, pipeline::WallClock& clock) : store_(store), clock_(clock) {}

  // Those that are running or ending.
  Result<Deals> all(Deadline deadline);

  // Moves the product's deal to another state, unless it stands in none of `from`. Answers where it
  // stood before.
  Result<DealState> move(ProductId product, std::initializer_list<DealState> from, DealState to,
                         Deadline deadline);

 private:
  Store& store_;
  pipeline::WallClock& clock_;
};

}  // namespace stampede::stock
