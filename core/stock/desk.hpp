// What an operator asks of hot deals: to start one, to end one. Safe for concurrent use.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/api/ids.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"

namespace stampede::stock {

enum class DealRefusal : std::uint8_t { kNone, kNoProduct, kRunning, kNotRunning };

struct StartedDeal {
  DealRefusal refusal = DealRefusal::kNone;
  std::int64_t remaining = 0;  // As the store said, and the gate was loaded.
};

// What was left when nothing was on its way any more.
struct EndedDeal {
  DealRefusal refusal = DealRefusal::kNone;
  std::optional<std::int64_t> gate;  // Nothing when the gate's memory was gone.
  std::int64_t store = 0;
};

class Desk {
 public:
  virtual ~Desk() = default;

  // Loads the gate from the store and opens it. While it is loaded, orders of the product are
  // refused with kUnavailable.
  virtual Result<StartedDeal> start(ProductId product, Deadline deadline) = 0;

  // Takes no more orders of the product, waits until what was granted is settled, and closes the
  // gate; from then on the store alone decides. kTimeout when the deadline comes first: the deal
  // goes on ending, and is to be ended again.
  virtual Result<EndedDeal> end(ProductId product, Deadline deadline) = 0;

  // The products whose deals take orders, as far as this process has learnt: the deal that was
  // started last comes first, those of one moment by id.
  virtual std::vector<ProductId> running() const = 0;

  // Loads what is in a deal from the store, which was just filled, and starts the deals that the
  // configuration names.
  virtual Result<void> reload(Deadline deadline) = 0;

  // Whether an order of this id may have been accepted and not be placed yet: nobody keeps a record
  // of it before it is.
  virtual bool may_be_pending(const OrderId& order) const = 0;
};

}  // namespace stampede::stock
