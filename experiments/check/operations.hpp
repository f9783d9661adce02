// Operations that a check can stop at a chosen point: inside guarded(), and between what the work
// reads and what it writes. They do what the real ones do, as directly as possible.
//
// An operation belongs to one run at a time. It may be run again after a run that changed nothing.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/api/operation.hpp"
#include "core/api/store.hpp"
#include "experiments/check/history.hpp"

namespace stampede::check {

class ScriptedOperation : public Operation {
 public:
  // Called by guarded(), which returns what it returns.
  std::function<Result<Outcome>()> in_guarded;
  // Called after the work has read everything and before it writes, with the number of the run of
  // the work, from 1.
  std::function<void(int run)> between;
  // Called when the work has written everything; what it returns ends the work.
  std::function<Result<Outcome>()> at_the_end;

  History* history = nullptr;  // Where its steps are noted, if anywhere. Set by run().

  Result<Outcome> guarded(Context& context) final;
  Result<Outcome> work(Transaction& transaction) final;

  virtual Scope scope() const = 0;
  virtual std::string name() const = 0;  // "purchase 1 of user 2".

  // Since the operation was made.
  int guarded_runs() const { return guarded_runs_; }
  int work_runs() const { return work_runs_; }

 protected:
  // A refusal ends the work.
  virtual Result<Outcome> read(Transaction& transaction) = 0;
  virtual Result<Outcome> write(Transaction& transaction) = 0;

 private:
  void note(const std::string& what);

  int guarded_runs_ = 0;
  int work_runs_ = 0;
};

// Every number makes another order, event or charge.
OrderId order_number(std::uint64_t number);

// A user buys some of each product, paid from the wallet. With a coupon, that is used up; the price
// stays the same, so that sums are easy to follow.
class Purchase final : public ScriptedOperation {
 public:
  struct Line {
    ProductId product{};
    std::int64_t quantity = 1;
  };
  Purchase(std::uint64_t number, UserId user, std::vector<Line> lines,
           std::optional<CouponId> coupon = std::nullopt);

  Scope scope() const override;
  std::string name() const override;
  // What the last run of the work found in the wallet.
  Money balance_seen() const { return wallet_.balance; }

 private:
  Result<Outcome> read(Transaction& transaction) override;
  Result<Outcome> write(Transaction& transaction) override;

  const std::uint64_t number_;
  const OrderId id_;
  const UserId user_;
  const std::vector<Line> lines_;
  const std::optional<CouponId> coupon_;

  std::vector<Product> products_;
  Wallet wallet_;
  UserCoupon held_;
};

// A user gets a coupon of which there is a limited number, at most one for each user.
class Issue final : public ScriptedOperation {
 public:
  Issue(std::uint64_t number, UserId user, CouponId coupon);

  Scope scope() const override;
  std::string name() const override;

 private:
  Result<Outcome> read(Transaction& transaction) override;
  Result<Outcome> write(Transaction& transaction) override;

  const std::uint64_t number_;
  const UserId user_;
  const CouponId id_;

  Coupon coupon_;
};

// A user puts money into the wallet.
class Deposit final : public ScriptedOperation {
 public:
  Deposit(std::uint64_t number, UserId user, Money amount);

  Scope scope() const override;
  std::string name() const override;

 private:
  Result<Outcome> read(Transaction& transaction) override;
  Result<Outcome> write(Transaction& transaction) override;

  const std::uint64_t number_;
  const UserId user_;
  const Money amount_;

  Wallet wallet_;
};

// Money goes from one wallet into another; nothing else is changed, and nothing announced.
class Transfer final : public ScriptedOperation {
 public:
  Transfer(std::uint64_t number, UserId from, UserId to, Money amount);

  Scope scope() const override;
  std::string name() const override;

 private:
  Result<Outcome> read(Transaction& transaction) override;
  Result<Outcome> write(Transaction& transaction) override;

  const std::uint64_t number_;
  const UserId from_;
  const UserId to_;
  const Money amount_;

  Wallet payer_;
  Wallet payee_;
};

}  // namespace stampede::check
