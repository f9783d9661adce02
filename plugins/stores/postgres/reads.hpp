// Reading rows as entities: the shapes that transactions and read views share. Free functions over
// one connection; the caller has it.

#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "plugins/stores/postgres/connection.hpp"
#include "plugins/stores/postgres/rows.hpp"

namespace stampede::stores::postgres {

// Calls row(row) for each row.
template <typename Row>
Result<void> each(Tried<pqxx::result> result, Row row) {
  if (!result) return unexpected(std::move(result.error()));
  for (const auto& found : *result) row(found);
  return {};
}

template <typename Entity>
Result<std::optional<Entity>> first_of(Tried<pqxx::result> result,
                                       Entity (*to_entity)(const pqxx::row&)) {
  if (!result) return unexpected(std::move(result.error()));
  if (result->empty()) return std::optional<Entity>();
  return std::optional<Entity>(to_entity((*result)[0]));
}

template <typename Entity>
Result<std::vector<Entity>> all_of(Tried<pqxx::result> result,
                                   Entity (*to_entity)(const pqxx::row&)) {
  std::vector<Entity> entities;
  if (result) entities.reserve(static_cast<std::size_t>(result->size()));
  auto read = each(std::move(result), [&](const auto& row) { entities.push_back(to_entity(row)); });
  if (!read) return Unexpected(std::move(read.error()));
  return entities;
}

inline Result<std::int64_t> number_of(Tried<pqxx::result> result) {
  if (!result) return unexpected(std::move(result.error()));
  return integer((*result)[0], 0);
}

// Adds to each order its items, with one query for all.
Result<std::vector<Order>> with_items(Connection& connection, Result<std::vector<Order>> orders);

Result<std::optional<Order>> order_by_id(Connection& connection, const OrderId& id);

}  // namespace stampede::stores::postgres
