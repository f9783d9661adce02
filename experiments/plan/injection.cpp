#include "experiments/plan/injection.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <random>

#include "core/config/map_reader.hpp"
#include "core/config/text.hpp"

namespace stampede::plan {
namespace {

using config::MapReader;
using config::Tree;
using std::chrono::nanoseconds;

constexpr char kPath[] = "faults";
constexpr auto kLongest = std::chrono::hours(1);
constexpr std::int64_t kMostNumber = 64;

template <typename Names, typename Value>
std::string_view name_of(const Names& names, Value wanted) {
  for (const auto& [name, value] : names) {
    if (value == wanted) return name;
  }
  return "";
}

std::optional<Moment> parse_moment(std::string_view text) {
  if (text.ends_with('%')) {
    const auto percent = config::parse_real(text.substr(0, text.size() - 1));
    if (!percent || *percent < 0 || *percent > 100) return std::nullopt;
    return Moment{.share = *percent / 100, .time = nanoseconds(0)};
  }
  const auto time = config::parse_duration(text);
  if (!time || *time < nanoseconds(0)) return std::nullopt;
  return Moment{.share = 0, .time = *time};
}

void read_moments(MapReader& map, Injection& injection) {
  map.require("at");
  const auto texts = map.texts("at");
  if (texts.empty()) return;
  const auto first = parse_moment(texts.front());
  const auto last = parse_moment(texts.back());
  if (!first || !last || texts.size() > 2) {
    return map.fault("at",
                     "expected a time (3s) or a share of the window (40%), or two of them "
                     "to draw between ([20%, 60%])");
  }
  injection.earliest = *first;
  injection.latest = *last;
}

// "redis 2" is the second one, "server order 2" the second one that hosts the order service.
void read_target(MapReader& map, Injection& injection) {
  map.require("target");
  const auto text = map.text("target", "");
  if (text.empty()) return;
  auto words = config::split(text, ' ');
  const auto name = words.front();
  words.erase(words.begin());
  std::optional<std::int64_t> number = 1;
  if (name == "server" && !words.empty()) injection.service = saga::area_named(words.front());
  if (injection.service) words.erase(words.begin());
  if (!words.empty()) number = config::parse_integer(words.front());
  if (words.size() > 1) number.reset();
  for (const auto& [known, target] : kTargets) {
    if (name != known || !number || *number < 1 || *number > kMostNumber) continue;
    injection.target = target;
    injection.number = *number;
    return;
  }
  map.fault("target",
            fmt::format("expected server, postgres, redis or kafka, or one of several such as "
                        "\"server 2\" or \"server order\", got \"{}\"",
                        text));
}

bool lasts(Injection::Kind kind) {
  using Kind = Injection::Kind;
  return kind == Kind::kPause || kind == Kind::kSlow || kind == Kind::kPartition;
}

void read_times(MapReader& map, Injection& injection) {
  using Kind = Injection::Kind;
  const bool has_duration = map.has("duration");
  injection.duration = map.duration("duration", nanoseconds(0), nanoseconds(0), kLongest);
  if (lasts(injection.kind) && injection.duration.count() == 0) {
    map.fault("duration", fmt::format("kind {} needs one", name_of(kKinds, injection.kind)));
  }
  if (injection.kind == Kind::kEmpty && has_duration) {
    map.fault("duration", "kind empty takes no time");
  }
  const bool has_latency = map.has("latency");
  injection.latency = map.duration("latency", nanoseconds(0), nanoseconds(0), kLongest);
  if (injection.kind == Kind::kSlow && injection.latency.count() == 0) {
    map.fault("latency", "kind slow needs one: what each command waits");
  }
  if (injection.kind != Kind::kSlow && has_latency) {
    map.fault("latency", "belongs to kind slow");
  }
}

void check_target(MapReader& map, const Injection& injection) {
  if (injection.kind == Injection::Kind::kEmpty && injection.target != Injection::Target::kRedis) {
    map.fault("kind", "only a Redis can be emptied");
  }
  const bool has_proxy = injection.target == Injection::Target::kPostgres ||
                         injection.target == Injection::Target::kRedis;
  if (injection.needs_proxy() && !has_proxy) {
    map.fault("kind", fmt::format("{} is for the way to postgres or redis",
                                  name_of(kKinds, injection.kind)));
  }
}

}  // namespace

bool Injection::needs_proxy() const {
  return kind == Kind::kSlow || kind == Kind::kPartition || kind == Kind::kReset;
}

nanoseconds Moment::in(nanoseconds window) const {
  return time + nanoseconds(std::llround(static_cast<double>(window.count()) * share));
}

std::string describe(const Injection& injection) {
  auto text =
      fmt::format("{} {}", name_of(kKinds, injection.kind), name_of(kTargets, injection.target));
  const auto number = injection.service ? injection.instance : injection.number;
  if (injection.service) text += fmt::format(" {}", saga::name_of(*injection.service));
  if (number > 1) text += fmt::format(" {}", number);
  return text;
}

nanoseconds draw_moment(const Injection& injection, nanoseconds window, std::uint64_t seed,
                        std::size_t position) {
  const auto from = injection.earliest.in(window);
  const auto until = std::max(from, injection.latest.in(window));
  std::mt19937_64 random(seed + 0x9E3779B97F4A7C15ULL * (position + 1));
  const auto fraction = static_cast<double>(random() >> 11U) * 0x1.0p-53;
  return from + nanoseconds(std::llround(static_cast<double>((until - from).count()) * fraction));
}

std::vector<Injection> read_injections(const Tree& list, config::Faults& faults) {
  std::vector<Injection> injections;
  if (!list.is_list()) {
    faults.push_back({list.origin, kPath, "expected a list of {at, target, kind, duration}"});
    return injections;
  }
  for (const auto& item : list.items) {
    const auto before = faults.size();
    MapReader map(&item, fmt::format("{}[{}]", kPath, injections.size()), faults);
    Injection injection{.origin = item.origin};
    read_target(map, injection);
    map.require("kind");
    injection.kind = map.choice<Injection::Kind>("kind", Injection::Kind::kKill, kKinds);
    read_moments(map, injection);
    read_times(map, injection);
    map.finish();
    if (faults.size() == before) check_target(map, injection);
    injections.push_back(injection);
  }
  return injections;
}

}  // namespace stampede::plan
