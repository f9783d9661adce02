#include "plugins/stores/postgres/store.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string_view>

#include "plugins/stores/postgres/batch.hpp"
#include "plugins/stores/postgres/schema.hpp"
#include "plugins/stores/postgres/seed.hpp"
#include "plugins/stores/postgres/transaction.hpp"
#include "plugins/stores/postgres/view.hpp"
#include "plugins/stores/postgres/write_parameters.hpp"

namespace stampede::stores::postgres {

namespace {

constexpr std::size_t kLongestName = 63;

// Far enough away to migrate and to copy a seed.
constexpr std::chrono::minutes kSeedPatience{10};

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && text.size() <= kLongestName && is_letter(text.front()) &&
         !text.starts_with("pg_") &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

const Options& checked(const Options& options) {
  if (options.pool.min > options.pool.max) {
    throw std::runtime_error("option 'pool.min': expected at most pool.max (" +
                             std::to_string(options.pool.max) + "), not " +
                             std::to_string(options.pool.min));
  }
  if (is_name(options.schema)) return options;
  throw std::runtime_error(
      "option 'schema': expected up to 63 of a-z, 0-9 and _ that begin with "
      "neither a digit nor pg_, not '" +
      options.schema + "'");
}

std::string checked_connection_string(const std::string& url) {
  auto text = connection_string(url);
  if (!text) throw std::runtime_error(text.error().message);
  return *std::move(text);
}

Unexpected thrown(const char* what, const std::exception& error) {
  return fail(ErrorCode::kInternal, std::string("postgres store: ") + what + ": " + error.what());
}

}  // namespace

PostgresStore::PostgresStore(const Options& options)
    : options_(checked(options)),
      connection_string_(checked_connection_string(options_.url)),
      times_(kQueries),
      pool_(options_.pool, [this] { return open(); }) {}

Result<std::unique_ptr<Connection>> PostgresStore::open() {
  if (options_.url.empty()) {
    return fail(ErrorCode::kUnavailable,
                "the postgres store has no server: set store.url, for example "
                "postgresql://user@localhost:5432/shop");
  }
  return Connection::open(connection_string_, options_, times_);
}

template <typename Action>
auto PostgresStore::guarded(const char* what, Action action) -> decltype(action()) {
  try {
    return action();
  } catch (const std::exception& error) {  // The plugin's edge.
    return thrown(what, error);
  }
}

Result<PostgresStore::Lease> PostgresStore::borrow(Deadline deadline) {
  auto lease = pool_.borrow(deadline);
  if (!lease || prepared_) return lease;
  if (auto ready = prepare(**lease, deadline); !ready) return Unexpected(std::move(ready.error()));
  return lease;
}

Result<PostgresStore::Lease> PostgresStore::borrow(Context& context) {
  const PhaseTimer timer(context.phases, Phase::kPool);
  return borrow(context.deadline);
}

// The first caller to get here migrates; whoever comes meanwhile waits for that.
Result<void> PostgresStore::prepare(Connection& connection, Deadline deadline) {
  {
    std::unique_lock lock(preparing_mutex_);
    if (!preparing_ended_.wait_until(lock, deadline, [this] { return !preparing_; })) {
      return fail(ErrorCode::kPoolTimeout,
                  "postgres: the schema was not ready before the deadline");
    }
    if (prepared_) return {};
    preparing_ = true;
  }
  auto ready = guarded("migration", [&] { return prepare_schema(connection, options_); });
  {
    const std::lock_guard guard(preparing_mutex_);
    preparing_ = false;
    prepared_ = ready.has_value();
  }
  preparing_ended_.notify_all();
  if (ready) warm_up(deadline);
  return ready;
}

// Holds them all until the last one is open.
void PostgresStore::warm_up(Deadline deadline) {
  std::vector<Lease> warm;
  while (warm.size() + 1 < options_.pool.min) {
    auto another = pool_.borrow(deadline);
    if (!another) return;  // Whoever needs it will hear why.
    warm.push_back(std::move(*another));
  }
}

bool PostgresStore::supports(const TransactionOptions& options) const {
  const bool by_index = options.user == WriteForm::kAtomic || options.user == WriteForm::kVersioned;
  return options_.index_user_coupons_user_coupon || !by_index;
}

Result<Outcome> PostgresStore::transact(const TransactionOptions& options, Operation& operation,
                                        Context& context) {
  ++context.phases.attempts;
  return guarded("a transaction", [&]() -> Result<Outcome> {
    auto lease = borrow(context);
    if (!lease) return Unexpected(std::move(lease.error()));
    return TransactionRun(**lease, options_, options, context).execute(operation);
  });
}

Result<std::unique_ptr<ReadView>> PostgresStore::read_view(Deadline deadline) {
  return guarded("a read view", [&]() -> Result<std::unique_ptr<ReadView>> {
    auto lease = borrow(deadline);
    if (!lease) return Unexpected(std::move(lease.error()));
    return make_view(std::move(*lease));
  });
}

Result<void> PostgresStore::seed(const Seed& seed) {
  return guarded("seed", [&]() -> Result<void> {
    auto lease = borrow(Clock::now() + kSeedPatience);
    if (!lease) return Unexpected(std::move(lease.error()));
    return write_seed(**lease, seed);
  });
}

Result<void> PostgresStore::ping(Deadline deadline) {
  return guarded("ping", [&]() -> Result<void> {
    auto lease = borrow(deadline);
    if (!lease) return Unexpected(std::move(lease.error()));
    if (auto answered = (*lease)->run(Query::kPing); !answered) {
      return unexpected(std::move(answered.error()));
    }
    return {};
  });
}

StoreStats PostgresStore::stats() const {
  return {.pool = pool_.stats(), .queries = times_.stats(), .gauges = pool_.gauges()};
}

std::size_t PostgresStore::most() const { return kMostPlacements; }

std::vector<Result<Outcome>> PostgresStore::place(std::span<Placement* const> placements,
                                                  Context& context) {
  const auto all = [&](const Error& error) {
    return std::vector<Result<Outcome>>(placements.size(), Result<Outcome>(Unexpected(error)));
  };
  if (placements.empty()) return {};
  if (placements.size() > most()) {
    return all({ErrorCode::kInvalid, "postgres: a batch has at most " + std::to_string(most()) +
                                         " placements, not " + std::to_string(placements.size())});
  }
  ++context.phases.attempts;
  try {
    auto lease = borrow(context);
    if (!lease) return all(lease.error());
    if (Clock::now() >= context.deadline) {
      return all({ErrorCode::kTimeout, "postgres: the deadline passed before the batch was sent"});
    }
    const PhaseTimer timer(context.phases, Phase::kCommit);
    return place_batch(**lease, placements, context);
  } catch (const std::exception& error) {  // The plugin's edge.
    return all({ErrorCode::kInternal, std::string("postgres store: a batch: ") + error.what()});
  }
}

Result<std::vector<Fence>> PostgresStore::issue(std::span<const Resource> resources,
                                                Context& context) {
  return guarded("fences", [&]() -> Result<std::vector<Fence>> {
    std::vector<Fence> fences;
    for (const auto& resource : resources) fences.push_back({resource});
    if (fences.empty()) return fences;
    std::vector<std::size_t> sorted(fences.size());  // Two callers lock in one order.
    std::iota(sorted.begin(), sorted.end(), std::size_t{0});
    std::ranges::sort(sorted, {}, [&](std::size_t i) { return resources[i]; });
    Array kinds;
    Array ids;
    for (const auto i : sorted) {
      kinds.add(static_cast<std::int64_t>(resources[i].kind));
      ids.add(resources[i].id);
    }
    auto lease = borrow(context);
    if (!lease) return Unexpected(std::move(lease.error()));
    const PhaseTimer timer(context.phases, Phase::kLock);
    auto issued =
        (*lease)->run(Query::kIssueFences, milliseconds_until(context.deadline), kinds, ids);
    if (!issued) return unexpected(std::move(issued.error()));
    const auto tokens = integers((*issued)[0], 0);
    for (std::size_t i = 0; i < sorted.size(); ++i) fences[sorted[i]].token = tokens.at(i);
    return fences;
  });
}

}  // namespace stampede::stores::postgres
