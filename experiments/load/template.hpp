// Text with {placeholders}, taken apart once and written many times. A brace that is not around a
// plain name is ordinary text, so JSON needs no escaping. Immutable; safe for concurrent use.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stampede::load {

struct Item {
  std::int64_t product = 0;
  std::int64_t quantity = 0;
  bool operator==(const Item&) const = default;
};

// What one iteration drew and captured. Reused from iteration to iteration.
struct Values {
  std::uint64_t iteration = 0;
  std::uint64_t sequence = 0;  // Of the write being sent.
  std::int64_t user = 0;
  std::int64_t coupon = 0;  // 0: none.
  std::int64_t amount = 0;
  std::vector<Item> items;
  std::vector<std::string> captured;
};

class Template {
 public:
  enum class Slot : std::uint8_t {
    kNone,  // The end of the text.
    kUser,
    kProduct,   // Of the first item.
    kQuantity,  // Of the first item.
    kCoupon,
    kAmount,
    kItems,        // [{"productId":1,"quantity":2}]
    kCouponField,  // ,"couponId":7 or nothing
    kKey,
    kPrefix,
    kIteration,
    kCaptured,
  };
  // How captured text, which came from a server, is made safe where it is put.
  enum class Place : std::uint8_t { kPath, kHeader, kBody };

  Template() = default;

  // `captures` are the names that earlier steps capture, by index. Names that are neither these
  // nor known are added to `unknown`.
  Template(std::string_view text, Place place, std::span<const std::string> captures,
           std::vector<std::string>& unknown);

  void append_to(std::string& out, const Values& values, std::string_view key_prefix) const;

  bool constant() const { return pieces_.empty() || (pieces_.size() == 1 && !uses_any()); }
  bool uses(Slot slot) const;

 private:
  struct Piece {
    std::string literal;  // Before the slot.
    Slot slot = Slot::kNone;
    std::size_t capture = 0;
  };
  bool uses_any() const { return pieces_.front().slot != Slot::kNone; }
  void append_slot(std::string& out, const Piece& piece, const Values& values,
                   std::string_view key_prefix) const;

  std::vector<Piece> pieces_;
  Place place_ = Place::kBody;
};

// The names a template knows without captures.
std::vector<std::string> placeholder_names();

// "prefix-42"
void append_key(std::string& out, std::string_view prefix, std::uint64_t sequence);

}  // namespace stampede::load
