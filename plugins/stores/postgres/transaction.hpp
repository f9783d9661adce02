// One run of an operation's work on one connection. Reads go to the server at once, writes are
// collected and applied by one call at the end, which commits by itself. Only where something must
// be held from the reads to the writes (a locked read, a named lock, a stricter isolation) is the
// whole wrapped in BEGIN and COMMIT.
//
// Belongs to one thread and one run; what is passed in outlives it.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/stores/postgres/connection.hpp"
#include "plugins/stores/postgres/options.hpp"
#include "plugins/stores/postgres/reads.hpp"
#include "plugins/stores/write_set.hpp"

namespace stampede::stores::postgres {

class TransactionRun final : public RowReader {
 public:
  TransactionRun(Connection& connection, const Options& store, const TransactionOptions& options,
                 Context& context);
  // Rolls back what was not committed.
  ~TransactionRun() override;
  TransactionRun(const TransactionRun&) = delete;
  TransactionRun& operator=(const TransactionRun&) = delete;

  // Runs the work and commits what it wrote, if it says so.
  Result<Outcome> execute(Operation& operation);

  Result<std::optional<Product>> product(ProductId id) override;
  Result<std::optional<Wallet>> wallet(UserId user) override;
  Result<std::optional<Coupon>> coupon(CouponId id) override;
  Result<std::optional<UserCoupon>> user_coupon(UserId user, CouponId coupon) override;
  Result<std::vector<CartLine>> cart(UserId user) override;
  Result<std::optional<Order>> order(const OrderId& id) override;
  Result<std::optional<Charge>> charge(std::string_view transaction_id) override;
  Result<std::optional<RequestRecord>> request(std::string_view key) override;
  Result<std::optional<SagaStep>> saga_step(std::string_view key) override;
  Result<std::optional<RelayCursor>> relay_cursor() override;
  Result<bool> received(std::string_view event) override;

 private:
  // What an order reads, read ahead.
  struct Ahead {
    UserId user{};
    std::optional<Wallet> wallet;
    std::string key;
    std::optional<RequestRecord> record;
    std::vector<ProductId> asked;
    std::vector<Product> products;
  };

  Result<void> begin();
  Result<void> lock_names();
  Result<void> read_ahead(Operation& operation);
  Result<Outcome> commit(std::vector<Command> commands);
  Result<Outcome> apply(std::vector<Command> commands);
  void roll_back();

  // Runs a read and adds its time to the phase; remembers a failure.
  template <typename Read>
  auto timed(Phase phase, Read read);
  std::string time_left() const;

  Connection& connection_;
  const Options& store_;
  const TransactionOptions& options_;
  Context& context_;
  const bool in_block_;
  bool begun_ = false;
  std::optional<Ahead> ahead_;
  std::optional<Error> failed_;  // The first read that failed.
};

}  // namespace stampede::stores::postgres
