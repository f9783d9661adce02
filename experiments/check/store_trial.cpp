#include "experiments/check/store_trial.hpp"

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
  store_ = subject_.make_store();
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

bool StoreTrial::has(WriteForm form) {
  if (store_->supports(TransactionOptions::all(form))) return true;
  const std::lock_guard guard(mutex_);
  findings_.does_not_apply("the store does not support the form: " +
                           show(TransactionOptions::all(form)));
  return false;
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
