#include "plugins/gates/coalescer.hpp"

#include <map>
#include <string_view>

#include "plugins/gates/holder.hpp"

namespace stampede::gates {

namespace {

// For each resource four keys: how many are left, who has one and by which request, what is not
// settled, and since when. Without the first the gate is closed: it was never loaded, or Redis lost
// what it knew. Answers a Decision for each step, by its number.
constexpr std::string_view kSteps = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answers = {}
for i = 1, #ARGV, 6 do
  local verb, at, holder, user, quantity, request =
    ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  local left, holders, pending, since = KEYS[at], KEYS[at + 1], KEYS[at + 2], KEYS[at + 3]
  local value = user .. ' ' .. quantity .. ' ' .. request
  local answer = 0
  if verb == 'c' then
    local remaining = redis.call('GET', left)
    if not remaining then
      answer = 3
    else
      local held = redis.call('HGET', holders, holder)
      if held then
        if held ~= request then answer = 2 end
      elseif tonumber(remaining) < tonumber(quantity) then
        answer = 1
      else
        redis.call('DECRBY', left, quantity)
        redis.call('HSET', holders, holder, request)
        redis.call('HSET', pending, holder, value)
        redis.call('ZADD', since, now, holder)
      end
    end
  elseif redis.call('HGET', pending, holder) == value then
    redis.call('HDEL', pending, holder)
    redis.call('ZREM', since, holder)
    if verb == 'r' then
      redis.call('HDEL', holders, holder)
      if redis.call('EXISTS', left) == 1 then
        redis.call('INCRBY', left, quantity)
      end
    end
  end
  answers[#answers + 1] = answer
end
return answers
)lua";

// The words of one call. Keys and arguments live here while the request refers to them.
class Call {
 public:
  explicit Call(const RedisServer& server) : server_(server) {}

  void add(const Step& step) {
    const auto& claim = step.claim;
    texts_.emplace_back(1, static_cast<char>(step.verb));
    texts_.push_back(std::to_string(first_key_of(claim.resource)));
    texts_.push_back(holder_name(claim));
    texts_.push_back(std::to_string(value_of(claim.user)));
    texts_.push_back(std::to_string(claim.quantity));
    texts_.push_back(claim.request);
  }

  const std::vector<std::string>& keys() const { return keys_; }
  std::vector<std::string_view> arguments() const { return {texts_.begin(), texts_.end()}; }

 private:
  // From 1, as Lua counts.
  std::size_t first_key_of(Resource resource) {
    const auto [known, is_new] = positions_.try_emplace(resource, keys_.size() + 1);
    if (is_new) {
      for (const auto* part : {"left", "holders", "pending", "since"}) {
        keys_.push_back(server_.key(resource, part));
      }
    }
    return known->second;
  }

  const RedisServer& server_;
  std::map<Resource, std::size_t> positions_;
  std::vector<std::string> keys_;
  std::vector<std::string> texts_;
};

Result<std::vector<Decision>> decisions_of(const redis::Reply& reply, std::size_t expected) {
  std::vector<Decision> decisions;
  for (const auto& answer : reply.list) {
    const bool known = answer.kind == redis::Reply::Kind::kInteger && answer.integer >= 0 &&
                       answer.integer <= static_cast<std::int64_t>(Decision::kClosed);
    if (known) decisions.push_back(static_cast<Decision>(answer.integer));
  }
  if (decisions.size() != expected) return unexpected_reply("the script of claims", reply);
  return decisions;
}

}  // namespace

const redis::Script& Coalescer::script() {
  static const redis::Script kScript(kSteps);
  return kScript;
}

Coalescer::Coalescer(RedisServer& server)
    : server_(server), thread_([this](const std::stop_token& stop) { loop(stop); }) {}

Coalescer::~Coalescer() = default;

Result<std::vector<Decision>> Coalescer::run(std::vector<Step> steps, Deadline deadline) {
  const auto job = std::make_shared<Job>(std::move(steps));
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(job);
  }
  arrived_.notify_one();
  {
    std::unique_lock lock(job->mutex);
    if (job->changed.wait_until(lock, deadline, [&] { return job->done; })) {
      return std::move(job->decisions);
    }
  }
  const std::lock_guard lock(mutex_);
  if (std::erase(waiting_, job) > 0) {
    return fail(ErrorCode::kTimeout, "the deadline passed before Redis was asked");
  }
  return fail(ErrorCode::kInDoubt, "Redis did not answer before the deadline");
}

void Coalescer::loop(const std::stop_token& stop) {
  if (!server_.has_url()) return;
  auto session = server_.borrow();
  for (auto jobs = take(stop); !jobs.empty(); jobs = take(stop)) {
    hand_out(jobs, call(session, jobs));
  }
}

Coalescer::Jobs Coalescer::take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  Jobs taken;
  if (!arrived_.wait(lock, stop, [this] { return !waiting_.empty(); })) return taken;
  std::size_t steps = 0;
  while (!waiting_.empty()) {
    steps += waiting_.front()->steps.size();
    if (!taken.empty() && steps > kMostSteps) break;
    taken.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return taken;
}

// Not held to any caller's deadline: others may wait longer, and who has left was told "in doubt".
Result<std::vector<Decision>> Coalescer::call(redis::Nodes::Session& session, const Jobs& jobs) {
  Call words(server_);
  std::size_t count = 0;
  for (const auto& job : jobs) {
    for (const auto& step : job->steps) words.add(step);
    count += job->steps.size();
  }
  calls_.fetch_add(1, std::memory_order_relaxed);
  steps_.fetch_add(static_cast<std::int64_t>(count), std::memory_order_relaxed);
  const auto arguments = words.arguments();
  const auto reply = server_.ask(session, {script(), words.keys(), arguments}, Deadline::max());
  if (!reply) return Unexpected(reply.error());
  return decisions_of(*reply, count);
}

void Coalescer::hand_out(const Jobs& jobs, const Result<std::vector<Decision>>& decisions) {
  std::size_t at = 0;
  for (const auto& job : jobs) {
    {
      const std::lock_guard lock(job->mutex);
      if (decisions) {
        const auto first = decisions->begin() + static_cast<std::ptrdiff_t>(at);
        job->decisions.emplace(first, first + std::ssize(job->steps));
        at += job->steps.size();
      } else {
        job->decisions = Unexpected(decisions.error());
      }
      job->done = true;
    }
    job->changed.notify_one();
  }
}

}  // namespace stampede::gates
