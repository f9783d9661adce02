#include "tests/benchmarks/raw_postgres.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include "plugins/stores/postgres/rows.hpp"
#include "plugins/stores/postgres/write_parameters.hpp"
#include "plugins/stores/write_set.hpp"
#include "tests/benchmarks/sale.hpp"

namespace stampede::benchmarks {

namespace {

using stores::postgres::Array;
using stores::postgres::Parameters;

constexpr std::int64_t kPatienceMs = 30'000;

const stores::postgres::NamedText& named(stores::postgres::Query query) {
  return stores::postgres::kQueries[static_cast<std::size_t>(query)];
}

}  // namespace

RawPostgres::RawPostgres(const std::string& url, const std::string& schema)
    : connection_(url), statements_(connection_) {
  connection_.set_variable("search_path", schema);
  for (const auto query : {Query::kPlaceOrders, Query::kOrderRows, Query::kApplyWrites}) {
    connection_.prepare(named(query).name, named(query).text);
  }
}

pqxx::result RawPostgres::run(Query query, const Parameters& parameters) {
  return statements_.exec_prepared(named(query).name,
                                   pqxx::prepare::make_dynamic_params(parameters.pointers()));
}

void RawPostgres::place_batch(OrderMaker& maker, int count, std::int64_t first_user,
                              ProductId product) {
  Array ids, users, keys, fingerprints, times, paid, events, correlations;
  Array owners, positions, products, quantities;
  for (int i = 1; i <= count; ++i) {
    const auto made = maker.draw();
    ids.add(made.order);
    users.add((first_user + i) % kUsers + 1);
    keys.add(std::string_view(to_string(made.event)));
    fingerprints.add(std::int64_t{1});
    times.add(stores::postgres::stored(made.now));
    paid.add(std::optional<std::int64_t>());
    events.add(std::string_view(to_string(made.event)));
    correlations.add(std::string_view());
    owners.add(std::int64_t{i});
    positions.add(std::int64_t{0});
    products.add(value_of(product));
    quantities.add(std::int64_t{1});
  }
  const Array none;
  const auto placed =
      run(Query::kPlaceOrders,
          Parameters(kPatienceMs, none, none, none, ids, users, keys, fingerprints, times, paid,
                     events, correlations, owners, positions, products, quantities));
  const std::string outcomes = placed[0][0].c_str();
  if (outcomes.find_first_not_of("{0,}") != std::string::npos) {
    give_up("the raw batch refused an order: " + outcomes);
  }
}

void RawPostgres::place_order(OrderMaker& maker, UserId user, ProductId product) {
  const auto ids = maker.draw();
  const auto key = to_string(ids.event);
  Array wanted;
  wanted.add(value_of(product));
  const auto rows = run(Query::kOrderRows, Parameters(value_of(user), key, wanted));
  const auto balance = rows[0][0].as<std::int64_t>();
  const Money price{rows[0][7].as<std::int64_t>()};
  const auto stock = rows[0][8].as<std::int64_t>();
  if (!rows[0][2].is_null() || balance < price.minor || stock < 1) give_up("the sale has run out");

  using stores::CounterWrite;
  auto made = OrderMaker::make(ids, user, product, price);
  made.order.request_key = key;
  const auto take = [](CounterWrite::Kind kind, std::int64_t id, std::int64_t by,
                       std::int64_t left) {
    return CounterWrite{
        .kind = kind, .id = id, .change = -by, .result = left, .form = WriteForm::kAtomic};
  };
  std::vector<stores::Command> commands;
  commands.emplace_back(take(CounterWrite::Kind::kStock, value_of(product), 1, stock - 1));
  commands.emplace_back(
      take(CounterWrite::Kind::kBalance, value_of(user), price.minor, balance - price.minor));
  commands.emplace_back(stores::RecordRequest{{.key = key,
                                               .fingerprint = 1,
                                               .kind = RequestRecord::Kind::kOrder,
                                               .entity = to_string(ids.order)}});
  commands.emplace_back(stores::AddOrder{std::move(made.order)});
  commands.emplace_back(stores::Emit{std::move(made.event)});
  Phases phases;
  const Context context{Clock::now() + std::chrono::seconds(30), phases};
  run(Query::kApplyWrites,
      must(stores::postgres::write_parameters(std::move(commands), {}, context)));
}

}  // namespace stampede::benchmarks
