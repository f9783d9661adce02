// Watches processes while a load runs: what each used, second by second. A thread of its own takes
// the samples; all members are safe to call from any thread.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "experiments/environment/tcp_traffic.hpp"
#include "experiments/environment/usage.hpp"

namespace stampede::environment {

struct Watched {
  std::string name;  // "server", "postgres"
  pid_t pid = 0;
  bool with_children = false;  // They count as one: a PostgreSQL and its backends.
};

// Since the process began, or since it was first looked at, whichever: only differences have a
// meaning. Memory is as of now.
struct Usage {
  std::chrono::nanoseconds cpu{0};
  std::int64_t resident_bytes = 0;  // What is shared among a group counts once.
  std::int64_t voluntary_switches = 0;
  std::int64_t involuntary_switches = 0;
  std::int64_t read_bytes = 0;  // Storage.
  std::int64_t written_bytes = 0;
  std::int64_t received_bytes = 0;  // TCP; see tcp_traffic().
  std::int64_t sent_bytes = 0;
};

// `resident_bytes` is that of `end`.
Usage difference(const Usage& begin, const Usage& end);

// Adds up one watched process, or group, over the coming and going of its parts.
class Meter {
 public:
  explicit Meter(Watched watched) : watched_(std::move(watched)) {}

  const std::string& name() const { return watched_.name; }
  // It was started again; what it used before keeps counting.
  void follow(pid_t pid) { watched_.pid = pid; }
  Usage read(const std::unordered_map<std::uint64_t, Traffic>& traffic);

 private:
  struct Counts {
    std::chrono::nanoseconds cpu{0};
    std::int64_t voluntary_switches = 0;
    std::int64_t involuntary_switches = 0;
    std::int64_t read_bytes = 0;
    std::int64_t written_bytes = 0;
  };

  void note_traffic(pid_t pid, const std::unordered_map<std::uint64_t, Traffic>& traffic);

  Watched watched_;
  std::map<pid_t, Counts> seen_;  // As last read: what has ended since keeps counting.
  std::unordered_map<std::uint64_t, Traffic> sockets_;
  Traffic traffic_;
};

// All watched processes at one moment, in their order.
struct Sample {
  std::chrono::nanoseconds at{0};  // Since begin().
  std::vector<Usage> usage;
};

class Sampler {
 public:
  explicit Sampler(std::vector<Watched> watched,
                   std::chrono::milliseconds period = std::chrono::seconds(1));
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  std::vector<std::string> names() const;

  // The process of this name was started again as another.
  void follow(const std::string& name, pid_t pid);

  // One reading, besides the samples.
  std::vector<Usage> read();

  // Takes a sample now and then in every period. Once.
  void begin();
  // Takes a last one, and gives them all.
  std::vector<Sample> end();

 private:
  void take(std::chrono::steady_clock::time_point now);

  const std::chrono::milliseconds period_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Meter> meters_;  // These are guarded by the mutex.
  std::vector<Sample> samples_;
  std::chrono::steady_clock::time_point begun_;
  std::jthread thread_;
};

}  // namespace stampede::environment
