#include "plugins/transports/kafka/lag_watch.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace stampede::transports::kafka {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kPeriod = 1s;
constexpr auto kPauseAfterFailure = 100ms;
constexpr auto kPatience = 500ms;  // Of who reads.
constexpr auto kAskPatience = 5s;  // Of the thread.

}  // namespace

LagWatch::LagWatch(Admin& admin, std::string topic_prefix, std::vector<WatchedGroup> groups)
    : admin_(admin), topic_prefix_(std::move(topic_prefix)), groups_(std::move(groups)) {
  for (const auto& group : groups_) {
    for (const auto& topic : group.topics) lags_.push_back({group.service, topic, 0});
  }
  if (!groups_.empty()) thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

LagWatch::Reading LagWatch::read() {
  std::unique_lock lock(mutex_);
  if (!groups_.empty()) {
    const auto mine = ++wanted_;
    changed_.notify_all();
    if (!changed_.wait_for(lock, kPatience, [&] { return answered_ >= mine; })) {
      auto lags = lags_;
      for (auto& lag : lags) lag.events = std::max<std::int64_t>(lag.events, 1);
      return {std::move(lags), Clock::now() - taken_at_};
    }
  }
  return {lags_, Clock::now() - taken_at_};
}

void LagWatch::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::unique_lock lock(mutex_);
    const auto asked = wanted_;
    lock.unlock();
    const auto begun = Clock::now();
    auto lags = try_to_ask();
    lock.lock();
    if (lags) {
      lags_ = std::move(*lags);
      taken_at_ = begun;
      answered_ = asked;
      changed_.notify_all();
    }
    // After a failure nobody hurries it.
    const bool failed = !lags;
    changed_.wait_for(lock, stop, failed ? kPauseAfterFailure : kPeriod,
                      [&] { return !failed && wanted_ > answered_; });
  }
}

Result<std::vector<TransportLag>> LagWatch::try_to_ask() {
  try {
    return ask();
  } catch (const std::exception& error) {
    return fail(ErrorCode::kUnavailable, error.what());
  }
}

Result<std::vector<TransportLag>> LagWatch::ask() {
  const auto deadline = Clock::now() + kAskPatience;
  std::vector<TransportLag> lags;
  for (const auto& group : groups_) {
    std::vector<std::string> topics;
    for (const auto& topic : group.topics) topics.push_back(topic_prefix_ + topic);
    // The position first: what is published and handled in between then counts as lag.
    const auto positions = admin_.positions(group.group, topics, deadline);
    if (!positions) return Unexpected(positions.error());
    const auto ends = admin_.ends(topics, deadline);
    if (!ends) return Unexpected(ends.error());
    for (std::size_t i = 0; i < topics.size(); ++i) {
      TransportLag lag{group.service, group.topics[i], 0};
      for (const auto& [partition, end] : *ends) {
        if (partition.first != topics[i]) continue;
        const auto position = positions->find(partition);
        if (position != positions->end())
          lag.events += std::max<std::int64_t>(end - position->second, 0);
      }
      lags.push_back(std::move(lag));
    }
  }
  return lags;
}

}  // namespace stampede::transports::kafka
