// Reads the Server-Timing header (W3C): "queue;dur=0.12, lock;dur=3.4;desc="per user"". Pure.

#pragma once

#include <chrono>
#include <functional>
#include <string_view>

namespace stampede::load {

// Calls visit(name, duration) for every metric that has a duration, in order. What does not parse
// is passed over: the header is information, not data.
void for_each_server_timing(
    std::string_view header,
    const std::function<void(std::string_view name, std::chrono::nanoseconds)>& visit);

}  // namespace stampede::load
