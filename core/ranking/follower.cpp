#include "core/ranking/follower.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace stampede::ranking {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto kRoundPatience = 30s;
constexpr std::int64_t kPage = 1'000;
constexpr std::string_view kTopic = "ORDER_COMPLETED";

// When the event was made, by its id, which begins with the time (UUID version 7).
std::optional<TimePoint> time_in(const std::string& id) {
  const auto parsed = parse_order_id(id);
  if (!parsed || parsed->bytes[6] >> 4U != 7) return std::nullopt;
  std::int64_t milliseconds = 0;
  for (unsigned i = 0; i < 6; ++i) milliseconds = milliseconds << 8U | parsed->bytes[i];
  return TimePoint(std::chrono::milliseconds(milliseconds));
}

// What the event says itself, where it does.
std::optional<TimePoint> time_of(const json& payload, const Event& event) {
  const auto created = payload.find("createdAt");
  if (created == payload.end() || !created->is_number_integer()) return time_in(event.id);
  return TimePoint(std::chrono::microseconds(created->get<std::int64_t>()));
}

}  // namespace

std::vector<Sale> sales_of(const Event& event) {
  std::vector<Sale> sales;
  if (event.topic != kTopic) return sales;
  const auto payload = json::parse(event.payload, nullptr, false);
  if (!payload.is_object() || !payload.contains("items")) return sales;
  const auto at = time_of(payload, event);
  if (!at) return sales;
  for (const auto& item : payload.at("items")) {
    const auto product = item.is_object() ? item.find("productId") : item.end();
    const auto quantity = item.is_object() ? item.find("quantity") : item.end();
    const bool whole = product != item.end() && quantity != item.end() &&
                       product->is_number_integer() && quantity->is_number_integer();
    if (!whole) continue;
    sales.push_back({ProductId{product->get<std::int64_t>()}, quantity->get<std::int64_t>(), *at});
  }
  return sales;
}

Follower::Follower(Parts parts)
    : parts_(parts),
      rounds_(
          [this] {
            if (const auto done = round(); !done) log_fault("ranking_round_failed", done.error());
          },
          parts.interval) {}

void Follower::log_fault(std::string_view what, const Error& error) {
  parts_.log.event(telemetry::LogLevel::kWarn, what,
                   {{"code", to_string(error.code)}, {"message", error.message}});
}

Result<void> Follower::round() {
  const auto deadline = Clock::now() + kRoundPatience;
  for (;;) {
    const auto more = step(deadline);
    if (!more) {
      // Another has made the step: the next one begins where that one ended.
      if (more.error().code == ErrorCode::kConflict && Clock::now() < deadline) continue;
      return Unexpected(more.error());
    }
    if (!*more) return {};
    if (!rounds_.pause(0ns)) return {};  // It is to stop.
  }
}

Result<bool> Follower::step(Deadline deadline) {
  const auto position = parts_.ranking.position(deadline);
  if (!position) return Unexpected(position.error());
  auto view = parts_.store.read_view(deadline);
  if (!view) return Unexpected(view.error());
  const auto rows = (*view)->outbox_after(position->at.value_or(0), kPage);
  if (!rows) return Unexpected(rows.error());
  view->reset();
  if (rows->empty() && position->at && position->complete) return false;
  std::vector<Sale> sales;
  for (const auto& row : *rows) {
    for (const auto& sale : sales_of(row.event)) sales.push_back(sale);
  }
  const bool is_last = std::ssize(*rows) < kPage;
  auto added =
      parts_.ranking.add({.from = position->at,
                          .to = rows->empty() ? position->at.value_or(0) : rows->back().sequence,
                          .sales = sales,
                          .complete = is_last},
                         deadline);
  if (!added) return Unexpected(std::move(added.error()));
  return !is_last;
}

std::optional<std::vector<RankedProduct>> Follower::best(TimePoint since, std::int64_t limit,
                                                         Deadline deadline) {
  auto best = parts_.ranking.best(since, limit, deadline);
  if (best) return *std::move(best);
  log_fault("ranking_not_asked", best.error());
  return std::nullopt;
}

}  // namespace stampede::ranking
