#include "plugins/redis/address.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace stampede::redis {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Unexpected wrong(std::string_view address, std::string_view expected) {
  return fail(ErrorCode::kInvalid, "'" + std::string(address) + "' is no Redis address: expected " +
                                       std::string(expected) + ", for example 127.0.0.1:6379");
}

Result<Address> parse_address(std::string_view text) {
  constexpr std::string_view kScheme = "redis://";
  auto rest = text;
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong(text, "host:port");

  auto host = rest.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":/@") != std::string_view::npos) {
    return wrong(text, "host:port and nothing else");
  }
  if (host.empty()) return wrong(text, "host:port");

  const auto digits = rest.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) {
    return wrong(text, "a port of 1..65535 after the colon");
  }
  return Address{std::string(host), port};
}

}  // namespace

std::string to_string(const Address& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Result<std::vector<Address>> parse_addresses(std::string_view text) {
  std::vector<Address> addresses;
  for (;;) {
    const auto comma = text.find(',');
    auto address = parse_address(trimmed(text.substr(0, comma)));
    if (!address) return Unexpected(std::move(address.error()));
    if (std::ranges::find(addresses, *address) != addresses.end()) {
      return fail(ErrorCode::kInvalid, to_string(*address) + " is named twice");
    }
    addresses.push_back(std::move(*address));
    if (comma == std::string_view::npos) return addresses;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace stampede::redis
