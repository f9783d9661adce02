// What became of a request, decided from its status and from the `code` of its problem details.
// Pure.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace stampede::load {

enum class OutcomeKind : std::uint8_t {
  kSuccess,   // 2xx, or one of the step's expected statuses below 400.
  kRefusal,   // A correct business "no": a 402, 404, 409 or 422 whose code says so.
  kSkipped,   // 404 about an id beyond the seeded range: nothing was learned.
  kError,     // 5xx, and any other 4xx or 3xx.
  kTimeout,   // No whole answer within the plan's timeout.
  kReset,     // The connection could not be made, or was lost before a whole answer.
  kCensored,  // Still open when the graceful stop after the window was over.
};
inline constexpr std::size_t kOutcomeCount = 7;
inline constexpr std::array<std::string_view, kOutcomeCount> kOutcomeNames{
    "success", "refusal", "skipped", "error", "timeout", "reset", "censored"};

// Whether a problem's code is a business refusal, as opposed to a wrong request.
bool is_refusal_code(std::string_view code);

// `expected` are the step's statuses, empty for any 2xx. `beyond_seeded`: the request named an id
// that was never seeded.
OutcomeKind classify(int status, std::string_view code, std::span<const int> expected,
                     bool beyond_seeded);

}  // namespace stampede::load
