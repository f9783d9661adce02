#include "experiments/check/crowd.hpp"

#include <barrier>
#include <exception>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

#include "core/api/operation.hpp"

namespace stampede::check {

void on_all_threads(int threads, const std::function<void(int thread)>& body) {
  std::barrier start(threads);
  std::mutex mutex;
  std::exception_ptr first;
  {
    std::vector<std::jthread> crowd;
    crowd.reserve(static_cast<std::size_t>(threads));
    for (int thread = 0; thread < threads; ++thread) {
      crowd.emplace_back([&, thread] {
        start.arrive_and_wait();
        try {
          body(thread);
        } catch (...) {  // A thread's edge: the check ends with it.
          const std::lock_guard guard(mutex);
          if (!first) first = std::current_exception();
        }
      });
    }
  }
  if (first) std::rethrow_exception(first);
}

std::ptrdiff_t threads_of_this_process() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator());
}

bool threads_return_to(std::ptrdiff_t before, std::chrono::nanoseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (threads_of_this_process() > before) {
    if (Clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace stampede::check
