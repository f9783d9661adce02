#include "plugins/stores/postgres/seed.hpp"

#include <pqxx/stream_to>
#include <string>
#include <tuple>
#include <vector>

#include "plugins/stores/postgres/reads.hpp"
#include "plugins/stores/seed_rows.hpp"

namespace stampede::stores::postgres {

namespace {

using Stream = pqxx::stream_to;

class SeedWriter {
 public:
  SeedWriter(Connection& connection, const Seed& seed) : connection_(connection), seed_(seed) {}

  Result<void> write() {
    return script(Query::kBeginReadCommitted)
        .and_then([&] { return script(Query::kSeedLock); })
        .and_then([&] { return refuse_unless_empty(); })
        .and_then([&] { return copy_products(); })
        .and_then([&] { return copy_wallets(); })
        .and_then([&] { return copy_carts(); })
        .and_then([&] { return copy_coupons(); })
        .and_then([&] { return script(Query::kCommit); });
  }

 private:
  static Result<void> result_of(Tried<void> tried) {
    if (!tried) return unexpected(std::move(tried.error()));
    return {};
  }
  Result<void> script(Query query) { return result_of(connection_.script(query)); }

  Result<void> refuse_unless_empty() {
    bool stored = false;
    auto read = each(connection_.run(Query::kAnythingStored),
                     [&](const auto& row) { stored = text(row, 0) == "t"; });
    if (read && stored) return fail(ErrorCode::kInvalid, "seed: the postgres store is not empty");
    return read;
  }

  // Nothing is done for a table without rows: statistics that say so would be believed for long.
  template <typename Write>
  Result<void> copy(bool any, const char* table, const std::vector<std::string>& columns,
                    Query analyze, Write write) {
    if (!any) return {};
    return result_of(connection_.copy(table, columns, write)).and_then([&] {
      return script(analyze);
    });
  }

  Result<void> copy_products() {
    return copy(seed_.products > 0, "products", {"id", "name", "price", "stock", "version"},
                Query::kAnalyzeProducts, [&](Stream& stream) {
                  for (std::int64_t n = 1; n <= seed_.products; ++n) {
                    const auto row = seed_product(seed_, n);
                    stream << std::tuple(n, row.name, row.price.minor, row.stock, 0);
                  }
                });
  }

  Result<void> copy_wallets() {
    const auto balance = seed_.balance.minor;
    return copy(seed_.users > 0, "wallets", {"user_id", "balance", "version"},
                Query::kAnalyzeWallets, [&](Stream& stream) {
                  for (std::int64_t n = 1; n <= seed_.users; ++n) {
                    stream << std::tuple(n, balance, 0);
                  }
                });
  }

  // A cart is numbered as its user.
  Result<void> copy_carts() {
    if (seed_.cart_lines == 0 || seed_.users == 0) return {};
    return copy(true, "carts", {"id", "user_id"}, Query::kAnalyzeCarts,
                [&](Stream& stream) {
                  for (std::int64_t user = 1; user <= seed_.users; ++user) {
                    stream << std::tuple(user, user);
                  }
                })
        .and_then([&] {
          return each(connection_.run(Query::kCartIdsFollow, seed_.users), [](const auto&) {});
        })
        .and_then([&] {
          return copy(true, "cart_items", {"cart_id", "product_id", "quantity"},
                      Query::kAnalyzeCartItems, [&](Stream& stream) { put_cart_items(stream); });
        });
  }

  void put_cart_items(Stream& stream) const {
    for (std::int64_t user = 1; user <= seed_.users; ++user) {
      for (std::int64_t line = 0; line < seed_.cart_lines; ++line) {
        const auto row = seed_cart_line(seed_, user, line);
        stream << std::tuple(user, value_of(row.product), row.quantity);
      }
    }
  }

  Result<void> copy_coupons() {
    std::int64_t held = 0;
    for (const auto& coupon : seed_.coupons) held += coupon.held_by;
    return copy(!seed_.coupons.empty(), "coupons",
                {"id", "discount_kind", "discount_value", "total", "issued", "valid_from",
                 "valid_until", "version"},
                Query::kAnalyzeCoupons, [&](Stream& stream) { put_coupons(stream); })
        .and_then([&] {
          return copy(held > 0, "user_coupons",
                      {"user_id", "coupon_id", "status", "issued_at", "request_key", "version"},
                      Query::kAnalyzeUserCoupons,
                      [&](Stream& stream) { put_user_coupons(stream); });
        });
  }

  void put_coupons(Stream& stream) const {
    for (std::int64_t n = 1; n <= std::ssize(seed_.coupons); ++n) {
      const auto row = seed_coupon(seed_, n);
      stream << std::tuple(n, static_cast<int>(row.discount.kind), row.discount.value, row.total,
                           row.issued, stored(row.valid_from), stored(row.valid_until), 0);
    }
  }

  void put_user_coupons(Stream& stream) const {
    for (std::int64_t n = 1; n <= std::ssize(seed_.coupons); ++n) {
      for (std::int64_t user = 1; user <= seed_coupon(seed_, n).issued; ++user) {
        const auto row = seed_user_coupon(seed_, n, user);
        stream << std::tuple(user, n, static_cast<int>(row.status), stored(row.issued_at),
                             row.request_key, row.version);
      }
    }
  }

  Connection& connection_;
  const Seed& seed_;
};

}  // namespace

Result<void> write_seed(Connection& connection, const Seed& seed) {
  if (auto checked = check(seed); !checked) return checked;
  auto written = SeedWriter(connection, seed).write();
  if (!written && !connection.script(Query::kRollback)) connection.break_off();
  return written;
}

}  // namespace stampede::stores::postgres
