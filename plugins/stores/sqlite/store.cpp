#include "plugins/stores/sqlite/store.hpp"

#include <exception>
#include <optional>
#include <string>

#include "plugins/stores/sqlite/seed.hpp"
#include "plugins/stores/sqlite/snapshot.hpp"

namespace stampede::stores::sqlite {

SqliteStore::SqliteStore(Options options)
    : options_(std::move(options)),
      lock_(options_.path),
      writer_connection_(open_writer()),
      readers_(options_, times_),
      writer_(options_, std::move(writer_connection_), readers_) {}

std::unique_ptr<Connection> SqliteStore::open_writer() {
  // SQLite would count every allocation under one mutex of the process. Too late when something
  // else has used SQLite before; then it stays as it is.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  try {
    auto connection = std::make_unique<Connection>(options_, times_);
    prepare_schema(*connection, options_.path);
    set_indexes(*connection, options_);
    return connection;
  } catch (const SQLite::Exception& error) {
    const bool no_database = error.getErrorCode() == SQLITE_NOTADB;
    throw std::runtime_error("sqlite store '" + options_.path + "': " +
                             (no_database ? "the file is not an SQLite database" : error.what()));
  }
}

bool SqliteStore::supports(const TransactionOptions& options) const {
  return options.user != WriteForm::kLockedRead && options.product != WriteForm::kLockedRead &&
         options.coupon != WriteForm::kLockedRead && options.named_locks == nullptr;
}

Result<Outcome> SqliteStore::transact(const TransactionOptions& options, Operation& operation,
                                      Context& context) {
  if (!supports(options)) {
    return fail(ErrorCode::kInvalid, "the sqlite store has no locked reads and no named locks");
  }
  ++context.phases.attempts;
  try {
    std::vector<Command> commands;
    auto outcome = work(options, operation, context, commands);
    if (!outcome || !outcome->committed() || commands.empty()) return outcome;
    const PhaseTimer timer(context.phases, Phase::kCommit);
    return writer_.submit(std::move(commands), context.deadline, options_.in_doubt_timeout);
  } catch (const std::exception& error) {  // The plugin's edge: nothing was handed over.
    return fail(ErrorCode::kInternal, std::string("sqlite store: ") + error.what());
  }
}

// Runs the work against a snapshot that ends with it. Adds to the phases pool and store.
Result<Outcome> SqliteStore::work(const TransactionOptions& options, Operation& operation,
                                  Context& context, std::vector<Command>& commands) {
  auto lease = [&] {
    const PhaseTimer timer(context.phases, Phase::kPool);
    return readers_.lease(context.deadline);
  }();
  if (!lease) return Unexpected(std::move(lease.error()));
  const PhaseTimer timer(context.phases, Phase::kStore);
  SnapshotRows rows(*lease);
  Recorder recorder(rows, options);
  auto outcome = operation.work(recorder);
  commands = recorder.take_commands();
  return outcome;
}

Result<std::unique_ptr<ReadView>> SqliteStore::read_view(Deadline deadline) {
  return readers_.lease(deadline).map(
      [](ReaderPool::Lease&& lease) { return make_view(std::move(lease)); });
}

Result<void> SqliteStore::seed(const Seed& seed) {
  return writer_.run([&](Connection& connection) { return write_seed(connection, seed); });
}

Result<void> SqliteStore::ping(Deadline deadline) {
  {
    auto lease = readers_.lease(deadline);
    if (!lease) return Unexpected(std::move(lease.error()));
    auto read = lease->read(Query::kSchemaVersionRead, [](SQLite::Statement&) {});
    if (!read) return read;
  }
  const auto answered = writer_.submit({}, deadline, std::chrono::nanoseconds(0));
  if (!answered) return Unexpected(answered.error());
  return {};
}

StoreStats SqliteStore::stats() const {
  return {.pool = readers_.stats(), .queries = times_.stats(), .gauges = writer_.gauges()};
}

}  // namespace stampede::stores::sqlite
