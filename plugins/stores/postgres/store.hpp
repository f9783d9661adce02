// The PostgreSQL store: one schema of one database, shared by any number of instances. Work runs on
// the caller's thread and on one connection of a pool; see transaction.hpp for how it is committed.
//
// Nothing is connected before it is needed: a store can be asked what it supports without a server,
// answers kUnavailable while there is none, and works again as soon as there is one.
//
// Safe for concurrent use.

#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "core/api/store.hpp"
#include "plugins/stores/postgres/connection.hpp"
#include "plugins/stores/postgres/options.hpp"
#include "plugins/stores/postgres/pool.hpp"

namespace stampede::stores::postgres {

class PostgresStore final : public Store, public BatchStore, public FenceStore {
 public:
  // Throws std::runtime_error for a url that is not one and a schema that is not a name.
  explicit PostgresStore(const PluginConfig& config) : PostgresStore(Options(config)) {}
  explicit PostgresStore(const Options& options);

  Sharing sharing() const override { return Sharing::kNetwork; }
  // Without the unique index on coupons, only forms that come with a lock of the user.
  bool supports(const TransactionOptions& options) const override;
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override;
  Result<std::unique_ptr<ReadView>> read_view(Deadline deadline) override;
  Result<void> seed(const Seed& seed) override;
  Result<void> ping(Deadline deadline) override;
  StoreStats stats() const override;
  BatchStore* batches() override { return this; }
  FenceStore* fences() override { return this; }

  std::size_t most() const override;
  std::vector<Result<Outcome>> place(std::span<Placement* const> placements,
                                     Context& context) override;
  Result<std::vector<Fence>> issue(std::span<const Resource> resources, Context& context) override;

 private:
  using Lease = Pool<Connection>::Lease;

  Result<std::unique_ptr<Connection>> open();
  // A connection to a schema that is ready.
  Result<Lease> borrow(Deadline deadline);
  Result<Lease> borrow(Context& context);
  Result<void> prepare(Connection& connection, Deadline deadline);
  void warm_up(Deadline deadline);
  // Runs the action, and turns what it throws into an error that names it.
  template <typename Action>
  auto guarded(const char* what, Action action) -> decltype(action());

  const Options options_;
  const std::string connection_string_;
  QueryTimes times_;
  Pool<Connection> pool_;
  std::mutex preparing_mutex_;
  std::condition_variable preparing_ended_;
  bool preparing_ = false;
  std::atomic<bool> prepared_ = false;  // Set under the mutex, once.
};

}  // namespace stampede::stores::postgres
