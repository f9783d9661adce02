#include "core/pipeline/issue_coupon.hpp"

#include <string>
#include <utility>

#include "core/pipeline/events.hpp"
#include "core/pipeline/look_up.hpp"
#include "core/pipeline/rules.hpp"

namespace stampede::pipeline {
namespace {

std::uint64_t fingerprint_of(const IssueCoupon& request) {
  return Fingerprint(RequestRecord::Kind::kIssue)
      .add(value_of(request.user))
      .add(value_of(request.coupon))
      .value();
}

class IssueOperation final : public KeyedOperation<UserCoupon> {
 public:
  IssueOperation(Environment& environment, const IssueCoupon& request)
      : KeyedOperation(RequestRecord::Kind::kIssue, request.tag, fingerprint_of(request)),
        granted_{.user = request.user,
                 .coupon = request.coupon,
                 .status = UserCoupon::Status::kIssued,
                 .issued_at = environment.clock.now(),
                 .request_key = request.tag.key,
                 .used_by = std::nullopt,
                 .version = 0},
        unless_refused_(request.unless_refused),
        event_id_(environment.ids.next()) {}

  Result<bool> find_effect(Transaction& transaction) override {
    auto read = transaction.user_coupon(granted_.user, granted_.coupon);
    if (!read) return Unexpected(read.error());
    auto& held = *read;
    // A coupon from another request is not this effect.
    if (!held || held->issued_at != granted_.issued_at ||
        held->request_key != granted_.request_key) {
      return false;
    }
    set_value(*std::move(held));
    return true;
  }

 protected:
  Result<Outcome> apply(Transaction& transaction) override {
    auto refused = has_failed(transaction);
    if (!refused) return Unexpected(refused.error());
    if (*refused) return Outcome::refuse(RefusalCode::kCouponNotUsable);
    auto wallet = transaction.wallet(granted_.user);
    if (!wallet) return Unexpected(wallet.error());
    if (!*wallet) return Outcome::refuse(RefusalCode::kUserNotFound);
    auto held = transaction.user_coupon(granted_.user, granted_.coupon);
    if (!held) return Unexpected(held.error());
    auto read_coupon = transaction.coupon(granted_.coupon);
    if (!read_coupon) return Unexpected(read_coupon.error());
    const auto& coupon = *read_coupon;
    if (!coupon) return Outcome::refuse(RefusalCode::kCouponNotFound);
    if (!is_active(*coupon, granted_.issued_at)) {
      return Outcome::refuse(RefusalCode::kCouponNotActive);
    }
    if (*held) return Outcome::refuse(RefusalCode::kCouponAlreadyIssued);

    auto claimed = transaction.claim_coupon(*coupon);
    if (!claimed) return Unexpected(claimed.error());
    if (!*claimed) return Outcome::refuse(RefusalCode::kCouponSoldOut);
    if (auto given = transaction.grant_coupon(granted_); !given) return Unexpected(given.error());
    return remember(transaction, granted_, std::to_string(value_of(granted_.coupon)),
                    coupon_issued(granted_, event_id_));
  }

  // The same key means the same user and coupon, so the entity adds nothing to the request. The
  // answer is that of the first time, also when the coupon has been used since.
  Result<std::optional<UserCoupon>> recall(Transaction& transaction, const std::string&) override {
    auto read = transaction.user_coupon(granted_.user, granted_.coupon);
    if (!read) return Unexpected(read.error());
    auto& held = *read;
    if (!held) return std::optional<UserCoupon>();
    auto first = *std::move(held);
    first.status = UserCoupon::Status::kIssued;
    first.used_by.reset();
    first.version = 0;
    return std::optional(std::move(first));
  }

 private:
  Result<bool> has_failed(Transaction& transaction) {
    if (unless_refused_.empty()) return false;
    const auto step = transaction.saga_step(unless_refused_);
    if (!step) return Unexpected(step.error());
    return *step && (*step)->state == SagaStep::State::kRefused;
  }

  const UserCoupon granted_;
  const std::string unless_refused_;
  const OrderId event_id_;
};

}  // namespace

Result<Reply<UserCoupon>> issue_coupon(Environment& environment, const IssueCoupon& request,
                                       Context& context) {
  const auto lease = environment.request_keys.acquire(request.tag.key);
  if (!lease) return refused<UserCoupon>(RefusalCode::kRequestInProgress);
  IssueOperation operation(environment, request);
  Scope scope;
  scope.add(request.user).add(request.coupon);
  return execute(environment, scope, operation, context);
}

}  // namespace stampede::pipeline
