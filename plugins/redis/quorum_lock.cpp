#include "plugins/redis/quorum_lock.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <thread>
#include <utility>

namespace stampede::redis {

namespace {

// All keys or none. When one is taken, a mark beside it tells its holder that somebody waits.
constexpr std::string_view kAcquire = R"lua(
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    redis.call('SET', key .. ':wanted', ARGV[3], 'PX', ARGV[4])
    return 0
  end
end
for _, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
end
return 1
)lua";

// Only what still holds the token. Answers 1 when another process waits for any of it.
constexpr std::string_view kRelease = R"lua(
local wanted = 0
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then
    redis.call('DEL', key)
  end
  local by = redis.call('GET', key .. ':wanted')
  if by and by ~= ARGV[2] then
    wanted = 1
  end
end
return wanted
)lua";

const Script& acquire_script() {
  static const Script kScript(kAcquire);
  return kScript;
}

const Script& release_script() {
  static const Script kScript(kRelease);
  return kScript;
}

// A mark lives for a few delays, in which its maker asks again.
constexpr int kWantedDelays = 4;
constexpr std::size_t kMostWanted = 4096;  // Remembered; more would cost memory, not correctness.

std::string hex(std::uint64_t number) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kHex[(number >> shift) & 0xFU];
  return text;
}

std::uint64_t entropy() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

bool is_grant(const Answer& answer) {
  return answer.reply && (answer.reply->is("OK") || answer.reply->is(1));
}

bool is_denial(const Answer& answer) {
  return answer.reply && (answer.reply->kind == Reply::Kind::kNil || answer.reply->is(0));
}

std::size_t count(Answers answers, bool (*of_kind)(const Answer&)) {
  return static_cast<std::size_t>(std::ranges::count_if(answers, of_kind));
}

}  // namespace

QuorumLock::QuorumLock(std::vector<Address> addresses, QuorumLockOptions options)
    : options_(options),
      ttl_(std::to_string(options.term.ttl.count())),
      wanted_ttl_(std::to_string(
          std::max<std::int64_t>(1, kWantedDelays * options.retry / std::chrono::milliseconds(1)))),
      instance_(hex(entropy())),
      random_state_(entropy()),
      nodes_(std::move(addresses), options.timeout,
             std::array{&acquire_script(), &release_script(), &LeaseKeeper::script()}),
      keeper_(nodes_, options.term) {}

Result<QuorumLock::Hold> QuorumLock::acquire(std::vector<std::string> keys, Deadline deadline) {
  auto session = nodes_.borrow();
  if (must_hold_back_from(keys)) wait_a_turn(deadline);
  for (bool first = true; Clock::now() < deadline; first = false) {
    auto lease = attempt(session, keys, first, deadline);
    if (!lease && Clock::now() < deadline) return Unexpected(std::move(lease.error()));
    if (lease && *lease) {
      keeper_.add(*lease);
      return Hold(*this, std::move(session), std::move(*lease));
    }
    wait_a_turn(deadline);
  }
  return fail(ErrorCode::kLockTimeout, keys.front() + " was not free in Redis");
}

// Each attempt has a token of its own, so that the release of an earlier one that reaches a server
// late cannot take away what a later one was granted.
Result<std::shared_ptr<Lease>> QuorumLock::attempt(Nodes::Session& session,
                                                   const std::vector<std::string>& keys, bool first,
                                                   Deadline deadline) {
  const auto majority = nodes_.majority();
  const auto most_denials = nodes_.size() - majority;
  const auto is_decided = [&](Answers answers) {
    return count(answers, is_grant) >= majority || count(answers, is_denial) > most_denials;
  };
  auto lease = std::make_shared<Lease>(keys, make_token());
  const auto started = Clock::now();
  const auto answers = first && keys.size() == 1
                           ? session.ask({"SET", keys.front(), lease->token(), "NX", "PX", ttl_},
                                         deadline, is_decided)
                           : session.ask(Request(acquire_script(), keys,
                                                 std::array<std::string_view, 4>{
                                                     lease->token(), ttl_, instance_, wanted_ttl_}),
                                         deadline, is_decided);
  const auto granted = count(answers, is_grant);
  const auto denied = count(answers, is_denial);
  const auto until = started + options_.term.certain();
  if (granted >= majority && Clock::now() < until) {
    lease->set_valid_until(until);
    return lease;
  }
  const bool reached = granted + denied >= majority || denied > most_denials;
  auto faults = reached ? std::string() : nodes_.faults(answers);
  // Whoever did not deny it may have granted it, or may do so later.
  if (denied < nodes_.size()) give_back(session, *lease);
  if (reached) return nullptr;
  return fail(ErrorCode::kUnavailable, std::to_string(granted + denied) + " of " +
                                           std::to_string(nodes_.size()) +
                                           " Redis servers answered, " + std::to_string(majority) +
                                           " are needed; " + faults);
}

// Without waiting: in this session it is run before whatever is asked next.
void QuorumLock::give_back(Nodes::Session& session, const Lease& lease) {
  session.ask(Request(release_script(), lease.keys(),
                      std::array<std::string_view, 2>{lease.token(), instance_}),
              Deadline::max(), [](Answers) { return true; });
}

void QuorumLock::release(Nodes::Session& session, const Lease& lease) {
  const auto has_answered = [](const Answer& answer) { return answer.reply.has_value(); };
  const auto is_known = [&](Answers answers) {
    return count(answers, has_answered) >= nodes_.majority();
  };
  const auto answers =
      session.ask(Request(release_script(), lease.keys(),
                          std::array<std::string_view, 2>{lease.token(), instance_}),
                  Deadline::max(), is_known);
  const auto is_wanted = [](const Answer& answer) { return answer.reply && answer.reply->is(1); };
  if (std::ranges::any_of(answers, is_wanted)) hold_back_from(lease.keys());
}

QuorumLock::Hold::Hold(QuorumLock& lock, Nodes::Session session, std::shared_ptr<Lease> lease)
    : lock_(&lock), session_(std::move(session)), lease_(std::move(lease)) {}

QuorumLock::Hold::~Hold() {
  if (!lease_) return;
  lock_->keeper_.remove(*lease_);
  lock_->release(session_, *lease_);
}

// Unlike any other, and not to be guessed.
std::string QuorumLock::make_token() { return hex(random()) + hex(random()); }

// SplitMix64 (Steele, Lea and Flood, 2014): one atomic addition serves all threads.
std::uint64_t QuorumLock::random() {
  auto bits = random_state_.fetch_add(0x9E3779B97F4A7C15ULL, std::memory_order_relaxed);
  bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBULL;
  return bits ^ (bits >> 31U);
}

// Between half and one and a half of the mean, so that those who collided once do not again.
void QuorumLock::wait_a_turn(Deadline deadline) {
  const auto fraction = static_cast<double>(random() >> 11U) * 0x1.0p-53;
  const auto delay = std::chrono::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(options_.retry.count()) * (0.5 + fraction)));
  std::this_thread::sleep_until(std::min(deadline, Clock::now() + delay));
}

void QuorumLock::hold_back_from(const std::vector<std::string>& keys) {
  const auto now = Clock::now();
  const std::lock_guard guard(mutex_);
  if (wanted_.size() + keys.size() > kMostWanted) wanted_.clear();
  for (const auto& key : keys) wanted_[key] = now + kWantedDelays * options_.retry;
  wanted_keys_ = wanted_.size();
}

bool QuorumLock::must_hold_back_from(const std::vector<std::string>& keys) {
  if (wanted_keys_ == 0) return false;
  const auto now = Clock::now();
  const std::lock_guard guard(mutex_);
  bool wanted = false;
  for (const auto& key : keys) {
    const auto found = wanted_.find(key);
    if (found == wanted_.end()) continue;
    wanted = wanted || now < found->second;
    wanted_.erase(found);
  }
  wanted_keys_ = wanted_.size();
  return wanted;
}

}  // namespace stampede::redis
