// A gate that notes in a history what is asked of it and what it answers. Owns the gate it watches;
// the history outlives it. As safe for concurrent use as the gate, but for the mutex of the
// history, which would hide some races from ThreadSanitizer.

#pragma once

#include <memory>
#include <string>

#include "experiments/check/forwarding.hpp"
#include "experiments/check/history.hpp"

namespace stampede::check {

// "coupon 1": by the last digits of the id, which tell the resources of a check apart; those before
// tell the checks apart (gate_trial.hpp).
std::string show(Resource resource);
// "2 of product 1 for user 1 by request \"a\"".
std::string show(const Claim& claim);
std::string show(const Result<Decision>& decision);
std::string show(const GateState& state);

class WatchedGate final : public ForwardingGate {
 public:
  WatchedGate(std::unique_ptr<Gate> gate, History& history, std::string name)
      : ForwardingGate(*gate), gate_(std::move(gate)), history_(history), name_(std::move(name)) {}

  std::vector<Result<Decision>> claim(std::span<const Claim> claims, Context& context) override;
  Result<void> settle(std::span<const SettledClaim> claims, Deadline deadline) override;
  Result<std::vector<Claim>> pending(Resource resource, std::chrono::nanoseconds age,
                                     std::size_t limit, Deadline deadline) override;
  Result<void> load(Resource resource, std::int64_t remaining, std::span<const Holder> holders,
                    Deadline deadline) override;
  Result<void> close(Resource resource, Deadline deadline) override;
  Result<GateState> state(Resource resource, Deadline deadline) override;

 private:
  void note(const std::string& what) const;
  Result<void> noted(Result<void> answer, const std::string& what) const;

  const std::unique_ptr<Gate> gate_;
  History& history_;
  const std::string name_;
};

}  // namespace stampede::check
