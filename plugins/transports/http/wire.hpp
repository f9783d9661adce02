// What the processes say to each other: events, subscriptions and errors as JSON. Pure functions.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/api/event.hpp"
#include "core/api/result.hpp"

namespace stampede::transports {

struct Subscription {
  std::string topic;
  std::string service;
};

// {"events":[{"id","topic","key","payload","correlation"}]}
std::string encode_events(const std::vector<const Event*>& events);
// kInvalid, saying what is wrong with it.
Result<std::vector<Event>> decode_events(std::string_view body);

// {"subscriptions":[{"topic","service"}]}
std::string encode_subscriptions(const std::vector<Subscription>& subscriptions);
Result<std::vector<Subscription>> decode_subscriptions(std::string_view body);

// What an answer that is no success says: the code of its problem details, or what the status
// stands for.
Error error_of(int status, std::string_view body);

}  // namespace stampede::transports
