#include <fmt/format.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "experiments/audit/violations.hpp"

namespace stampede::audit {

namespace {

using Standing = Claim::Standing;

struct Row {
  std::string_view key;
  std::string name;  // For evidence.
  std::optional<OrderId> order;
};

using Keys = std::unordered_set<std::string_view>;

// acknowledged is a subset of final, and final of acknowledged or unknown. What was accepted and
// visibly failed later is not lost: `failed` has its key.
void compare(Claim::Kind kind, const std::vector<Row>& rows, const Keys& failed,
             const std::vector<Claim>& claims, Violations& violations) {
  std::unordered_map<std::string_view, const Claim*> asked;
  for (const auto& claim : claims) {
    if (claim.kind == kind) asked.emplace(claim.key, &claim);
  }
  std::unordered_map<std::string_view, const Row*> present;
  for (const auto& row : rows) {
    if (!present.emplace(row.key, &row).second) {
      violations.add(fmt::format("{} repeats the effect of key \"{}\"", row.name, row.key));
    }
    const auto found = asked.find(row.key);
    if (found == asked.end()) {
      violations.add(fmt::format("{} has key \"{}\", which nobody sent", row.name, row.key));
    } else if (found->second->standing == Standing::kRefused) {
      violations.add(fmt::format("{} exists, but key \"{}\" was refused with {}", row.name, row.key,
                                 found->second->code));
    }
  }
  for (const auto& [key, claim] : asked) {
    if (claim->standing != Standing::kAcknowledged) continue;
    const auto found = present.find(key);
    if (found == present.end()) {
      if (failed.contains(key)) continue;
      violations.add(fmt::format("key \"{}\" was acknowledged, but its effect is lost", key));
    } else if (claim->order && found->second->order != claim->order) {
      violations.add(fmt::format("key \"{}\" was acknowledged as order {}, but {} has it", key,
                                 to_string(*claim->order), found->second->name));
    }
  }
}

}  // namespace

Finding orders_exist(const Books& books) {
  Violations violations;
  std::vector<Row> orders;
  Keys failed;
  orders.reserve(books.final.orders.size());
  for (const auto& order : books.final.orders) {
    if (order.status == Order::Status::kFailed) {
      if (!order.request_key.empty()) failed.insert(order.request_key);
      continue;
    }
    orders.push_back({order.request_key, "order " + to_string(order.id), order.id});
  }
  compare(Claim::Kind::kOrder, orders, failed, books.claims, violations);
  std::vector<Row> charges;
  charges.reserve(books.final.charges.size());
  for (const auto& charge : books.final.charges) {
    charges.push_back({charge.transaction_id, "a charge", std::nullopt});
  }
  compare(Claim::Kind::kCharge, charges, {}, books.claims, violations);

  std::int64_t acknowledged = 0, unknown = 0;
  for (const auto& claim : books.claims) {
    acknowledged += claim.standing == Standing::kAcknowledged ? 1 : 0;
    unknown += claim.standing == Standing::kUnknown ? 1 : 0;
  }
  auto summary = fmt::format("{} orders and {} charges stored, {} writes acknowledged, {} unknown",
                             orders.size(), charges.size(), acknowledged, unknown);
  return std::move(violations).finding("orders", std::move(summary));
}

}  // namespace stampede::audit
