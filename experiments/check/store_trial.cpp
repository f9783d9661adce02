#include "experiments/check/store_trial.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "experiments/check/watched_store.hpp"

namespace stampede::check {

StoreTrial::StoreTrial(const Subject& subject, Watch watch) : subject_(subject), watch_(watch) {
  start_again();
}
StoreTrial::~StoreTrial() = default;

void StoreTrial::start_again() {
  store_.reset();
  open(subject_.make_store());
}

void StoreTrial::start_without_unique_index() {
  constexpr std::string_view kIndex = "indexes.user_coupons_user_coupon";
  const bool can_go_without =
      subject_.make_store_with && std::ranges::any_of(subject_.options, [&](const auto& option) {
        return option.name == kIndex;
      });
  if (!can_go_without) return start_again();
  store_.reset();
  auto made = subject_.make_store_with({{std::string(kIndex), "false"}});
  if (!made) throw std::runtime_error(made.error().message);
  open(std::move(*made));
}

void StoreTrial::open(std::unique_ptr<Store> store) {
  store_ = std::move(store);
  if (watch_ == Watch::kYes && subject_.history != nullptr) {
    store_ = std::make_unique<WatchedStore>(std::move(store_), *subject_.history);
  }
}

void StoreTrial::seed() {
  if (auto seeded = store_->seed(small_seed()); !seeded) {
    throw std::runtime_error("the store does not take a seed: " + seeded.error().message);
  }
}

std::unique_ptr<ReadView> StoreTrial::view() {
  auto view = store_->read_view(Clock::now() + 3 * kPatience);
  if (!view) throw std::runtime_error("the store gives no read view: " + view.error().message);
  return std::move(*view);
}

Result<Outcome> StoreTrial::run(const TransactionOptions& options, Work::Body body) {
  Work operation(std::move(body));
  Phases phases;
  Context context{.deadline = Clock::now() + 3 * kPatience, .phases = phases};
  return store_->transact(options, operation, context);
}

void StoreTrial::commit(const TransactionOptions& options, Work::Body body) {
  const auto outcome = run(options, std::move(body));
  const std::lock_guard guard(mutex_);
  findings_.expect_committed(outcome, "a transaction");
}

std::vector<WriteForm> StoreTrial::forms() const {
  std::vector<WriteForm> forms;
  for (const auto form : {WriteForm::kAtomic, WriteForm::kReadThenWrite, WriteForm::kVersioned}) {
    if (store_->supports(TransactionOptions::all(form))) forms.push_back(form);
  }
  return forms;
}

bool StoreTrial::applies(bool it_does, const std::string& or_else) {
  const std::lock_guard guard(mutex_);
  if (!it_does) findings_.does_not_apply(or_else);
  return it_does;
}

bool StoreTrial::expect(bool kept, const char* what, const char* file, int line) {
  if (!kept) found(std::string("expected ") + what, file, line);
  return kept;
}

Findings StoreTrial::findings() const {
  const std::lock_guard guard(mutex_);
  return findings_;
}

void StoreTrial::unequal(const char* what, const std::string& found_value,
                         const std::string& expected, const char* file, int line) {
  found(std::string(what) + " is " + found_value + ", expected " + expected, file, line);
}

void StoreTrial::found(const std::string& text, const char* file, int line) {
  std::string_view name = file;
  name = name.substr(name.rfind('/') + 1);
  const std::lock_guard guard(mutex_);
  findings_.expect(false, text + " (" + std::string(name) + ":" + std::to_string(line) + ")");
}

Findings run_on_trial(const Subject& subject, void (*body)(StoreTrial&), StoreTrial::Watch watch) {
  StoreTrial trial(subject, watch);
  try {
    body(trial);
  } catch (const CannotGoOn&) {
    return trial.findings();  // They say why.
  }
  return trial.findings();
}

}  // namespace stampede::check
