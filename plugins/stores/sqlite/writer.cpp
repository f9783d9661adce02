#include "plugins/stores/sqlite/writer.hpp"

#include <algorithm>
#include <exception>

namespace stampede::stores::sqlite {

namespace {

// How many batches use savepoints from the start after one was replayed: such failures come in
// swarms.
constexpr int kCautiousBatches = 16;

}  // namespace

// Shared between the caller and the writer: a caller that gives up must not leave the writer a
// dead stack. A condition variable, because std::binary_semaphore spins before it sleeps.
struct Writer::Pending {
  std::vector<Command> commands;
  std::vector<Fence> fences;
  Job job;  // Instead of commands.
  Result<Outcome> result = Outcome::commit();

  bool wait_until(Deadline deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return done_; });
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }
  void answer() {
    {
      const std::lock_guard guard(mutex_);
      done_ = true;
    }
    changed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

Writer::Writer(const Options& options, std::unique_ptr<Connection> connection, ReaderPool& pool,
               FenceBook& fences)
    : most_in_batch_(options.batch),
      most_queued_(options.queue),
      checkpoint_pages_(options.checkpoint_pages),
      gate_pages_(options.gate_pages),
      connection_(std::move(connection)),
      pool_(pool),
      fences_(fences),
      applier_(*connection_),
      next_checkpoint_pages_(options.checkpoint_pages) {
  const auto note_pages = [](void* pages, sqlite3*, const char*, int count) {
    static_cast<std::atomic<std::int64_t>*>(pages)->store(count, std::memory_order_relaxed);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(connection_->handle(), note_pages, &counts_.wal_pages);
  thread_ = std::thread([this] { loop(); });
}

Writer::~Writer() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  queued_.notify_one();
  thread_.join();
}

Result<Outcome> Writer::submit(std::vector<Command> commands, Deadline deadline,
                               std::chrono::nanoseconds patience, std::span<const Fence> fences) {
  const auto pending = std::make_shared<Pending>();
  pending->commands = std::move(commands);
  pending->fences.assign(fences.begin(), fences.end());
  if (auto queued = enqueue(pending); !queued) return Unexpected(std::move(queued.error()));
  if (pending->wait_until(deadline)) return std::move(pending->result);
  if (withdraw(pending)) {
    ++counts_.withdrawn;
    return fail(ErrorCode::kTimeout,
                "sqlite: the writer did not begin with it before the deadline");
  }
  if (pending->wait_until(Clock::now() + patience)) return std::move(pending->result);
  ++counts_.in_doubt;
  return fail(ErrorCode::kInDoubt, "sqlite: the writer began with it and has not answered yet");
}

Result<void> Writer::run(Job job) {
  const auto pending = std::make_shared<Pending>();
  pending->job = std::move(job);
  if (auto queued = enqueue(pending); !queued) return queued;
  pending->wait();
  if (!pending->result) return Unexpected(std::move(pending->result.error()));
  return {};
}

Result<void> Writer::enqueue(const std::shared_ptr<Pending>& pending) {
  {
    const std::lock_guard guard(mutex_);
    if (queue_.size() >= most_queued_) {
      return fail(ErrorCode::kOverloaded, "sqlite: " + std::to_string(most_queued_) +
                                              " write sets wait already (option 'queue')");
    }
    queue_.push_back(pending);
    if (queue_.size() > 1) return {};  // Whoever was first woke the writer.
  }
  queued_.notify_one();
  return {};
}

// False when the writer has claimed it.
bool Writer::withdraw(const std::shared_ptr<Pending>& pending) {
  const std::lock_guard guard(mutex_);
  return std::erase(queue_, pending) > 0;
}

// Waits for work; false when there is none and there will be none. A job is claimed alone.
bool Writer::claim(Batch& batch) {
  std::unique_lock lock(mutex_);
  queued_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  while (!queue_.empty() && batch.size() < most_in_batch_) {
    const bool is_job = queue_.front()->job != nullptr;
    if (is_job && !batch.empty()) break;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (is_job) break;
  }
  return !batch.empty();
}

void Writer::loop() {
  Batch batch;
  while (claim(batch)) {
    serve(batch);
    for (const auto& pending : batch) pending->answer();
    batch.clear();
    keep_log_short();
  }
}

// The thread's edge: whatever is thrown becomes an answer, and the next batch starts clean.
void Writer::serve(Batch& batch) {
  try {
    if (batch.front()->job) {
      auto done = batch.front()->job(*connection_);
      if (!done) batch.front()->result = Unexpected(std::move(done.error()));
      pool_.without_views([&] { checkpoint(SQLITE_CHECKPOINT_TRUNCATE); });
    } else {
      commit(batch);
    }
  } catch (const std::exception& error) {
    fail_all(batch, {ErrorCode::kInDoubt, std::string("sqlite writer: ") + error.what()});
  }
  roll_back();
  fences_.end_batch();
}

void Writer::commit(Batch& batch) {
  ++counts_.batches;
  counts_.sets += std::ssize(batch);
  if (!apply_whole(batch)) return;
  const int code = connection_->write(Query::kCommit);
  if (code == SQLITE_DONE) return;
  auto error = connection_->error(code, Query::kCommit);
  // The log may hold the commit already, so that a restart would find it.
  error.code = ErrorCode::kInDoubt;
  fail_all(batch, error);
}

// Leaves a transaction that holds what the batch changed, or answers false with all sets failed.
bool Writer::apply_whole(Batch& batch) {
  bool with_savepoints = cautious_batches_ > 0;
  if (with_savepoints) --cautious_batches_;
  for (;;) {
    if (const int code = connection_->write(Query::kBeginWrite); code != SQLITE_DONE) {
      fail_all(batch, connection_->error(code, Query::kBeginWrite));
      return false;
    }
    switch (apply(batch, with_savepoints)) {
      case Applied::kWhole:
        return true;
      case Applied::kBroken:
        return false;
      case Applied::kUndo:
        break;
    }
    ++counts_.replays;
    cautious_batches_ = kCautiousBatches;
    with_savepoints = true;
    roll_back();
  }
}

Writer::Applied Writer::apply(Batch& batch, bool with_savepoints) {
  for (const auto& pending : batch) {
    const auto applied = apply_one(*pending, with_savepoints);
    if (applied == Applied::kWhole) continue;
    // A full disk and the like: nothing of this batch was committed, and no set is to blame.
    if (applied == Applied::kBroken) fail_all(batch, Error(pending->result.error()));
    return applied;
  }
  return Applied::kWhole;
}

Writer::Applied Writer::apply_one(Pending& pending, bool with_savepoints) {
  if (auto used = fences_.use(pending.fences); !used) {
    pending.result = Unexpected(std::move(used.error()));
    return Applied::kWhole;
  }
  const auto control = [&](Query query) {
    const int code = connection_->write(query);
    if (code == SQLITE_DONE) return true;
    pending.result = Unexpected(connection_->error(code, query));
    return false;
  };
  if (with_savepoints && !control(Query::kSavepoint)) return Applied::kBroken;
  const auto changes_before = connection_->total_changes();
  pending.result = applier_.apply(pending.commands);
  const bool failed = !pending.result || !pending.result->committed();
  const bool unavailable =
      !pending.result && pending.result.error().code == ErrorCode::kUnavailable;
  if (!connection_->in_transaction() && pending.result) {
    pending.result = fail(ErrorCode::kUnavailable, "sqlite: the transaction was rolled back");
  }
  if (unavailable || !connection_->in_transaction()) return Applied::kBroken;
  const bool must_undo = failed && connection_->total_changes() != changes_before;
  if (!with_savepoints) return must_undo ? Applied::kUndo : Applied::kWhole;
  if (must_undo && !control(Query::kSavepointRollback)) return Applied::kBroken;
  return control(Query::kSavepointRelease) ? Applied::kWhole : Applied::kBroken;
}

// A log that some snapshot always pins would grow for ever: from checkpoint_pages on it is copied
// into the file as far as snapshots allow, from gate_pages on they must make room.
void Writer::keep_log_short() {
  const auto pages = counts_.wal_pages.load(std::memory_order_relaxed);
  if (pages > counts_.wal_pages_max) counts_.wal_pages_max = pages;
  if (pages < checkpoint_pages_) next_checkpoint_pages_ = checkpoint_pages_;
  if (pages < next_checkpoint_pages_) return;
  next_checkpoint_pages_ = pages + checkpoint_pages_ / 4;
  if (pages < gate_pages_) return checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  ++counts_.gates;
  pool_.without_views([&] { checkpoint(SQLITE_CHECKPOINT_RESTART); });
  next_checkpoint_pages_ = checkpoint_pages_;
  counts_.wal_pages = 0;
}

// One that fails leaves a longer log, and the next one tries again.
void Writer::checkpoint(int mode) {
  sqlite3_wal_checkpoint_v2(connection_->handle(), "main", mode, nullptr, nullptr);
}

void Writer::fail_all(Batch& batch, const Error& error) {
  for (const auto& pending : batch) pending->result = Unexpected(error);
}

void Writer::roll_back() {
  if (connection_->in_transaction()) connection_->write(Query::kRollback);
}

std::vector<std::pair<std::string, double>> Writer::gauges() const {
  const auto as_double = [](std::int64_t value) { return static_cast<double>(value); };
  const auto batches = as_double(counts_.batches);
  const auto sets = as_double(counts_.sets);
  const auto queued = [&] {
    const std::lock_guard guard(mutex_);
    return as_double(std::ssize(queue_));
  }();
  return {{"batches", batches},
          {"sets", sets},
          {"mean_batch_size", batches == 0 ? 0 : sets / batches},
          {"queued_sets", queued},
          {"replays", as_double(counts_.replays)},
          {"withdrawn", as_double(counts_.withdrawn)},
          {"in_doubt", as_double(counts_.in_doubt)},
          {"wal_pages", as_double(counts_.wal_pages)},
          {"wal_pages_max", as_double(counts_.wal_pages_max)},
          {"gates", as_double(counts_.gates)},
          {"views_ended", as_double(pool_.views_ended())}};
}

}  // namespace stampede::stores::sqlite
