// The SQLite store: one file, one process. Work runs on the caller's thread against a snapshot,
// its writes are collected as commands, and one writer thread applies them, many callers' sets in
// one commit. The snapshot ends before the set is queued, so that nobody who waits for the writer
// pins the write-ahead log.
//
// Safe for concurrent use.

#pragma once

#include "core/api/store.hpp"
#include "plugins/stores/sqlite/options.hpp"
#include "plugins/stores/sqlite/reader_pool.hpp"
#include "plugins/stores/sqlite/schema.hpp"
#include "plugins/stores/sqlite/writer.hpp"

namespace stampede::stores::sqlite {

class SqliteStore final : public Store {
 public:
  // Throws std::exception when the file cannot be used.
  explicit SqliteStore(const PluginConfig& config) : SqliteStore(Options(config)) {}
  explicit SqliteStore(Options options);

  Sharing sharing() const override { return Sharing::kProcess; }
  bool supports(const TransactionOptions& options) const override;
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override;
  Result<std::unique_ptr<ReadView>> read_view(Deadline deadline) override;
  Result<void> seed(const Seed& seed) override;
  Result<void> ping(Deadline deadline) override;
  StoreStats stats() const override;

 private:
  std::unique_ptr<Connection> open_writer();
  Result<Outcome> work(const TransactionOptions& options, Operation& operation, Context& context,
                       std::vector<Command>& commands);

  const Options options_;
  const FileLock lock_;
  QueryTimes times_{kQueries};
  std::unique_ptr<Connection> writer_connection_;  // Until the writer has it.
  ReaderPool readers_;
  Writer writer_;
};

}  // namespace stampede::stores::sqlite
