#include "plugins/stores/postgres/schema.hpp"

#include <set>
#include <string>

#include "plugins/stores/postgres/reads.hpp"

namespace stampede::stores::postgres {

namespace {

class Preparation {
 public:
  Preparation(Connection& connection, const Options& options)
      : connection_(connection), options_(options) {}

  Result<void> prepare(std::span<const NamedText> migrations) {
    return script(Query::kBeginReadCommitted)
        .and_then([&] { return lock(); })
        .and_then([&] { return create(); })
        .and_then([&] { return migrate(migrations); })
        .and_then([&] { return set_indexes(); })
        .and_then([&] { return script(Query::kCommit); });
  }

 private:
  Unexpected refuse(ErrorCode code, const std::string& why) const {
    return fail(code, "postgres: schema '" + options_.schema + "': " + why);
  }

  Result<void> script(Query query) { return script(Connection::text_of(query), ""); }
  Result<void> script(const char* text, const std::string& what) {
    if (auto done = connection_.script(text); !done) {
      return refuse(done.error().error.code, what + done.error().error.message);
    }
    return {};
  }

  Result<void> lock() {
    return each(connection_.run(Query::kSchemaLock, options_.schema), [](const auto&) {});
  }

  // An empty schema, or one that is missing, is taken; any other must be the store's own.
  Result<void> create() {
    auto exists = number_of(connection_.run(Query::kSchemaExists, options_.schema));
    if (!exists) return Unexpected(std::move(exists.error()));
    if (*exists == 0) {
      if (auto created = script(Query::kSchemaCreate); !created) return created;
    }
    std::int64_t tables = 0;
    std::int64_t versioned = 0;
    auto counted =
        each(connection_.run(Query::kSchemaTables, options_.schema), [&](const auto& row) {
          tables = integer(row, 0);
          versioned = integer(row, 1);
        });
    if (!counted) return counted;
    if (tables == 0) return script(Query::kSchemaVersionCreate);
    if (versioned == 0) {
      return refuse(ErrorCode::kInvalid,
                    "it belongs to another program (it has no table schema_version); name another "
                    "one with the option 'schema'");
    }
    return {};
  }

  Result<void> migrate(std::span<const NamedText> migrations) {
    auto version = number_of(connection_.run(Query::kSchemaVersionRead));
    if (!version) return Unexpected(std::move(version.error()));
    const auto newest = std::ssize(migrations);
    if (*version > newest) {
      return refuse(ErrorCode::kInvalid, "it has version " + std::to_string(*version) +
                                             ", this program knows versions up to " +
                                             std::to_string(newest) +
                                             "; use a newer program, or another schema");
    }
    for (auto at = *version; at < newest; ++at) {
      const auto& migration = migrations[static_cast<std::size_t>(at)];
      const auto what = std::string("migration ") + migration.name + " failed: ";
      if (auto done = script(migration.text, what); !done) return done;
    }
    if (*version == newest) return {};
    return each(connection_.run(Query::kSchemaVersionWrite, newest), [](const auto&) {});
  }

  // Looks first: creating an index that exists would wait for everybody who writes.
  Result<void> set_indexes() {
    std::set<std::string> names;
    auto read = each(connection_.run(Query::kIndexNames, options_.schema),
                     [&](const auto& row) { names.insert(text(row, 0)); });
    if (!read) return read;
    const auto set = [&](const char* name, bool wanted, Query create, Query drop) {
      if (!read || names.contains(name) == wanted) return;
      read =
          script(Connection::text_of(wanted ? create : drop), std::string("index ") + name + ": ");
    };
    set("cart_items_cart_id", options_.index_cart_items_cart_id, Query::kIndexCartItemsCartIdCreate,
        Query::kIndexCartItemsCartIdDrop);
    set("user_coupons_user_coupon", options_.index_user_coupons_user_coupon,
        Query::kIndexUserCouponsUserCouponCreate, Query::kIndexUserCouponsUserCouponDrop);
    set("orders_user_created", options_.index_orders_user_created,
        Query::kIndexOrdersUserCreatedCreate, Query::kIndexOrdersUserCreatedDrop);
    set("orders_status_created", options_.index_orders_status_created,
        Query::kIndexOrdersStatusCreatedCreate, Query::kIndexOrdersStatusCreatedDrop);
    set("order_items_product", options_.index_order_items_product,
        Query::kIndexOrderItemsProductCreate, Query::kIndexOrderItemsProductDrop);
    set("order_items_popular", options_.index_popular_covering,
        Query::kIndexOrderItemsPopularCreate, Query::kIndexOrderItemsPopularDrop);
    set("orders_popular", options_.index_popular_covering, Query::kIndexOrdersPopularCreate,
        Query::kIndexOrdersPopularDrop);
    return read;
  }

  Connection& connection_;
  const Options& options_;
};

}  // namespace

Result<void> prepare_schema(Connection& connection, const Options& options,
                            std::span<const NamedText> migrations) {
  auto prepared = Preparation(connection, options).prepare(migrations);
  if (!prepared && !connection.script(Query::kRollback)) connection.break_off();
  return prepared;
}

}  // namespace stampede::stores::postgres
