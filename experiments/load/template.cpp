#include "experiments/load/template.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace stampede::load {

namespace {

constexpr std::array<std::pair<std::string_view, Template::Slot>, 10> kSlots{{
    {"user", Template::Slot::kUser},
    {"product", Template::Slot::kProduct},
    {"quantity", Template::Slot::kQuantity},
    {"coupon", Template::Slot::kCoupon},
    {"amount", Template::Slot::kAmount},
    {"items", Template::Slot::kItems},
    {"coupon_field", Template::Slot::kCouponField},
    {"key", Template::Slot::kKey},
    {"prefix", Template::Slot::kPrefix},
    {"iteration", Template::Slot::kIteration},
}};

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

template <typename Integer>
void append_number(std::string& out, Integer value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_hex(std::string& out, unsigned char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  out += kHex[c >> 4U];
  out += kHex[c & 0xFU];
}

void append_safely(std::string& out, std::string_view text, Template::Place place) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else if (place == Template::Place::kPath) {
      out += '%';
      append_hex(out, byte);
    } else if (place == Template::Place::kBody && (c == '"' || c == '\\')) {
      out += '\\';
      out += c;
    } else if (place == Template::Place::kBody && byte < 0x20) {
      out += "\\u00";
      append_hex(out, byte);
    } else if (byte >= 0x20) {
      out += c;
    }
  }
}

}  // namespace

Template::Template(std::string_view text, Place place, std::span<const std::string> captures,
                   std::vector<std::string>& unknown)
    : place_(place) {
  std::string literal;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto close = text[at] == '{' ? text.find('}', at) : std::string_view::npos;
    const auto name =
        close == std::string_view::npos ? std::string_view() : text.substr(at + 1, close - at - 1);
    if (!is_name(name)) {
      literal += text[at++];
      continue;
    }
    at = close + 1;
    Piece piece{std::exchange(literal, {}), Slot::kNone, 0};
    const auto capture = std::ranges::find(captures, name);
    const auto slot =
        std::ranges::find(kSlots, name, [](const auto& known) { return known.first; });
    if (capture != captures.end()) {
      piece.slot = Slot::kCaptured;
      piece.capture = static_cast<std::size_t>(capture - captures.begin());
    } else if (slot != kSlots.end()) {
      piece.slot = slot->second;
    } else {
      unknown.emplace_back(name);
    }
    pieces_.push_back(std::move(piece));
  }
  if (!literal.empty()) pieces_.push_back({std::move(literal), Slot::kNone, 0});
}

bool Template::uses(Slot slot) const {
  return std::ranges::any_of(pieces_, [slot](const Piece& piece) { return piece.slot == slot; });
}

void Template::append_to(std::string& out, const Values& values,
                         std::string_view key_prefix) const {
  for (const auto& piece : pieces_) {
    out += piece.literal;
    append_slot(out, piece, values, key_prefix);
  }
}

void Template::append_slot(std::string& out, const Piece& piece, const Values& values,
                           std::string_view key_prefix) const {
  const Item first = values.items.empty() ? Item{} : values.items.front();
  switch (piece.slot) {
    case Slot::kNone:
      break;
    case Slot::kUser:
      return append_number(out, values.user);
    case Slot::kProduct:
      return append_number(out, first.product);
    case Slot::kQuantity:
      return append_number(out, first.quantity);
    case Slot::kCoupon:
      return append_number(out, values.coupon);
    case Slot::kAmount:
      return append_number(out, values.amount);
    case Slot::kItems:
      out += '[';
      for (std::size_t i = 0; i < values.items.size(); ++i) {
        out += i == 0 ? R"({"productId":)" : R"(,{"productId":)";
        append_number(out, values.items[i].product);
        out += R"(,"quantity":)";
        append_number(out, values.items[i].quantity);
        out += '}';
      }
      out += ']';
      break;
    case Slot::kCouponField:
      if (values.coupon != 0) {
        out += R"(,"couponId":)";
        append_number(out, values.coupon);
      }
      break;
    case Slot::kKey:
      return append_key(out, key_prefix, values.sequence);
    case Slot::kPrefix:
      out += key_prefix;
      break;
    case Slot::kIteration:
      return append_number(out, values.iteration);
    case Slot::kCaptured:
      return append_safely(out, values.captured[piece.capture], place_);
  }
}

std::vector<std::string> placeholder_names() {
  std::vector<std::string> names;
  for (const auto& [name, slot] : kSlots) names.emplace_back(name);
  return names;
}

void append_key(std::string& out, std::string_view prefix, std::uint64_t sequence) {
  out += prefix;
  out += '-';
  append_number(out, sequence);
}

}  // namespace stampede::load
