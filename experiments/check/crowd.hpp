// Many threads at once, for checks of what they must not do to one another; and what threads are
// left afterwards. Stateless.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

namespace stampede::check {

// Calls body(thread) on so many threads, which begin together. Returns when all have ended; throws
// what the first of them threw.
void on_all_threads(int threads, const std::function<void(int thread)>& body);

std::ptrdiff_t threads_of_this_process();
// A thread that was joined may still be listed for a moment.
bool threads_return_to(std::ptrdiff_t before, std::chrono::nanoseconds patience);

}  // namespace stampede::check
