#include "plugins/stores/sqlite/reader_pool.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace stampede::stores::sqlite {

constexpr int kMostTries = 1000;

// Repeated, because an interrupt that was meant for a SELECT may hit the BEGIN or COMMIT instead.
// Neither does any I/O, so that nothing else makes them fail.
bool ReaderPool::Reader::set_view(Query query, bool on) {
  for (int tries = 0; connection.in_transaction() != on; ++tries) {
    if (tries == kMostTries) return false;
    connection.write(query);
  }
  return true;
}

ReaderPool::ReaderPool(const Options& options, QueryTimes& times) : view_age_(options.view_age) {
  for (std::size_t i = 0; i < options.readers; ++i) {
    auto& reader = readers_.emplace_back(std::make_unique<Reader>(options, times));
    if (!reader->begin() || !reader->end()) {  // Prepares both, so that nothing can fail later.
      throw std::runtime_error("sqlite store '" + options.path + "': it cannot be read");
    }
    idle_.push_back(reader.get());
  }
}

ReaderPool::~ReaderPool() = default;

Result<ReaderPool::Lease> ReaderPool::lease(Deadline deadline) {
  Reader* reader = nullptr;
  {
    std::unique_lock lock(mutex_);
    if (!gate_closed_ && waiters_.empty() && !idle_.empty()) {
      reader = idle_.back();  // The last one used: its cache is warm.
      idle_.pop_back();
      hand_out(*reader);
    } else {
      Waiter waiter;
      waiters_.push_back(&waiter);
      waiter.granted.wait_until(lock, deadline, [&] { return waiter.reader != nullptr; });
      reader = waiter.reader;
      if (reader == nullptr) {
        std::erase(waiters_, &waiter);
        ++timeouts_;
        return fail(ErrorCode::kPoolTimeout,
                    "sqlite: none of " + std::to_string(readers_.size()) +
                        " read views became free in time (option 'readers')");
      }
    }
  }
  Lease lease(*this, *reader);
  const std::lock_guard guard(reader->mutex);
  if (!reader->in_view || reader->begin()) return lease;
  return fail(ErrorCode::kUnavailable, "sqlite: a read view could not be opened");
}

// The caller holds mutex_.
void ReaderPool::hand_out(Reader& reader) {
  const std::lock_guard guard(reader.mutex);
  reader.in_view = true;
  reader.since = Clock::now();
  ++open_views_;
}

// The caller holds mutex_.
void ReaderPool::serve_waiters() {
  while (!gate_closed_ && !waiters_.empty() && !idle_.empty()) {
    auto& waiter = *waiters_.front();
    waiters_.pop_front();
    waiter.reader = idle_.back();
    idle_.pop_back();
    hand_out(*waiter.reader);
    waiter.granted.notify_one();
  }
}

void ReaderPool::give_back(Reader& reader) {
  bool was_in_view = false;
  {
    const std::lock_guard guard(reader.mutex);
    was_in_view = std::exchange(reader.in_view, false);
    if (was_in_view) reader.end();
  }
  const std::lock_guard guard(mutex_);
  idle_.push_back(&reader);
  if (was_in_view) --open_views_;
  if (gate_closed_ && open_views_ == 0) views_ended_.notify_one();
  serve_waiters();
}

void ReaderPool::close_gate() {
  std::unique_lock lock(mutex_);
  gate_closed_ = true;
  end_views(Clock::now() - view_age_);
  if (!views_ended_.wait_for(lock, view_age_, [&] { return open_views_ == 0; })) {
    end_views(Clock::time_point::max());
  }
}

void ReaderPool::open_gate() {
  const std::lock_guard guard(mutex_);
  gate_closed_ = false;
  serve_waiters();
}

// The caller holds mutex_.
void ReaderPool::end_views(Clock::time_point older_than) {
  for (const auto& reader : readers_) {
    if (reader->since >= older_than) continue;
    if (!reader->mutex.try_lock()) {  // In a statement: stop it.
      reader->connection.interrupt();
      reader->mutex.lock();
    }
    const std::lock_guard guard(reader->mutex, std::adopt_lock);
    if (!reader->in_view) continue;
    reader->end();
    reader->in_view = false;
    --open_views_;
    ++ended_;
  }
}

PoolStats ReaderPool::stats() const {
  const std::lock_guard guard(mutex_);
  const auto idle = std::ssize(idle_);
  return {.active = std::ssize(readers_) - idle,
          .idle = idle,
          .pending = std::ssize(waiters_),
          .timeouts = timeouts_};
}

std::int64_t ReaderPool::views_ended() const {
  const std::lock_guard guard(mutex_);
  return ended_;
}

Unexpected ReaderPool::Lease::ended() {
  return fail(ErrorCode::kConflict,
              "sqlite: the read view was ended because the write-ahead log had to start again");
}

Unexpected ReaderPool::Lease::failed(int code, Query query) const {
  if ((code & 0xff) == SQLITE_INTERRUPT) return ended();
  return Unexpected(reader_->connection.error(code, query));
}

}  // namespace stampede::stores::sqlite
