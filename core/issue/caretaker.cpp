#include "core/issue/caretaker.hpp"

#include <algorithm>
#include <utility>

#include "core/issue/issue_request.hpp"

namespace stampede::issue {

namespace {

using namespace std::chrono_literals;

constexpr auto kRoundPatience = 30s;
constexpr std::chrono::nanoseconds kLeastResend = 1s;
constexpr int kLoadAttempts = 3;
constexpr std::int64_t kPage = 10'000;
constexpr std::size_t kMostSwept = 1'000;  // Of one coupon in one round.

void keep_first(Result<void>& first, Result<void> done) {
  if (first && !done) first = std::move(done);
}

// Everybody who has the coupon, as the store says.
Result<std::vector<Holder>> holders_of(ReadView& view, CouponId coupon) {
  std::vector<Holder> holders;
  for (UserId after{0};;) {
    auto rows = view.user_coupons_after(coupon, after, kPage);
    if (!rows) return Unexpected(std::move(rows.error()));
    for (auto& row : *rows) {
      if (row.coupon != coupon) return holders;
      after = row.user;
      holders.push_back({row.user, std::move(row.request_key)});
    }
    if (std::ssize(*rows) < kPage) return holders;
  }
}

}  // namespace

Caretaker::Caretaker(Parts parts)
    : parts_(std::move(parts)), rounds_([this] { log_round(); }, parts_.options.sweep_interval) {}

void Caretaker::log_round() {
  const auto done = round();
  if (done) return;
  parts_.log.event(telemetry::LogLevel::kWarn, "gate_round_failed",
                   {{"code", to_string(done.error().code)}, {"message", done.error().message}});
}

Result<void> Caretaker::round() {
  const std::lock_guard one_at_a_time(round_);
  const auto deadline = Clock::now() + kRoundPatience;
  auto known = coupons(deadline);
  if (!known) return Unexpected(std::move(known.error()));
  Result<void> first;
  for (const auto coupon : *known) keep_first(first, look_at(coupon, deadline));
  return first;
}

Result<void> Caretaker::reload(Deadline deadline) {
  const std::lock_guard one_at_a_time(round_);
  auto known = coupons(deadline);
  if (!known) return Unexpected(std::move(known.error()));
  Result<void> first;
  for (const auto coupon : *known) keep_first(first, load(coupon, deadline));
  return first;
}

Result<std::int64_t> Caretaker::pending(Deadline deadline) {
  auto known = coupons(deadline);
  if (!known) return Unexpected(std::move(known.error()));
  std::int64_t all = 0;
  for (const auto coupon : *known) {
    const auto state = parts_.gate.state(resource_of(coupon), deadline);
    if (!state) return Unexpected(state.error());
    all += state->pending;
  }
  return all;
}

Result<std::vector<CouponId>> Caretaker::coupons(Deadline deadline) {
  auto view = parts_.store.read_view(deadline);
  if (!view) return Unexpected(std::move(view.error()));
  std::vector<CouponId> ids;
  for (CouponId after{0};;) {
    const auto rows = (*view)->coupons_after(after, kPage);
    if (!rows) return Unexpected(rows.error());
    for (const auto& row : *rows) ids.push_back(after = row.id);
    if (std::ssize(*rows) < kPage) return ids;
  }
}

Result<void> Caretaker::look_at(CouponId coupon, Deadline deadline) {
  const auto state = parts_.gate.state(resource_of(coupon), deadline);
  if (!state) return Unexpected(state.error());
  return state->open ? sweep(coupon, deadline) : open(coupon, deadline);
}

Result<void> Caretaker::open(CouponId coupon, Deadline deadline) {
  if (auto closed = parts_.gate.close(resource_of(coupon), deadline); !closed) return closed;
  if (!parts_.epochs.wait_for_earlier(deadline)) {
    return fail(ErrorCode::kTimeout, "requests that were granted are not published yet");
  }
  if (auto passed = wait_for_consumer(deadline); !passed) return passed;
  return load(coupon, deadline);
}

// A consumer that asks the gate itself has granted nothing that is still on its way.
Result<void> Caretaker::wait_for_consumer(Deadline deadline) {
  if (parts_.transport.synchronous() || parts_.options.gate_at == GateAt::kConsume) return {};
  return wait_for_service(parts_.transport, kService, rounds_, deadline);
}

Result<void> Caretaker::load(CouponId coupon, Deadline deadline) {
  for (int attempt = 1;; ++attempt) {
    auto view = parts_.store.read_view(deadline);
    if (!view) return Unexpected(std::move(view.error()));
    const auto row = (*view)->coupon(coupon);
    if (!row) return Unexpected(row.error());
    if (!*row) return {};
    const auto holders = holders_of(**view, coupon);
    if (!holders) return Unexpected(holders.error());
    view->reset();
    const auto remaining = std::max<std::int64_t>(0, (*row)->total - (*row)->issued);
    auto loaded = parts_.gate.load(resource_of(coupon), remaining, *holders, deadline);
    if (loaded) {
      parts_.counters.rebuilds.fetch_add(1, std::memory_order_relaxed);
      parts_.log.event(telemetry::LogLevel::kInfo, "gate_opened",
                       {{"coupon", value_of(coupon)},
                        {"remaining", remaining},
                        {"holders", static_cast<std::int64_t>(holders->size())}});
      return {};
    }
    if (loaded.error().code != ErrorCode::kConflict || attempt == kLoadAttempts) return loaded;
  }
}

// What was published again gets twice the time before the next attempt: it may only be waiting
// behind others, and more copies would not help it.
Result<void> Caretaker::sweep(CouponId coupon, Deadline deadline) {
  const auto age = parts_.options.sweep_age;
  const auto old = parts_.gate.pending(resource_of(coupon), age, kMostSwept, deadline);
  if (!old) return Unexpected(old.error());
  const auto now = parts_.now();
  auto& known = resends_[coupon];
  Resends kept;
  std::vector<Event> events;
  for (const auto& claim : *old) {
    const auto found = known.find(claim.request);
    auto resend = found == known.end() ? Resend{now, std::max(age, kLeastResend)} : found->second;
    if (resend.next <= now) {
      events.push_back(event_of(request_of(claim), parts_.options.key));
      resend = {now + resend.wait, 2 * resend.wait};
    }
    kept.insert_or_assign(claim.request, resend);
  }
  std::swap(known, kept);
  if (events.empty()) return {};
  parts_.counters.republished.fetch_add(static_cast<std::int64_t>(events.size()),
                                        std::memory_order_relaxed);
  return parts_.transport.publish(events, deadline);
}

}  // namespace stampede::issue
