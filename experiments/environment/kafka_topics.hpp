// Clearing away what a run leaves at Kafka brokers that stay.

#pragma once

#include <string>

#include "core/api/result.hpp"

namespace stampede::environment {

// Removes every topic and consumer group whose name begins with the prefix, which is not empty.
Result<void> remove_topics(const std::string& brokers, const std::string& prefix);

}  // namespace stampede::environment
