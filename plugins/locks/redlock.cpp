// A lock that instances of the server share: keys on a majority of N independent Redis servers,
// each held for a limited time (plugins/redis/quorum_lock.hpp). With one server it is the plain
// Redis lock.
//
// A lease is extended while the work runs. Whoever finds that it was lost is refused (kLeaseLost)
// before the commit; who was paused just after that look is refused by the store, where it can
// issue fences.
//
// Fairness: requests of this process queue for a key, first come, first served, and only the first
// of them asks Redis. Between processes nobody is preferred, but the order is a matter of luck.

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"
#include "plugins/locks/fifo_mutex.hpp"
#include "plugins/locks/scope_locks.hpp"
#include "plugins/locks/stock_form.hpp"
#include "plugins/redis/address.hpp"
#include "plugins/redis/quorum_lock.hpp"

namespace {

using stampede::Clock;
using stampede::Context;
using stampede::ErrorCode;
using stampede::Fence;
using stampede::Operation;
using stampede::Outcome;
using stampede::PluginConfig;
using stampede::Resource;
using stampede::Result;
using stampede::Scope;
using stampede::Store;
using stampede::TransactionOptions;
using stampede::Unexpected;
using stampede::WriteForm;
using stampede::redis::QuorumLock;

constexpr stampede::OptionSpec kOptions[] = {
    {"urls", stampede::OptionType::kText, "", "",
     "The Redis servers, host:port, separated by commas"},
    {"nodes", stampede::OptionType::kInteger, "1", "1..9", "How many Redis servers there are"},
    {"prefix", stampede::OptionType::kText, "stampede:lock:", "",
     "What every key in Redis begins with; sales that share servers need different ones"},
    {"scope", stampede::OptionType::kChoice, "user", "global|user|product",
     "What a lock covers: everything, a user, or a product (and a coupon)"},
    {"ttl", stampede::OptionType::kDuration, "10s", "50ms..1h",
     "How long a lock outlives a holder that died; extended while the work runs"},
    {"retry", stampede::OptionType::kDuration, "2ms", "100us..10s",
     "Mean delay before a lock that is taken is asked for again"},
    {"node_timeout", stampede::OptionType::kDuration, "500ms", "1ms..10s",
     "How long one Redis server may take to answer"},
    {"drift", stampede::OptionType::kReal, "0.01", "0..0.5",
     "Part of the ttl by which clocks may differ; a lease is trusted for that much less"},
    {"fencing", stampede::OptionType::kChoice, "on", "on|off",
     "Whether the store refuses what a holder writes whose lock has passed to another"},
    stampede::locks::kStockOption};

enum class Width : std::uint8_t { kGlobal, kUser, kProduct };

Width width_of(const PluginConfig& config) {
  const auto& scope = config.text("scope");
  if (scope == "global") return Width::kGlobal;
  return scope == "product" ? Width::kProduct : Width::kUser;
}

// What the lock covers is read and then written; the rest is written conditionally, and stock as
// the option says. A global lock covers what `global` covers, so that the two compare.
TransactionOptions forms_of(Width width, const PluginConfig& config) {
  const auto stock = stampede::locks::stock_form(config);
  if (width != Width::kProduct) {
    return {.user = WriteForm::kReadThenWrite, .product = stock, .coupon = WriteForm::kAtomic};
  }
  if (stock != WriteForm::kAtomic) {
    throw std::invalid_argument("option 'stock' is for a lock that leaves stock out: scope " +
                                config.text("scope") + " covers it");
  }
  return {.user = WriteForm::kAtomic,
          .product = WriteForm::kReadThenWrite,
          .coupon = WriteForm::kReadThenWrite};
}

WriteForm form_of(const TransactionOptions& forms, Resource::Kind kind) {
  switch (kind) {
    case Resource::Kind::kUser:
      return forms.user;
    case Resource::Kind::kProduct:
      return forms.product;
    case Resource::Kind::kCoupon:
      break;
  }
  return forms.coupon;
}

// Null where no urls are given: then only runs_on() can be asked.
std::unique_ptr<QuorumLock> connect_later(const PluginConfig& config) {
  const auto& urls = config.text("urls");
  if (urls.empty()) return nullptr;
  auto addresses = stampede::redis::parse_addresses(urls);
  if (!addresses) throw std::invalid_argument("option 'urls': " + addresses.error().message);
  const auto nodes = config.integer("nodes");
  if (std::ssize(*addresses) != nodes) {
    throw std::invalid_argument("option 'urls' names " + std::to_string(addresses->size()) +
                                " Redis servers, but option 'nodes' says " + std::to_string(nodes));
  }
  return std::make_unique<QuorumLock>(
      std::move(*addresses),
      stampede::redis::QuorumLockOptions{
          .term = {.ttl = std::chrono::duration_cast<std::chrono::milliseconds>(
                       config.duration("ttl")),
                   .drift = config.real("drift")},
          .retry = config.duration("retry"),
          .timeout = config.duration("node_timeout")});
}

// An operation whose work is refused when the lease was lost by the time it ends.
class Leased final : public Operation {
 public:
  Leased(Operation& operation, const QuorumLock::Hold& hold) : operation_(operation), hold_(hold) {}

  Result<Outcome> work(stampede::Transaction& transaction) override {
    if (!hold_.is_valid()) return lost();
    auto outcome = operation_.work(transaction);
    if (outcome && outcome->committed() && !hold_.is_valid()) return lost();
    return outcome;
  }

 private:
  static Unexpected lost() {
    return stampede::fail(ErrorCode::kLeaseLost,
                          "redlock: the lock ran out, or was taken away, before the commit");
  }

  Operation& operation_;
  const QuorumLock::Hold& hold_;
};

// What protects one operation, in the order in which it is taken.
struct Protection {
  std::unique_lock<stampede::locks::FifoMutex> turn{};  // Before everybody else of this process,
  stampede::locks::ScopeLocks::Holds turns{};           // or before those who want the same.
  std::optional<QuorumLock::Hold> lock = std::nullopt;
  std::vector<Fence> fences;
};

constexpr std::array<std::string_view, 3> kKindNames{"user:", "product:", "coupon:"};

class Redlock final : public stampede::LockStrategy {
 public:
  explicit Redlock(const PluginConfig& config)
      : width_(width_of(config)),
        forms_(forms_of(width_, config)),
        fencing_(config.text("fencing") == "on"),
        prefix_(config.text("prefix")),
        lock_(connect_later(config)) {}

  bool runs_on(const Store& store) const override { return store.supports(forms_); }

  Result<Outcome> execute(Store& store, const Scope& scope, Operation& operation,
                          Context& context) override {
    Protection protection{.fences = {context.fences.begin(), context.fences.end()}};
    if (auto taken = protect(protection, store, scope, context); !taken) {
      return Unexpected(std::move(taken.error()));
    }
    const auto forms = stampede::locks::forms_for(scope, forms_);
    if (!protection.lock) return stampede::locks::run_once(store, forms, operation, context);

    const stampede::locks::HoldTimer hold(context.phases);
    auto begun = stampede::locks::begin(operation, context);
    if (!begun || !begun->committed()) return begun;
    Leased leased(operation, *protection.lock);
    Context fenced{context.deadline, context.phases, protection.fences};
    return store.transact(forms, leased, fenced);
  }

 private:
  bool covers(const Resource& resource) const {
    return width_ == Width::kGlobal ||
           (width_ == Width::kUser) == (resource.kind == Resource::Kind::kUser);
  }

  // On failure the caller's `protection` lets go of what was already taken. Adds to the phase lock.
  Result<void> protect(Protection& protection, Store& store, const Scope& scope, Context& context) {
    auto keys = keys_of(scope);
    if (keys.empty()) return {};
    if (!lock_) {
      return stampede::fail(ErrorCode::kInvalid,
                            "redlock: option 'urls' is empty; name the Redis servers, for example "
                            "127.0.0.1:6379");
    }
    if (auto queued = queue(protection, scope, context); !queued) return queued;

    if (auto held = acquire(protection, std::move(keys), context); !held) return held;
    return fence(protection, store, scope, context);
  }

  Result<void> acquire(Protection& protection, std::vector<std::string> keys, Context& context) {
    const stampede::PhaseTimer waiting(context.phases, stampede::Phase::kLock);
    const auto started = Clock::now();
    const auto name = keys.front();
    auto acquired = lock_->acquire(std::move(keys), context.deadline);
    if (acquired) {
      protection.lock.emplace(std::move(*acquired));
      return {};
    }
    if (acquired.error().code == ErrorCode::kLockTimeout) {
      return stampede::locks::lock_timeout("the Redis lock " + name, started);
    }
    return stampede::fail(acquired.error().code, "redlock: " + acquired.error().message);
  }

  std::vector<std::string> keys_of(const Scope& scope) const {
    if (width_ == Width::kGlobal) return {prefix_ + "global"};
    std::vector<std::string> keys;
    for (const auto& resource : scope.resources()) {
      if (!covers(resource)) continue;
      keys.push_back(prefix_ + std::string(kKindNames[static_cast<std::size_t>(resource.kind)]) +
                     std::to_string(resource.id));
    }
    return keys;
  }

  // Waits for the requests of this process that came before.
  Result<void> queue(Protection& protection, const Scope& scope, Context& context) {
    switch (width_) {
      case Width::kUser:
        return lines_.take(protection.turns, scope, {Resource::Kind::kUser}, context);
      case Width::kProduct:
        return lines_.take(protection.turns, scope,
                           {Resource::Kind::kProduct, Resource::Kind::kCoupon}, context);
      case Width::kGlobal:
        break;
    }
    const stampede::PhaseTimer waiting(context.phases, stampede::Phase::kLock);
    const auto started = Clock::now();
    protection.turn = std::unique_lock(line_, std::defer_lock);
    if (protection.turn.try_lock_until(context.deadline)) return {};
    return stampede::locks::lock_timeout("the Redis lock " + prefix_ + "global", started);
  }

  // What is written blindly is what a holder that was left behind could destroy.
  Result<void> fence(Protection& protection, Store& store, const Scope& scope, Context& context) {
    auto* const issuer = fencing_ ? store.fences() : nullptr;
    if (issuer == nullptr) return {};
    std::vector<Resource> resources;
    for (const auto& resource : scope.resources()) {
      if (form_of(forms_, resource.kind) == WriteForm::kReadThenWrite && covers(resource)) {
        resources.push_back(resource);
      }
    }
    if (resources.empty()) return {};
    auto issued = issuer->issue(resources, context);
    if (!issued) return Unexpected(std::move(issued.error()));
    protection.fences.insert(protection.fences.end(), issued->begin(), issued->end());
    return {};
  }

  const Width width_;
  const TransactionOptions forms_;
  const bool fencing_;
  const std::string prefix_;
  stampede::locks::FifoMutex line_;    // For the lock on everything.
  stampede::locks::ScopeLocks lines_;  // For the others.
  const std::unique_ptr<QuorumLock> lock_;
};

}  // namespace

STAMPEDE_PLUGIN(Redlock, stampede::LockStrategy, "redlock",
                "A lock on a majority of Redis servers, shared by instances", kOptions)
