// A fixed number of connections that read snapshots. Whoever needs one leases it; when none is
// free, callers wait in the order in which they came. The writer may hold new leases back and end
// the snapshots of old ones, so that the write-ahead log can start again; a lease whose snapshot
// was ended answers kConflict to every further read.
//
// Safe for concurrent use; a Lease belongs to one thread and ends before the pool.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/api/store.hpp"
#include "plugins/stores/sqlite/connection.hpp"

namespace stampede::stores::sqlite {

class ReaderPool {
  struct Reader;

 public:
  // Opens the connections; throws SQLite::Exception.
  ReaderPool(const Options& options, QueryTimes& times);
  ~ReaderPool();
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // One snapshot, from its first read to the lease's end.
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : pool_(other.pool_), reader_(std::exchange(other.reader_, nullptr)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (reader_ != nullptr) pool_.give_back(*reader_);
    }

    // Calls row(statement) for each row.
    template <typename Row, typename... Parameters>
    Result<void> read(Query query, Row row, const Parameters&... parameters) {
      const std::lock_guard guard(reader_->mutex);
      if (!reader_->in_view) return ended();
      try {
        const int code = reader_->connection.run(query, row, parameters...);
        if (code == SQLITE_DONE) return {};
        return failed(code, query);
      } catch (const SQLite::Exception& error) {
        return failed(error.getExtendedErrorCode(), query);
      }
    }

   private:
    friend class ReaderPool;
    Lease(ReaderPool& pool, Reader& reader) : pool_(pool), reader_(&reader) {}
    static Unexpected ended();
    Unexpected failed(int code, Query query) const;

    ReaderPool& pool_;
    Reader* reader_;
  };

  // Waits until the deadline: kPoolTimeout.
  Result<Lease> lease(Deadline deadline);

  // Runs the action while no snapshot is open and none is begun: ends those older than the
  // option view_age, gives the others as long to end by themselves, then ends them too.
  template <typename Action>
  void without_views(Action action) {
    close_gate();
    action();
    open_gate();
  }

  PoolStats stats() const;
  std::int64_t views_ended() const;

 private:
  struct Reader {
    Reader(const Options& options, QueryTimes& times) : connection(options, times) {}
    bool begin() { return end() && set_view(Query::kBeginRead, true); }
    bool end() { return set_view(Query::kEndRead, false); }
    bool set_view(Query query, bool on);

    Connection connection;
    Clock::time_point since;  // When it was leased; guarded by the pool's mutex.
    std::mutex mutex;         // For one statement, so that a snapshot can be ended between two.
    bool in_view = false;     // Leased, and its snapshot was not ended.
  };
  struct Waiter {
    std::condition_variable granted;
    Reader* reader = nullptr;
  };

  void give_back(Reader& reader);
  void hand_out(Reader& reader);
  void serve_waiters();
  void close_gate();
  void open_gate();
  void end_views(Clock::time_point older_than);

  const std::chrono::nanoseconds view_age_;
  std::vector<std::unique_ptr<Reader>> readers_;
  mutable std::mutex mutex_;  // Taken before any reader's.
  std::vector<Reader*> idle_;
  std::deque<Waiter*> waiters_;
  std::condition_variable views_ended_;
  std::size_t open_views_ = 0;
  bool gate_closed_ = false;
  std::int64_t timeouts_ = 0;
  std::int64_t ended_ = 0;
};

}  // namespace stampede::stores::sqlite
