// Waiting for something that can only be asked about. Pure.

#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace stampede::environment {

// Asks again until `done`, or until the deadline; the pause only bounds how often it asks.
template <typename Ask>
bool ask_until(std::chrono::steady_clock::time_point deadline, Ask done) {
  using std::chrono::milliseconds;
  std::mutex mutex;
  std::condition_variable never;
  for (milliseconds pause(1); !done(); pause = std::min(pause * 2, milliseconds(50))) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::unique_lock lock(mutex);
    never.wait_for(lock, pause);
  }
  return true;
}

}  // namespace stampede::environment
