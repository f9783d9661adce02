#include "core/saga/relay.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace stampede::saga {

namespace {

constexpr std::chrono::seconds kStoreTimeout{5};
constexpr std::chrono::milliseconds kFirstBackoff{10};
constexpr std::chrono::seconds kLongestBackoff{1};

class MoveCursor final : public Operation {
 public:
  explicit MoveCursor(const RelayCursor& cursor) : cursor_(cursor) {}

  Result<Outcome> work(Transaction& transaction) override {
    if (auto put = transaction.put_relay_cursor(cursor_); !put) return Unexpected(put.error());
    return Outcome::commit();
  }

 private:
  const RelayCursor& cursor_;
};

std::chrono::microseconds whole(std::chrono::nanoseconds duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration);
}

}  // namespace

Relay::Relay(Parts parts)
    : parts_(std::move(parts)), alone_(parts_.store.sharing() == Sharing::kProcess) {}

Relay::~Relay() { stop(); }

bool Relay::is_ours(const RelayCursor& cursor) const {
  return cursor.owner == parts_.owner && parts_.clock.now() < cursor.owned_until;
}

// False when another relay owns the outbox now.
Result<bool> Relay::load_cursor() {
  if (cursor_ && is_ours(*cursor_)) return true;
  auto view = parts_.store.read_view(Clock::now() + kStoreTimeout);
  if (!view) return Unexpected(view.error());
  auto read = (*view)->relay_cursor();
  if (!read) return Unexpected(read.error());
  cursor_ = read->value_or(RelayCursor{});
  const bool taken = cursor_->owner != parts_.owner && parts_.clock.now() < cursor_->owned_until;
  return !taken || alone_;
}

// Tells what the relay that owns the outbox has published since the last look: somebody here may
// wait for it.
Result<bool> Relay::follow() {
  const auto reached = cursor_->sequence;
  const auto seen = std::exchange(followed_, reached);
  if (!seen || *seen >= reached || !parts_.published) return false;
  auto view = parts_.store.read_view(Clock::now() + kStoreTimeout);
  if (!view) return Unexpected(view.error());
  const auto rows = (*view)->outbox_after(*seen, parts_.options.batch);
  if (!rows) return Unexpected(rows.error());
  std::vector<Event> events;
  for (const auto& row : *rows) {
    if (row.sequence <= reached) events.push_back(row.event);
  }
  if (std::cmp_equal(events.size(), parts_.options.batch)) followed_ = rows->back().sequence;
  parts_.published(events);
  return std::cmp_equal(events.size(), parts_.options.batch);
}

// Writes the cursor as ours. False when another relay was quicker.
Result<bool> Relay::own(std::int64_t sequence, std::chrono::nanoseconds lease) {
  auto moved = *cursor_;
  moved.sequence = sequence;
  moved.owner = parts_.owner;
  moved.owned_until = parts_.clock.now() + whole(lease);
  MoveCursor operation(moved);
  Phases phases;
  Context context{Clock::now() + kStoreTimeout, phases};
  const auto outcome = parts_.store.transact(TransactionOptions{}, operation, context);
  if (outcome) {
    ++moved.version;
    cursor_ = std::move(moved);
    followed_ = sequence;
    return true;
  }
  cursor_.reset();  // Whatever came of it is read again.
  if (outcome.error().code == ErrorCode::kConflict) return false;
  return Unexpected(outcome.error());
}

// Those of the rows that nobody else has published.
Result<void> Relay::publish(std::span<const OutboxRow> rows,
                            std::span<const FreshEvents::Standing> standings) {
  std::vector<Event> events;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (standings[i] == FreshEvents::Standing::kUnknown) events.push_back(rows[i].event);
  }
  if (events.empty()) return {};
  // Another relay may take over after the lease: it is not to find us still at it.
  const auto deadline = Clock::now() + parts_.options.lease / 2;
  if (auto taken = parts_.transport.publish(events, deadline); !taken) return taken;
  parts_.journal.published(parts_.service, static_cast<std::int64_t>(events.size()));
  if (parts_.published) parts_.published(events);
  return {};
}

Result<bool> Relay::round() {
  std::optional<Clock::time_point> woken;
  {
    const std::lock_guard lock(mutex_);
    woken = std::exchange(woken_, std::nullopt);
  }
  auto loaded = load_cursor();
  if (!loaded) return loaded;
  if (!*loaded) return follow();

  std::vector<OutboxRow> rows;
  {
    auto view = parts_.store.read_view(Clock::now() + kStoreTimeout);
    if (!view) return Unexpected(view.error());
    auto read = (*view)->outbox_after(cursor_->sequence, parts_.options.batch);
    if (!read) return Unexpected(read.error());
    rows = std::move(*read);
  }
  const bool is_full = std::cmp_equal(rows.size(), parts_.options.batch);
  // Up to the first that its own thread is about to publish: order is kept by waiting for it.
  const auto standings = parts_.fresh.standings(rows);
  const auto held = std::ranges::find(standings, FreshEvents::Standing::kHeld);
  const bool was_held = held != standings.end();
  rows.erase(rows.begin() + (held - standings.begin()), rows.end());
  if (rows.empty()) return false;

  if (!is_ours(*cursor_)) {
    auto owned = own(cursor_->sequence, parts_.options.lease);
    if (!owned || !*owned) return owned;
    alone_ = false;  // From now on an owner that is not us is alive.
  }
  if (auto published = publish(rows, standings); !published) return Unexpected(published.error());
  if (woken) parts_.journal.publish_took(Clock::now() - *woken);
  auto moved = own(rows.back().sequence, parts_.options.lease);
  if (!moved || !*moved) return moved;
  parts_.fresh.forget(rows);
  return is_full && !was_held;
}

void Relay::start() {
  thread_ = std::thread([this] { run(); });
}

void Relay::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (woken_) return;
    woken_ = Clock::now();
  }
  changed_.notify_one();
}

void Relay::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (!thread_.joinable()) return;
  thread_.join();
  give_up();
}

void Relay::give_up() {
  if (!cursor_ || !is_ours(*cursor_)) return;
  const auto given_up = own(cursor_->sequence, std::chrono::nanoseconds(0));
  if (!given_up) parts_.journal.fault(parts_.service, "relay", given_up.error());
}

bool Relay::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Relay::run() {
  std::chrono::nanoseconds backoff{0};
  for (std::unique_lock lock(mutex_); !stopping_;) {
    if (backoff.count() > 0) {
      changed_.wait_for(lock, backoff, [this] { return stopping_; });
    } else {
      changed_.wait_for(lock, parts_.options.poll,
                        [this] { return stopping_ || woken_.has_value(); });
    }
    if (stopping_) return;
    lock.unlock();
    Result<bool> more = true;
    try {
      while (more && *more && !is_stopping()) more = round();
    } catch (const std::exception& error) {  // The edge of the thread.
      more = fail(ErrorCode::kInternal, error.what());
    }
    if (more) {
      backoff = {};
    } else {
      // Said once for each row of faults, not with each attempt.
      if (backoff.count() == 0) parts_.journal.fault(parts_.service, "relay", more.error());
      backoff = std::clamp<std::chrono::nanoseconds>(2 * backoff, kFirstBackoff, kLongestBackoff);
    }
    lock.lock();
  }
}

}  // namespace stampede::saga
