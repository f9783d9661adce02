// Identifiers. Users, products and coupons are positive integers; orders are 16-byte UUIDs whose
// leading bits are a time (version 7), so that inserts stay at the end of an index.

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace stampede {

enum class UserId : std::int64_t {};
enum class ProductId : std::int64_t {};
enum class CouponId : std::int64_t {};

template <typename Id>
  requires std::is_enum_v<Id>
constexpr std::int64_t value_of(Id id) {
  return static_cast<std::int64_t>(id);
}

struct OrderId {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const OrderId&) const = default;
};

// The canonical form, 36 lower-case characters: "018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f".
inline std::string to_string(const OrderId& id) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text(36, '-');
  std::size_t at = 0;
  for (const auto byte : id.bytes) {
    if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
    text[at++] = kHex[byte >> 4U];
    text[at++] = kHex[byte & 0xFU];
  }
  return text;
}

// Accepts the canonical form in either case; nothing else.
inline std::optional<OrderId> parse_order_id(std::string_view text) {
  const auto nibble = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() != 36) return std::nullopt;
  OrderId id;
  std::size_t at = 0;
  for (auto& byte : id.bytes) {
    if ((at == 8 || at == 13 || at == 18 || at == 23) && text[at++] != '-') return std::nullopt;
    const int high = nibble(text[at]);
    const int low = nibble(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    byte = static_cast<std::uint8_t>(high * 16 + low);
    at += 2;
  }
  return id;
}

}  // namespace stampede

template <>
struct std::hash<stampede::OrderId> {
  std::size_t operator()(const stampede::OrderId& id) const noexcept {
    std::uint64_t tail = 0;  // The random half: the leading half is a time and collides.
    std::memcpy(&tail, id.bytes.data() + 8, sizeof tail);
    return static_cast<std::size_t>(tail * 0x9E3779B97F4A7C15ULL);
  }
};
