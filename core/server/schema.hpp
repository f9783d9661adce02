// The words that a configuration may use, shared by what reads it and what prints it.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/issue/options.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/saga/options.hpp"
#include "core/server/config.hpp"
#include "core/stock/options.hpp"
#include "core/telemetry/log.hpp"

namespace stampede::server {

inline constexpr std::uint16_t kDefaultPort = 8080;

template <typename Value>
using Word = std::pair<std::string_view, Value>;

inline constexpr std::array<Word<Topology>, 2> kTopologies{
    {{"monolith", Topology::kMonolith}, {"services", Topology::kServices}}};
inline constexpr std::array<Word<std::string_view>, 1> kDialects{{{"native", "native"}}};

// What `services` says where this process hosts all of them.
inline constexpr std::string_view kAllServices = "all";

inline constexpr std::array<Word<saga::Compensation>, 2> kCompensations{
    {{"refund", saga::Compensation::kRefund}, {"none", saga::Compensation::kNone}}};

inline constexpr std::array<Word<saga::EventKey>, 4> kEventKeys{
    {{"order", saga::EventKey::kOrder},
     {"user", saga::EventKey::kUser},
     {"product", saga::EventKey::kProduct},
     {"coupon", saga::EventKey::kCoupon}}};

// What coupon.gate.use, stock.gate.use and ranking.use say where there is none.
inline constexpr std::string_view kNoGate = "store";
inline constexpr std::array<Word<issue::GateAt>, 2> kGatePlaces{
    {{"accept", issue::GateAt::kAccept}, {"consume", issue::GateAt::kConsume}}};

inline constexpr std::array<Word<stock::Write>, 2> kWrites{
    {{"sync", stock::Write::kSync}, {"queued", stock::Write::kQueued}}};

inline constexpr std::array<Word<pipeline::PaymentPlacement>, 4> kPlacements{
    {{"none", pipeline::PaymentPlacement::kNone},
     {"before_lock", pipeline::PaymentPlacement::kBeforeLock},
     {"in_lock", pipeline::PaymentPlacement::kInLock},
     {"in_transaction", pipeline::PaymentPlacement::kInTransaction}}};

inline constexpr std::array<Word<telemetry::LogLevel>, 5> kLogLevels{
    {{"debug", telemetry::LogLevel::kDebug},
     {"info", telemetry::LogLevel::kInfo},
     {"warn", telemetry::LogLevel::kWarn},
     {"error", telemetry::LogLevel::kError},
     {"off", telemetry::LogLevel::kOff}}};

inline constexpr std::array<Word<telemetry::RequestLogging>, 3> kRequestLogging{
    {{"off", telemetry::RequestLogging::kOff},
     {"sampled", telemetry::RequestLogging::kSampled},
     {"all", telemetry::RequestLogging::kAll}}};

// The word for a value; every value has one.
template <typename Words, typename Value>
constexpr std::string_view word_of(const Words& words, Value value) {
  for (const auto& [word, meaning] : words) {
    if (meaning == value) return word;
  }
  return "";
}

}  // namespace stampede::server
