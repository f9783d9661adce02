#include "plugins/redis/lease_keeper.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace stampede::redis {

namespace {

// Answers a '1' for each key that was still the token's, else a '0'.
constexpr std::string_view kExtend = R"lua(
local kept = {}
for i, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[i + 1] then
    redis.call('PEXPIRE', key, ARGV[1])
    kept[i] = '1'
  else
    kept[i] = '0'
  end
end
return table.concat(kept)
)lua";

// How the servers answered for the keys of one lease.
struct Votes {
  std::size_t kept = 0;
  std::size_t lost = 0;

  Votes(Answers answers, std::size_t first_key, std::size_t keys) {
    for (const auto& answer : answers) {
      if (!answer.reply || answer.reply->kind != Reply::Kind::kText) continue;
      const auto& text = answer.reply->text;
      if (text.size() < first_key + keys) continue;
      const bool all = text.find('0', first_key) >= first_key + keys;
      ++(all ? kept : lost);
    }
  }
};

template <typename Visit>
void for_each_lease(const std::vector<std::shared_ptr<Lease>>& leases, Answers answers,
                    Visit visit) {
  std::size_t first_key = 0;
  for (const auto& lease : leases) {
    visit(*lease, Votes(answers, first_key, lease->keys().size()));
    first_key += lease->keys().size();
  }
}

}  // namespace

const Script& LeaseKeeper::script() {
  static const Script kScript(kExtend);
  return kScript;
}

LeaseKeeper::LeaseKeeper(Nodes& nodes, LeaseTerm term)
    : nodes_(nodes), term_(term), thread_([this](const std::stop_token& stop) { loop(stop); }) {}

LeaseKeeper::~LeaseKeeper() = default;

void LeaseKeeper::add(const std::shared_ptr<Lease>& lease) {
  const std::lock_guard guard(mutex_);
  lease->slot_ = leases_.size();
  leases_.push_back(lease);
}

void LeaseKeeper::remove(const Lease& lease) {
  const std::lock_guard guard(mutex_);
  const auto slot = lease.slot_;
  if (slot + 1 < leases_.size()) {
    leases_[slot] = std::move(leases_.back());
    leases_[slot]->slot_ = slot;
  }
  leases_.pop_back();
}

void LeaseKeeper::loop(const std::stop_token& stop) {
  std::unique_lock held(mutex_);
  while (!stop.stop_requested()) {
    stopped_.wait_for(held, stop, term_.ttl / 6, [] { return false; });
    auto leases = due(Clock::now());
    if (leases.empty() || stop.stop_requested()) continue;
    held.unlock();
    extend(leases);
    leases.clear();
    held.lock();
  }
}

LeaseKeeper::Leases LeaseKeeper::due(Clock::time_point now) {
  Leases leases;
  const auto fresh = now + term_.certain() - term_.ttl / 6;
  for (const auto& lease : leases_) {
    if (lease->valid_until() < fresh) leases.push_back(lease);
  }
  return leases;
}

// Keys that still hold our token were ours without a break, so that even a lease that had run out
// by our clock is ours again when a majority says so.
void LeaseKeeper::extend(const Leases& leases) {
  const auto ttl = std::to_string(term_.ttl.count());
  std::vector<std::string> keys;
  std::vector<std::string_view> arguments{ttl};
  for (const auto& lease : leases) {
    keys.insert(keys.end(), lease->keys().begin(), lease->keys().end());
    arguments.insert(arguments.end(), lease->keys().size(), lease->token());
  }
  const auto majority = nodes_.majority();
  const auto most_losses = nodes_.size() - majority;
  const auto all_decided = [&](Answers answers) {
    bool decided = true;
    for_each_lease(leases, answers, [&](Lease&, const Votes& votes) {
      decided = decided && (votes.kept >= majority || votes.lost > most_losses);
    });
    return decided;
  };
  auto session = nodes_.borrow();
  const auto started = Clock::now();
  const auto answers =
      session.ask(Request(script(), keys, arguments), Deadline::max(), all_decided);
  for_each_lease(leases, answers, [&](Lease& lease, const Votes& votes) {
    if (votes.kept >= majority) {
      lease.set_valid_until(started + term_.certain());
    } else if (votes.lost > most_losses) {
      lease.lose();
    }
  });
}

}  // namespace stampede::redis
