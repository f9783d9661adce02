// A transaction that lets another one commit in its middle: between what it reads and what it
// writes, so that the race happens every time. Belongs to one check and one thread.

#pragma once

#include <functional>
#include <utility>

#include "experiments/check/store_trial.hpp"

namespace stampede::check {

class Race {
 public:
  using Body = std::function<void(Transaction&)>;

  Race(StoreTrial& trial, const TransactionOptions& options) : trial_(trial), options_(options) {}

  // `mine` calls let_the_rival_commit() once, between what it reads and what it writes.
  Result<Outcome> run(const Body& mine, const Body& rival) {
    rival_ = rival;
    return trial_.run(options_, [&](Transaction& transaction) -> Result<Outcome> {
      mine(transaction);
      return Outcome::commit();
    });
  }

  void let_the_rival_commit() {
    if (!rival_) return;
    const auto rival = std::exchange(rival_, nullptr);
    trial_.commit(options_, [&](Transaction& transaction) -> Result<Outcome> {
      rival(transaction);
      return Outcome::commit();
    });
  }

 private:
  StoreTrial& trial_;
  const TransactionOptions options_;
  Body rival_;
};

inline Race race_in(StoreTrial& trial, WriteForm form) {
  return {trial, TransactionOptions::all(form)};
}

}  // namespace stampede::check
