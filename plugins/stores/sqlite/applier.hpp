// Applies the commands of a write set to the writer's connection, inside the transaction that the
// writer has begun. Belongs to the writer's thread.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/api/store.hpp"
#include "plugins/stores/sqlite/connection.hpp"
#include "plugins/stores/write_set.hpp"

namespace stampede::stores::sqlite {

class Applier {
 public:
  explicit Applier(Connection& connection) : connection_(connection) {}

  // Stops at the first command that is refused, conflicts or fails. What the commands before it
  // changed stays changed: the caller undoes it.
  Result<Outcome> apply(const std::vector<Command>& commands);

 private:
  Result<Outcome> apply(const CounterWrite& write);
  Result<Outcome> apply(const UseCoupon& use);
  Result<Outcome> apply(const GrantCoupon& grant);
  Result<Outcome> apply(const AddCharge& add);
  Result<Outcome> apply(const RecordRequest& request);
  Result<Outcome> apply(const AddOrder& add);
  Result<Outcome> apply(const AddToCart& add);
  Result<Outcome> apply(const ClearCart& clear);
  Result<Outcome> apply(const Emit& emit);
  Result<Outcome> apply(const FinishOrder& finish);
  Result<Outcome> apply(const ReceiveEvent& receive);
  Result<Outcome> apply(const PutSagaStep& put);
  Result<Outcome> apply(const PutRelayCursor& put);

  // write_or() answers otherwise() when no row was changed; insert_new() refuses with `taken` when
  // the key exists.
  template <typename... Parameters>
  Result<Outcome> write(Query query, const Parameters&... parameters);
  template <typename Otherwise, typename... Parameters>
  Result<Outcome> write_or(Otherwise otherwise, Query query, const Parameters&... parameters);
  template <typename... Parameters>
  Result<Outcome> insert_new(RefusalCode taken, Query query, const Parameters&... parameters);
  Result<Outcome> known_or(const Result<Outcome>& refused, std::span<const Command> rest);
  template <typename Key>
  Result<bool> exists(Query query, const Key& key);

  Connection& connection_;
};

}  // namespace stampede::stores::sqlite
