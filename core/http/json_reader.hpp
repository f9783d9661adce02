// Reads one JSON object strictly: each member is converted and checked, each member that nobody
// asked for is a fault, and reading goes on after a fault, so that a client learns of all of them
// at once. Where something is wrong is said as a JSON pointer (RFC 6901) in a URI fragment.
//
// Lives on the stack while its document and faults do. Costs no allocation until a fault is found.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/json_document.hpp"
#include "core/http/problem.hpp"

namespace stampede::http {

class JsonReader {
 public:
  // The document's root. A root that is no object is a fault.
  JsonReader(const JsonDocument& document, FieldFaults& faults);

  bool has(std::string_view name) const { return find(name) != nullptr; }

  // Absent, null or wrong: a fault, and the lowest value allowed.
  std::int64_t integer(std::string_view name, std::int64_t lowest,
                       std::int64_t highest = std::numeric_limits<std::int64_t>::max());
  // Absent or null: nothing. Wrong: a fault, and nothing.
  std::optional<std::int64_t> optional_integer(
      std::string_view name, std::int64_t lowest,
      std::int64_t highest = std::numeric_limits<std::int64_t>::max());
  // Counted in bytes. Absent, null or wrong: a fault, and "".
  std::string text(std::string_view name, std::size_t shortest, std::size_t longest);
  std::optional<std::string> optional_text(std::string_view name, std::size_t shortest,
                                           std::size_t longest);

  // Calls visit(reader of the element, its index) for each element of an array of objects. Absent
  // is no fault here: ask has(). Another size, another kind, or null is one.
  template <typename Visit>
  void each_object(std::string_view name, std::size_t fewest, std::size_t most, Visit visit) {
    const auto* array = take_array(name, fewest, most);
    if (array == nullptr) return;
    std::size_t index = 0;
    const auto first = static_cast<std::size_t>(array - &document_[0]) + 1;
    for (auto at = first; at < array->end; at = document_[at].end, ++index) {
      JsonReader element(*this, name, index, at);
      visit(element, index);
      element.finish();
    }
  }

  // Calls visit(reader) for a member that is an object; it is required.
  template <typename Visit>
  void object(std::string_view name, Visit visit) {
    const auto* found = take(name);
    if (found == nullptr) {
      fault(name, "an object");
      return;
    }
    JsonReader member(*this, name, kNoIndex, static_cast<std::size_t>(found - &document_[0]));
    visit(member);
    member.finish();
  }

  // "... at this member": what was expected there.
  void fault(std::string_view name, std::string expected);

  // Reports every member that nobody asked for, with the nearest known name. Call it last.
  void finish();

 private:
  static constexpr std::size_t kNoIndex = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t kMostMembers = 16;

  JsonReader(const JsonReader& parent, std::string_view name, std::size_t index, std::size_t node);

  const JsonNode* find(std::string_view name) const;
  const JsonNode* take(std::string_view name);  // Marks the name as known.
  const JsonNode* take_array(std::string_view name, std::size_t fewest, std::size_t most);
  std::optional<std::int64_t> checked_integer(std::string_view name, const JsonNode& node,
                                              std::int64_t lowest, std::int64_t highest);
  std::string pointer() const;

  const JsonDocument& document_;
  FieldFaults& faults_;
  const JsonReader* const parent_ = nullptr;
  const std::string_view name_;         // Of this object in its parent.
  const std::size_t index_ = kNoIndex;  // In the array of that name, if it is one.
  const std::size_t node_ = 0;
  bool is_object_ = true;
  std::array<std::string_view, kMostMembers> known_;
  std::size_t known_count_ = 0;
};

}  // namespace stampede::http
