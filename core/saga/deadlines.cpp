#include "core/saga/deadlines.hpp"

#include <exception>

namespace stampede::saga {

namespace {

constexpr std::chrono::seconds kStoreTimeout{5};
constexpr std::int64_t kPageSize = 100;

}  // namespace

Result<std::int64_t> Deadlines::sweep() {
  const auto& context = orders_.context();
  const auto timeout =
      std::chrono::duration_cast<std::chrono::microseconds>(context.options.timeout);
  OrderFilter overdue;
  overdue.status = Order::Status::kPending;
  overdue.until = context.clock.now() - timeout;
  for (std::int64_t given_up = 0;;) {
    auto view = context.store.read_view(Clock::now() + kStoreTimeout);
    if (!view) return Unexpected(view.error());
    const auto page = (*view)->orders(overdue, {.number = 0, .size = kPageSize});
    view->reset();
    if (!page) return Unexpected(page.error());
    for (const auto& order : page->items) {
      auto done = orders_.give_up(order, kSagaTimeout);
      if (!done) return Unexpected(done.error());
      given_up += *done ? 1 : 0;
    }
    // What was given up is on no page any more.
    if (page->total <= kPageSize) return given_up;
  }
}

void Deadlines::start() {
  thread_ = std::thread([this] { run(); });
}

void Deadlines::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Deadlines::run() {
  const auto& context = orders_.context();
  for (std::unique_lock lock(mutex_); !stopping_;) {
    changed_.wait_for(lock, context.options.sweep, [this] { return stopping_; });
    if (stopping_) return;
    lock.unlock();
    try {
      const auto swept = sweep();
      if (!swept) context.journal.fault(context.index, "sweep", swept.error());
    } catch (const std::exception& error) {  // The edge of the thread.
      context.journal.fault(context.index, "sweep", {ErrorCode::kInternal, error.what()});
    }
    lock.lock();
  }
}

}  // namespace stampede::saga
