// The claim of one writer to its products against the same writer of other server instances: a
// fence (operation.hpp) that every one of its transactions carries. Whoever was given the newest
// one owns the products; the transactions of those before are refused, so two owners never write
// side by side, however long one of them was paused.
//
// An instance takes what another owns as soon as it has work for it. The one that lost it leaves it
// alone for a while (the lease) before it takes it back, so that instances with work for the same
// products take turns instead of taking them away from each other with every transaction. The price
// of a turn is a refused transaction and the issue of a fence.
//
// On a store that only this process has, or that issues no fences, there is nobody to compete with,
// or no way to: nothing is issued and nothing is carried.
//
// Not safe for concurrent use: it belongs to one writer.

#pragma once

#include <algorithm>
#include <chrono>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "core/api/store.hpp"

namespace stampede::locks {

class Ownership {
 public:
  // `name` is what the fences are issued for: the same for the same writer of every instance.
  Ownership(Resource name, std::chrono::nanoseconds lease) : name_(name), lease_(lease) {}

  // Comes to own, if it does not already. Waits for its turn, at most until the context's deadline:
  // kLeaseLost then. Other errors are the store's.
  Result<void> take(Store& store, Context& context) {
    if (store.sharing() != Sharing::kNetwork || store.fences() == nullptr) {
      owned_in_ = nullptr;
      fences_.clear();
      return {};
    }
    if (owned_in_ == &store) return {};
    if (const auto turn = lost_at_ + lease_; Clock::now() < turn) {
      const PhaseTimer waiting(context.phases, Phase::kLock);
      std::this_thread::sleep_until(std::min(turn, context.deadline));
    }
    if (Clock::now() >= context.deadline) {
      return fail(ErrorCode::kLeaseLost,
                  "another server instance owns the products of this writer; it was not this "
                  "one's turn before the deadline");
    }
    auto issued = store.fences()->issue({&name_, 1}, context);
    if (!issued) return Unexpected(issued.error());
    fences_ = *std::move(issued);
    owned_in_ = &store;
    return {};
  }

  // To be carried by every transaction until lose().
  std::span<const Fence> fences() const { return fences_; }

  // A transaction was refused with kLeaseLost: another instance owns the products now.
  void lose() {
    if (owned_in_ == nullptr) return;  // It was not owned: the turn does not come any later.
    owned_in_ = nullptr;
    fences_.clear();
    lost_at_ = Clock::now();
  }

 private:
  const Resource name_;
  const std::chrono::nanoseconds lease_;
  std::vector<Fence> fences_;
  const Store* owned_in_ = nullptr;  // Compared, never used.
  Clock::time_point lost_at_{};
};

}  // namespace stampede::locks
