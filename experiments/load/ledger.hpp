// Every write a load sent, warm-up included, with what became of it. It is the bench's memory: a
// killed server takes nothing of it away, and each request can be made again, byte for byte, under
// the same Idempotency-Key.
//
// A record costs 96 bytes, 16 for each item, and the captured text of steps that use any. Written
// by one thread while the load runs; read by any number of threads after it.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/ids.hpp"
#include "core/api/money.hpp"
#include "experiments/load/journey.hpp"

namespace stampede::load {

enum class LedgerOutcome : std::uint8_t {
  kUnknown,       // In flight at the end, timeout, lost connection, or a 5xx: to be replayed.
  kAcknowledged,  // 2xx.
  kRefused,       // Any other answer: the server says that nothing was done. See code().
};

std::string_view to_string(LedgerOutcome outcome);

struct LedgerRecord {
  std::uint64_t sequence = 0;     // Its key is the run's prefix and this.
  std::uint64_t iteration = 0;    // Of the load.
  std::int64_t sent_ns = 0;       // Since the start of the run.
  std::int64_t received_us = -1;  // The server's own receipt stamp (X-Stampede-Received), or -1.
  OrderId order;                  // Of an acknowledged order.
  UserId user{};
  CouponId coupon{};  // 0: none.
  Money amount;       // Of a charge; of an acknowledged order what was paid.
  std::uint64_t items_at = 0;
  std::uint32_t texts_at = 0;
  std::uint16_t status = 0;  // 0: no answer.
  std::uint16_t step = 0;
  std::uint8_t item_count = 0;
  std::uint8_t code = 0;  // Index of the refusal's code.
  OperationKind kind = OperationKind::kOther;
  LedgerOutcome outcome = LedgerOutcome::kUnknown;
};
static_assert(sizeof(LedgerRecord) == 96);

// What an answer says about the write.
struct LedgerAnswer {
  LedgerOutcome outcome = LedgerOutcome::kUnknown;
  int status = 0;
  std::string_view code;
  std::int64_t received_us = -1;
  OrderId order;
  Money total;  // Of an order.
};

class Ledger {
 public:
  explicit Ledger(std::shared_ptr<const JourneyBook> book);

  // Notes a write that is about to be sent, its outcome unknown. Gives its index.
  std::size_t begin(std::size_t step, const Values& values, Duration sent);
  void finish(std::size_t index, const LedgerAnswer& answer);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const LedgerRecord& operator[](std::size_t index) const {
    return (*chunks_[index / kChunk])[index % kChunk];
  }
  // Calls visit(const LedgerRecord&) for each record, in the order of sending.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < size_; ++i) visit((*this)[i]);
  }

  // An order's lines; for a cart the one line that was added.
  std::span<const Item> items(const LedgerRecord& record) const;
  // "SOLD_OUT"; "" when the answer had none.
  std::string_view code(const LedgerRecord& record) const { return codes_[record.code]; }
  std::string key(const LedgerRecord& record) const;
  const std::string& journey(const LedgerRecord& record) const;

  // The request again: its parts, or the very bytes.
  RequestParts request(const LedgerRecord& record) const;
  std::string request_text(const LedgerRecord& record) const;

  std::size_t bytes() const;

 private:
  static constexpr std::size_t kChunk = 4'096;  // Records never move: growing costs no copy.
  using Chunk = std::array<LedgerRecord, kChunk>;

  std::uint8_t code_index(std::string_view code);
  Values values_of(const LedgerRecord& record) const;

  std::shared_ptr<const JourneyBook> book_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::size_t size_ = 0;
  std::vector<Item> items_;
  std::vector<std::string> texts_;
  std::vector<std::string> codes_{""};
};

}  // namespace stampede::load
