#include "core/pipeline/charge_balance.hpp"

#include <string>
#include <utility>

#include "core/pipeline/events.hpp"
#include "core/pipeline/look_up.hpp"
#include "core/pipeline/rules.hpp"

namespace stampede::pipeline {
namespace {

std::uint64_t fingerprint_of(const ChargeBalance& request) {
  return Fingerprint(RequestRecord::Kind::kCharge)
      .add(value_of(request.user))
      .add(request.amount.minor)
      .add(request.transaction_id)
      .value();
}

// The transaction id is a key of its own: the charge's row stands for it.
class ChargeOperation final : public KeyedOperation<Charge> {
 public:
  ChargeOperation(Environment& environment, const ChargeBalance& request)
      : KeyedOperation(RequestRecord::Kind::kCharge, request.tag, fingerprint_of(request)),
        charge_{.transaction_id = request.transaction_id,
                .user = request.user,
                .amount = request.amount,
                .charged_at = environment.clock.now()},
        event_id_(environment.ids.next()) {}

  Result<bool> find_effect(Transaction& transaction) override {
    auto read = transaction.charge(charge_.transaction_id);
    if (!read) return Unexpected(read.error());
    auto& earlier = *read;
    if (!earlier || !is_same(*earlier)) return false;
    set_value(*std::move(earlier));
    return true;
  }

 protected:
  Result<Outcome> apply(Transaction& transaction) override {
    auto read_charge = transaction.charge(charge_.transaction_id);
    if (!read_charge) return Unexpected(read_charge.error());
    auto& earlier = *read_charge;
    if (earlier) {
      if (!is_same(*earlier)) return Outcome::refuse(RefusalCode::kRequestKeyReused);
      return replay(*std::move(earlier));
    }

    auto read_wallet = transaction.wallet(charge_.user);
    if (!read_wallet) return Unexpected(read_wallet.error());
    const auto& wallet = *read_wallet;
    if (!wallet) return Outcome::refuse(RefusalCode::kUserNotFound);
    if (!add(wallet->balance, charge_.amount)) {
      return fail(ErrorCode::kInvalid,
                  "the balance of user " + std::to_string(value_of(charge_.user)) +
                      " cannot grow by " + std::to_string(charge_.amount.minor) +
                      ": it would not fit 64 bits");
    }
    if (auto credited = transaction.credit(*wallet, charge_.amount); !credited) {
      return Unexpected(credited.error());
    }
    if (auto added = transaction.add_charge(charge_); !added) return Unexpected(added.error());
    return remember(transaction, charge_, charge_.transaction_id,
                    balance_charged(charge_, event_id_));
  }

  Result<std::optional<Charge>> recall(Transaction& transaction,
                                       const std::string& entity) override {
    return transaction.charge(entity);
  }

 private:
  bool is_same(const Charge& other) const {
    return other.user == charge_.user && other.amount == charge_.amount;
  }

  const Charge charge_;
  const OrderId event_id_;
};

Result<void> check(const ChargeBalance& request) {
  if (request.amount.minor <= 0) {
    return fail(ErrorCode::kInvalid,
                "the amount is " + std::to_string(request.amount.minor) + "; expected more than 0");
  }
  if (request.transaction_id.empty() || request.transaction_id.size() > kMostKeyBytes) {
    return fail(ErrorCode::kInvalid, "the transaction id has " +
                                         std::to_string(request.transaction_id.size()) +
                                         " bytes; expected 1.." + std::to_string(kMostKeyBytes));
  }
  return {};
}

}  // namespace

Result<Reply<Charge>> charge_balance(Environment& environment, const ChargeBalance& request,
                                     Context& context) {
  if (auto valid = check(request); !valid) return Unexpected(valid.error());
  const auto key_lease = environment.request_keys.acquire(request.tag.key);
  const auto id_lease = environment.transaction_ids.acquire(request.transaction_id);
  if (!key_lease || !id_lease) return refused<Charge>(RefusalCode::kRequestInProgress);
  ChargeOperation operation(environment, request);
  Scope scope;
  scope.add(request.user);
  return execute(environment, scope, operation, context);
}

}  // namespace stampede::pipeline
