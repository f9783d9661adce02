#include "core/issue/request_book.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/pipeline/look_up.hpp"

namespace stampede::issue {

namespace {

using nlohmann::json;

// A conflict means that another delivery of the request got ahead: what it did is then there.
constexpr int kAttempts = 5;

std::string reason_in(const SagaStep& step) {
  const auto detail = json::parse(step.detail, nullptr, false);
  return detail.is_object() ? detail.value("reason", "") : "";
}

// The failed request that a step of the store notes; nothing for a step of another kind.
std::optional<FailedRequest> failed_request(const SagaStep& step) {
  if (!step.key.starts_with(RequestBook::kStepPrefix)) return std::nullopt;
  if (step.state != SagaStep::State::kRefused) return std::nullopt;
  const auto detail = json::parse(step.detail, nullptr, false);
  if (!detail.is_object()) return std::nullopt;
  return FailedRequest{.request = {.user = UserId{detail.value("userId", std::int64_t{0})},
                                   .coupon = CouponId{detail.value("couponId", std::int64_t{0})},
                                   .id = step.key.substr(RequestBook::kStepPrefix.size()),
                                   .correlation = {}},
                       .reason = detail.value("reason", "")};
}

Result<IssueStatus> read_status(Transaction& transaction, const std::string& request) {
  auto record = transaction.request(request);
  if (!record) return Unexpected(std::move(record.error()));
  if (*record && (*record)->kind == RequestRecord::Kind::kIssue) {
    return IssueStatus{IssueState::kIssued, {}};
  }
  auto step = transaction.saga_step(RequestBook::step_key(request));
  if (!step) return Unexpected(std::move(step.error()));
  if (!*step) return IssueStatus{};
  return IssueStatus{IssueState::kFailed, reason_in(**step)};
}

class Note final : public Operation {
 public:
  Note(std::span<const Refused> refused, TimePoint at) : refused_(refused), at_(at) {}

  Result<Outcome> work(Transaction& transaction) override {
    statuses_.clear();
    for (const auto& [request, code] : refused_) {
      auto known = read_status(transaction, request.id);
      if (!known) return Unexpected(std::move(known.error()));
      if (known->state == IssueState::kPending) {
        const std::string reason(reason_name(code));
        const json detail{{"reason", reason},
                          {"userId", value_of(request.user)},
                          {"couponId", value_of(request.coupon)}};
        auto noted = transaction.put_saga_step({.key = RequestBook::step_key(request.id),
                                                .state = SagaStep::State::kRefused,
                                                .detail = detail.dump(),
                                                .at = at_,
                                                .version = 0});
        if (!noted) return Unexpected(std::move(noted.error()));
        *known = {IssueState::kFailed, reason};
      }
      statuses_.push_back(std::move(*known));
    }
    return Outcome::commit();
  }

  std::vector<IssueStatus>& statuses() { return statuses_; }

 private:
  const std::span<const Refused> refused_;
  const TimePoint at_;
  std::vector<IssueStatus> statuses_;
};

}  // namespace

std::string RequestBook::step_key(std::string_view request) {
  return std::string(kStepPrefix) + std::string(request);
}

Result<IssueStatus> RequestBook::status(const std::string& request, Context& context) {
  IssueStatus status;
  auto looked = pipeline::look_up(store_, context, [&](Transaction& transaction) -> Result<void> {
    auto read = read_status(transaction, request);
    if (!read) return Unexpected(std::move(read.error()));
    status = std::move(*read);
    return {};
  });
  if (!looked) return Unexpected(std::move(looked.error()));
  return status;
}

Result<std::vector<IssueStatus>> RequestBook::refuse(std::span<const Refused> refused,
                                                     Context& context) {
  if (refused.empty()) return std::vector<IssueStatus>();
  Note note(refused, clock_.now());
  for (int attempt = 1;; ++attempt) {
    const auto done = store_.transact(TransactionOptions{}, note, context);
    if (done) return std::move(note.statuses());
    if (done.error().code != ErrorCode::kConflict || attempt == kAttempts) {
      return Unexpected(done.error());
    }
  }
}

Result<std::vector<FailedRequest>> RequestBook::failed_after(std::string_view request,
                                                             std::int64_t limit,
                                                             Deadline deadline) {
  auto view = store_.read_view(deadline);
  if (!view) return Unexpected(std::move(view.error()));
  const auto steps = (*view)->saga_steps_after(step_key(request), limit);
  if (!steps) return Unexpected(steps.error());
  std::vector<FailedRequest> failed;
  for (const auto& step : *steps) {
    auto one = failed_request(step);
    if (!one) break;  // Steps of other kinds follow, or the last of ours came before.
    failed.push_back(*std::move(one));
  }
  return failed;
}

std::string_view reason_name(RefusalCode code) {
  switch (code) {
    case RefusalCode::kCouponSoldOut:
      return "SOLD_OUT";
    case RefusalCode::kCouponAlreadyIssued:
      return "ALREADY_ISSUED";
    case RefusalCode::kCouponNotActive:
      return "COUPON_NOT_ACTIVE";
    case RefusalCode::kCouponNotFound:
      return "COUPON_NOT_FOUND";
    case RefusalCode::kUserNotFound:
      return "USER_NOT_FOUND";
    case RefusalCode::kRequestKeyReused:
      return "REQUEST_KEY_REUSED";
    default:
      return "REFUSED";
  }
}

}  // namespace stampede::issue
