// Where a Redis server listens.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/result.hpp"

namespace stampede::redis {

struct Address {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const Address&) const = default;
};

std::string to_string(const Address& address);  // "127.0.0.1:6379"

// "127.0.0.1:6379, [::1]:6380": one or more, separated by commas, each with or without "redis://"
// in front; none twice. kInvalid names the one that is wrong and what was expected.
Result<std::vector<Address>> parse_addresses(std::string_view text);

}  // namespace stampede::redis
