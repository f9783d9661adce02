#include "experiments/check/watched_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace stampede::check {

namespace {

constexpr std::size_t kMostLines = 8;  // Of one call; more are summed up.
constexpr std::array<std::string_view, 4> kDecisions{"granted", "sold out", "has one already",
                                                     "closed"};

std::string described(const Error& error) {
  return fmt::format("{}: {}", to_string(error.code), error.message);
}

// "300 granted, 700 sold out".
std::string summed_up(const std::vector<Result<Decision>>& decisions) {
  std::array<std::size_t, kDecisions.size()> counts{};
  std::size_t errors = 0;
  for (const auto& decision : decisions) {
    auto& count = decision ? counts.at(static_cast<std::size_t>(*decision)) : errors;
    ++count;
  }
  std::string text;
  const auto add = [&text](std::size_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  for (std::size_t i = 0; i < counts.size(); ++i) add(counts.at(i), kDecisions.at(i));
  add(errors, "errors");
  return text;
}

}  // namespace

std::string show(Resource resource) {
  constexpr std::array<std::string_view, 3> kKinds{"user", "product", "coupon"};
  return fmt::format("{} {}", kKinds.at(static_cast<std::size_t>(resource.kind)),
                     resource.id % 1000);
}

std::string show(const Claim& claim) {
  const auto many = claim.quantity == 1 ? "" : fmt::format("{} of ", claim.quantity);
  return fmt::format("{}{} for user {} by request \"{}\"", many, show(claim.resource),
                     value_of(claim.user), claim.request);
}

std::string show(const Result<Decision>& decision) {
  if (!decision) return described(decision.error());
  const auto index = static_cast<std::size_t>(*decision);
  return std::string(index < kDecisions.size() ? kDecisions.at(index) : "no decision there is");
}

std::string show(const GateState& state) {
  return fmt::format("{}, {} left, {} holders, {} pending", state.open ? "open" : "closed",
                     state.remaining, state.holders, state.pending);
}

void WatchedGate::note(const std::string& what) const {
  history_.note(name_.empty() ? what : name_ + " " + what);
}

Result<void> WatchedGate::noted(Result<void> answer, const std::string& what) const {
  note(what + (answer ? "" : ": " + described(answer.error())));
  return answer;
}

std::vector<Result<Decision>> WatchedGate::claim(std::span<const Claim> claims, Context& context) {
  const bool is_short = claims.size() <= kMostLines;
  if (!is_short) note(fmt::format("is asked for {} claims in one call", claims.size()));
  auto decisions = to_.claim(claims, context);
  if (!is_short) note(fmt::format("decided {}: {}", decisions.size(), summed_up(decisions)));
  for (std::size_t i = 0; is_short && i < std::min(claims.size(), decisions.size()); ++i) {
    note(fmt::format("is asked for {}: {}", show(claims[i]), show(decisions[i])));
  }
  return decisions;
}

Result<void> WatchedGate::settle(std::span<const SettledClaim> claims, Deadline deadline) {
  auto settled = to_.settle(claims, deadline);
  if (claims.size() > kMostLines || claims.empty()) {
    return noted(settled, fmt::format("settles {} claims in one call", claims.size()));
  }
  for (const auto& [claim, how] : claims) {
    note(fmt::format("settles {} as {}", show(claim),
                     how == Settlement::kIssued ? "issued" : "returned"));
  }
  return settled ? settled : noted(settled, "answers");
}

Result<std::vector<Claim>> WatchedGate::pending(Resource resource, std::chrono::nanoseconds age,
                                                std::size_t limit, Deadline deadline) {
  auto listed = to_.pending(resource, age, limit, deadline);
  std::string text;
  for (std::size_t i = 0; listed && i < std::min(listed->size(), kMostLines); ++i) {
    text += (i == 0 ? "" : ", ") + ("\"" + (*listed)[i].request + "\"");
  }
  if (!listed) text = described(listed.error());
  note(fmt::format("says what is pending of {} since {}: {}{}", show(resource), show(age),
                   text.empty() ? "nothing" : text,
                   listed && listed->size() > kMostLines ? ", ..." : ""));
  return listed;
}

Result<void> WatchedGate::load(Resource resource, std::int64_t remaining,
                               std::span<const Holder> holders, Deadline deadline) {
  return noted(
      to_.load(resource, remaining, holders, deadline),
      fmt::format("is loaded: {}, {} left, {} holders", show(resource), remaining, holders.size()));
}

Result<void> WatchedGate::close(Resource resource, Deadline deadline) {
  return noted(to_.close(resource, deadline), "closes " + show(resource));
}

Result<GateState> WatchedGate::state(Resource resource, Deadline deadline) {
  auto state = to_.state(resource, deadline);
  note(fmt::format("says of {}: {}", show(resource),
                   state ? show(*state) : described(state.error())));
  return state;
}

}  // namespace stampede::check
