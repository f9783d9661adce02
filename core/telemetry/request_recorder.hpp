// Counts and times every request: by route and outcome, and by phase. Recording takes one short
// mutex of a shard chosen by thread, so that threads seldom meet there, and allocates nothing once
// a series exists.
//
// Two pictures are kept: the window since start_window(), for measuring, and the total since the
// start, for Prometheus. Safe for concurrent use.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/operation.hpp"
#include "core/telemetry/timing.hpp"

namespace stampede::telemetry {

// The names that indices stand for, in metrics and in results. They live as long as the recorder.
struct RequestNames {
  std::vector<std::string_view> routes;
  std::vector<std::string_view> outcomes;
};

struct RequestObservation {
  std::size_t route = 0;    // Index into RequestNames::routes.
  std::size_t outcome = 0;  // Index into RequestNames::outcomes.
  std::chrono::nanoseconds latency{0};
  const Phases& phases;
};

struct RequestPicture {
  struct Series {
    std::size_t route;
    std::size_t outcome;
    Timing latency;
  };
  std::vector<Series> latencies;           // Only those that occurred, by route, then outcome.
  std::array<Timing, kPhaseCount> phases;  // Each over the requests that spent time in it.
  Timing lock_hold;
  std::uint64_t attempts = 0;  // How often work was run.
  std::uint64_t retries = 0;   // Of these, how often again.
};

class RequestRecorder {
 public:
  explicit RequestRecorder(RequestNames names);
  ~RequestRecorder();
  RequestRecorder(const RequestRecorder&) = delete;
  RequestRecorder& operator=(const RequestRecorder&) = delete;

  void record(const RequestObservation& observation);

  // What was recorded before belongs to the total only from now on.
  void start_window();
  RequestPicture window() const;
  RequestPicture total() const;

  const RequestNames& names() const { return names_; }

 private:
  static constexpr std::size_t kShards = 8;

  // Everything is made when it is first needed: most pairs of route and outcome never occur.
  struct Tally {
    std::vector<std::unique_ptr<Timing>> latencies;  // At route * outcomes + outcome.
    std::array<std::unique_ptr<Timing>, kPhaseCount> phases;
    std::unique_ptr<Timing> lock_hold;
    std::uint64_t attempts = 0;
    std::uint64_t retries = 0;

    void merge(const Tally& other);
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Tally tally;
  };

  Tally merged_window() const;
  RequestPicture picture_of(const Tally& tally) const;

  std::array<Shard, kShards> shards_;
  mutable std::mutex past_mutex_;  // Taken before a shard's.
  const RequestNames names_;
  Tally past_;  // What belongs to the total but not to the window.
};

}  // namespace stampede::telemetry
