#include "core/telemetry/request_recorder.hpp"

#include <functional>
#include <thread>
#include <utility>

namespace stampede::telemetry {

namespace {

using Slot = std::unique_ptr<Timing>;

void record_in(Slot& slot, std::chrono::nanoseconds value) {
  if (!slot) slot = std::make_unique<Timing>();
  slot->record(value);
}

void merge_into(Slot& slot, const Slot& other) {
  if (!other) return;
  if (!slot) slot = std::make_unique<Timing>();
  slot->merge(*other);
}

}  // namespace

void RequestRecorder::Tally::merge(const Tally& other) {
  for (std::size_t i = 0; i < latencies.size(); ++i) merge_into(latencies[i], other.latencies[i]);
  for (std::size_t i = 0; i < phases.size(); ++i) merge_into(phases[i], other.phases[i]);
  merge_into(lock_hold, other.lock_hold);
  attempts += other.attempts;
  retries += other.retries;
}

RequestRecorder::RequestRecorder(RequestNames names) : names_(std::move(names)) {
  const auto series = names_.routes.size() * names_.outcomes.size();
  for (auto& shard : shards_) shard.tally.latencies.resize(series);
  past_.latencies.resize(series);
}

RequestRecorder::~RequestRecorder() = default;

void RequestRecorder::record(const RequestObservation& observation) {
  const auto& phases = observation.phases;
  auto& shard = shards_[std::hash<std::thread::id>()(std::this_thread::get_id()) % kShards];
  const std::lock_guard lock(shard.mutex);
  auto& tally = shard.tally;
  record_in(tally.latencies[observation.route * names_.outcomes.size() + observation.outcome],
            observation.latency);
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    const auto spent = phases.spent(static_cast<Phase>(i));
    if (spent.count() > 0) record_in(tally.phases[i], spent);
  }
  if (phases.lock_hold.count() > 0) record_in(tally.lock_hold, phases.lock_hold);
  tally.attempts += phases.attempts;
  if (phases.attempts > 1) tally.retries += phases.attempts - 1;
}

RequestRecorder::Tally RequestRecorder::merged_window() const {
  Tally merged;
  merged.latencies.resize(past_.latencies.size());
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    merged.merge(shard.tally);
  }
  return merged;
}

void RequestRecorder::start_window() {
  const std::lock_guard lock(past_mutex_);
  for (auto& shard : shards_) {
    Tally finished;
    finished.latencies.resize(past_.latencies.size());
    {
      const std::lock_guard shard_lock(shard.mutex);
      std::swap(finished, shard.tally);
    }
    past_.merge(finished);
  }
}

RequestPicture RequestRecorder::window() const { return picture_of(merged_window()); }

RequestPicture RequestRecorder::total() const {
  const std::lock_guard lock(past_mutex_);
  auto tally = merged_window();
  tally.merge(past_);
  return picture_of(tally);
}

RequestPicture RequestRecorder::picture_of(const Tally& tally) const {
  RequestPicture picture;
  const auto outcomes = names_.outcomes.size();
  for (std::size_t i = 0; i < tally.latencies.size(); ++i) {
    if (tally.latencies[i]) {
      picture.latencies.push_back({i / outcomes, i % outcomes, *tally.latencies[i]});
    }
  }
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    if (tally.phases[i]) picture.phases[i] = *tally.phases[i];
  }
  if (tally.lock_hold) picture.lock_hold = *tally.lock_hold;
  picture.attempts = tally.attempts;
  picture.retries = tally.retries;
  return picture;
}

}  // namespace stampede::telemetry
