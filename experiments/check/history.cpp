#include "experiments/check/history.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace stampede::check {

namespace {

// For whom the thread acts now; null for nobody in particular.
thread_local const std::string* acting_for = nullptr;

std::string_view show(WriteForm form) {
  switch (form) {
    case WriteForm::kAtomic:
      return "atomic";
    case WriteForm::kReadThenWrite:
      return "read then write";
    case WriteForm::kVersioned:
      return "versioned";
    case WriteForm::kLockedRead:
      return "locked read";
  }
  return "?";
}

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

void History::note(const std::string& what) {
  const auto since = Clock::now() - started_;
  const std::lock_guard guard(mutex_);
  const auto thread =
      threads_.emplace(std::this_thread::get_id(), static_cast<int>(threads_.size()) + 1)
          .first->second;
  lines_.push_back(fmt::format("{:10.3f} ms  thread {:<2} {:<24} {}", milliseconds(since), thread,
                               acting_for == nullptr ? "" : *acting_for, what));
  if (lines_.size() <= kMost) return;
  lines_.pop_front();
  ++dropped_;
}

std::string History::text() const {
  const std::lock_guard guard(mutex_);
  std::string text;
  if (dropped_ > 0) text += fmt::format("(without the first {} lines)\n", dropped_);
  for (const auto& line : lines_) text += line + '\n';
  return text;
}

Acting::Acting(const std::string& name) : name_(name), before_(acting_for) { acting_for = &name_; }
Acting::~Acting() { acting_for = before_; }

std::string show(RefusalCode code) {
  constexpr std::array<std::string_view, 14> kNames{"nothing",
                                                    "too little stock",
                                                    "too little balance",
                                                    "coupon not usable",
                                                    "coupon sold out",
                                                    "coupon issued before",
                                                    "coupon not active",
                                                    "no such user",
                                                    "no such product",
                                                    "no such coupon",
                                                    "cart empty",
                                                    "payment declined",
                                                    "request in progress",
                                                    "request key reused"};
  const auto index = static_cast<std::size_t>(code);
  return std::string(index < kNames.size() ? kNames[index] : "?");
}

std::string show(const Result<Outcome>& outcome) {
  if (!outcome) {
    return std::string(to_string(outcome.error().code)) + ": " + outcome.error().message;
  }
  return outcome->committed() ? "committed" : "refused, " + show(outcome->refusal);
}

std::string show(const TransactionOptions& options) {
  return fmt::format("users {}, products {}, coupons {}{}", show(options.user),
                     show(options.product), show(options.coupon),
                     options.named_locks == nullptr ? "" : ", locked by name");
}

std::string show(std::chrono::nanoseconds time) {
  return fmt::format("{:.3f} ms", milliseconds(time));
}

}  // namespace stampede::check
