// The limit of the PostgreSQL store: one connection that runs the store's own statements through
// libpqxx, with the same checks, and nobody to answer. What the store and a strategy add to it is a
// pool, queues, and the answers.
//
// Used by one thread. What fails ends the process.

#pragma once

#include <pqxx/pqxx>
#include <string>

#include "plugins/stores/postgres/parameters.hpp"
#include "plugins/stores/postgres/queries.hpp"
#include "tests/benchmarks/plain_order.hpp"

namespace stampede::benchmarks {

class RawPostgres {
 public:
  // The schema was made and filled by the store.
  RawPostgres(const std::string& url, const std::string& schema);

  // One call that places `count` orders, each of its own user, for one unit of the product.
  void place_batch(OrderMaker& maker, int count, std::int64_t first_user, ProductId product);

  // What `atomic` sends for one order: its reads, then its writes, which commit by themselves.
  void place_order(OrderMaker& maker, UserId user, ProductId product);

 private:
  using Query = stores::postgres::Query;

  pqxx::result run(Query query, const stores::postgres::Parameters& parameters);

  pqxx::connection connection_;
  pqxx::nontransaction statements_;
};

}  // namespace stampede::benchmarks
