// The only writer of the file. Callers queue write sets; one thread claims up to `batch` of them,
// applies them in one transaction, commits, and answers all of them, refusals and conflicts too:
// those may rest on rows that were not committed before.
//
// A set that fails before it changed anything is skipped. One that fails later undoes the whole
// batch, which is run again with a savepoint around each set: nobody was answered yet, and no one
// else can have changed anything.
//
// submit() and run() are safe for concurrent use. The pool and the book outlive the writer; the
// destructor finishes what is queued.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/api/store.hpp"
#include "plugins/stores/sqlite/applier.hpp"
#include "plugins/stores/sqlite/connection.hpp"
#include "plugins/stores/sqlite/fence_book.hpp"
#include "plugins/stores/sqlite/reader_pool.hpp"

namespace stampede::stores::sqlite {

class Writer {
 public:
  using Job = std::function<Result<void>(Connection&)>;

  Writer(const Options& options, std::unique_ptr<Connection> connection, ReaderPool& pool,
         FenceBook& fences);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Waits for the commit. A set that is still queued at the deadline is withdrawn: kTimeout. One
  // that is claimed by then is waited for, `patience` longer: kInDoubt. One whose fences are stale
  // by then changes nothing: kLeaseLost.
  Result<Outcome> submit(std::vector<Command> commands, Deadline deadline,
                         std::chrono::nanoseconds patience, std::span<const Fence> fences = {});

  // Runs the job on the writer's thread, between two batches, and then empties the log into the
  // file. The job begins and ends its own transaction.
  Result<void> run(Job job);

  std::vector<std::pair<std::string, double>> gauges() const;

 private:
  struct Pending;
  using Batch = std::vector<std::shared_ptr<Pending>>;
  enum class Applied : std::uint8_t { kWhole, kUndo, kBroken };

  // Written by the writer's thread only, except the last two.
  struct Counts {
    std::atomic<std::int64_t> batches = 0;
    std::atomic<std::int64_t> sets = 0;
    std::atomic<std::int64_t> replays = 0;
    std::atomic<std::int64_t> gates = 0;
    std::atomic<std::int64_t> wal_pages = 0;
    std::atomic<std::int64_t> wal_pages_max = 0;
    std::atomic<std::int64_t> withdrawn = 0;
    std::atomic<std::int64_t> in_doubt = 0;
  };

  Result<void> enqueue(const std::shared_ptr<Pending>& pending);
  bool withdraw(const std::shared_ptr<Pending>& pending);
  bool claim(Batch& batch);
  void loop();
  void serve(Batch& batch);
  void commit(Batch& batch);
  bool apply_whole(Batch& batch);
  Applied apply(Batch& batch, bool with_savepoints);
  Applied apply_one(Pending& pending, bool with_savepoints);
  void keep_log_short();
  void checkpoint(int mode);
  void fail_all(Batch& batch, const Error& error);
  void roll_back();

  const std::size_t most_in_batch_;
  const std::size_t most_queued_;
  const std::int64_t checkpoint_pages_;
  const std::int64_t gate_pages_;
  const std::unique_ptr<Connection> connection_;
  ReaderPool& pool_;
  FenceBook& fences_;
  Applier applier_;
  Counts counts_;
  int cautious_batches_ = 0;  // Still to be run with savepoints at once.
  std::int64_t next_checkpoint_pages_;

  mutable std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<std::shared_ptr<Pending>> queue_;
  bool stopping_ = false;

  std::thread thread_;  // Last: it uses everything above.
};

}  // namespace stampede::stores::sqlite
