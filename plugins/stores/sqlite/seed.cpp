#include "plugins/stores/sqlite/seed.hpp"

#include <optional>

#include "plugins/stores/seed_rows.hpp"
#include "plugins/stores/sqlite/rows.hpp"

namespace stampede::stores::sqlite {

namespace {

// Writes rows until the first failure, which it keeps.
class SeedWriter {
 public:
  SeedWriter(Connection& connection, const Seed& seed) : connection_(connection), seed_(seed) {}

  Result<void> write() {
    write(Query::kBeginWrite);
    refuse_unless_empty();
    for (std::int64_t n = 1; result_ && n <= seed_.products; ++n) add_product(n);
    for (std::int64_t user = 1; result_ && user <= seed_.users; ++user) add_user(user);
    for (std::int64_t n = 1; result_ && n <= std::ssize(seed_.coupons); ++n) add_coupon(n);
    write(Query::kCommit);
    if (!result_ && connection_.in_transaction()) connection_.write(Query::kRollback);
    return std::move(result_);
  }

 private:
  template <typename... Parameters>
  void write(Query query, const Parameters&... parameters) {
    if (!result_) return;
    const int code = connection_.write(query, parameters...);
    if (code != SQLITE_DONE) result_ = Unexpected(connection_.error(code, query));
  }

  void refuse_unless_empty() {
    if (!result_) return;
    bool stored = false;
    const int code = connection_.run(
        Query::kAnythingStored, [&](SQLite::Statement& row) { stored = integer(row, 0) != 0; });
    if (code != SQLITE_DONE) result_ = Unexpected(connection_.error(code, Query::kAnythingStored));
    if (stored) result_ = fail(ErrorCode::kInvalid, "seed: the sqlite store is not empty");
  }

  void add_product(std::int64_t number) {
    const auto row = seed_product(seed_, number);
    write(Query::kProductInsert, number, row.name, row.price.minor, row.stock);
  }

  void add_user(std::int64_t user) {
    write(Query::kWalletInsert, user, seed_.balance.minor);
    if (seed_.cart_lines == 0) return;
    write(Query::kCartInsert, user);
    const auto cart = connection_.last_row_id();
    for (std::int64_t line = 0; line < seed_.cart_lines; ++line) {
      const auto row = seed_cart_line(seed_, user, line);
      write(Query::kCartItemInsert, cart, value_of(row.product), row.quantity);
    }
  }

  void add_coupon(std::int64_t number) {
    const auto row = seed_coupon(seed_, number);
    write(Query::kCouponInsert, number, static_cast<std::int64_t>(row.discount.kind),
          row.discount.value, row.total, row.issued, stored(row.valid_from),
          stored(row.valid_until));
    for (std::int64_t user = 1; result_ && user <= row.issued; ++user) {
      const auto held = seed_user_coupon(seed_, number, user);
      write(Query::kUserCouponInsert, user, number, static_cast<std::int64_t>(held.status),
            stored(held.issued_at), held.request_key, std::optional<OrderId>(), held.version);
    }
  }

  Connection& connection_;
  const Seed& seed_;
  Result<void> result_;
};

}  // namespace

Result<void> write_seed(Connection& connection, const Seed& seed) {
  if (auto checked = check(seed); !checked) return checked;
  return SeedWriter(connection, seed).write();
}

}  // namespace stampede::stores::sqlite
