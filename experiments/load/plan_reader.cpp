#include "experiments/load/plan_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "core/config/map_reader.hpp"
#include "core/config/text.hpp"
#include "experiments/load/journey.hpp"
#include "experiments/load/schedule.hpp"

namespace stampede::load {

namespace {

using config::Faults;
using config::MapReader;
using config::Tree;
using namespace std::chrono_literals;

constexpr std::int64_t kMostVus = 100'000;
constexpr std::int64_t kMostIds = 1'000'000'000'000;
constexpr std::int64_t kMostItems = 20;  // In one order, as the API has it.
constexpr double kMostRate = 10'000'000;
constexpr Duration kLongest = std::chrono::hours(24 * 7);

using Kind = ExecutorKind;
constexpr std::array<std::pair<std::string_view, Kind>, 6> kExecutors{{
    {"constant-vus", Kind::kConstantVus},
    {"ramping-vus", Kind::kRampingVus},
    {"constant-arrival-rate", Kind::kConstantArrivalRate},
    {"ramping-arrival-rate", Kind::kRampingArrivalRate},
    {"per-vu-iterations", Kind::kPerVuIterations},
    {"shared-iterations", Kind::kSharedIterations},
}};

struct Belongs {
  std::string_view key;
  std::vector<Kind> executors;
};

const std::vector<Belongs>& belongings() {
  static const std::vector<Belongs> kBelongings{
      {"vus", {Kind::kConstantVus, Kind::kPerVuIterations, Kind::kSharedIterations}},
      {"duration", {Kind::kConstantVus, Kind::kConstantArrivalRate}},
      {"stages", {Kind::kRampingVus, Kind::kRampingArrivalRate}},
      {"startVUs", {Kind::kRampingVus}},
      {"startRate", {Kind::kRampingArrivalRate}},
      {"rate", {Kind::kConstantArrivalRate}},
      {"timeUnit", {Kind::kConstantArrivalRate, Kind::kRampingArrivalRate}},
      {"preAllocatedVUs", {Kind::kConstantArrivalRate, Kind::kRampingArrivalRate}},
      {"maxVUs", {Kind::kConstantArrivalRate, Kind::kRampingArrivalRate}},
      {"backlog", {Kind::kConstantArrivalRate, Kind::kRampingArrivalRate}},
      {"spin", {Kind::kConstantArrivalRate, Kind::kRampingArrivalRate}},
      {"iterations", {Kind::kPerVuIterations, Kind::kSharedIterations}},
      {"maxDuration", {Kind::kPerVuIterations, Kind::kSharedIterations}},
      {"warmup",
       {Kind::kConstantVus, Kind::kRampingVus, Kind::kConstantArrivalRate,
        Kind::kRampingArrivalRate}},
      {"think",
       {Kind::kConstantVus, Kind::kRampingVus, Kind::kPerVuIterations, Kind::kSharedIterations}},
  };
  return kBelongings;
}

class PlanReader {
 public:
  PlanReader(const Tree* load, const std::string& path, const std::optional<Population>& seeded,
             Faults& faults)
      : faults_(faults), map_(load, path, faults) {
    if (seeded) plan_.drawn = *seeded;
    read_journeys_and_mix();
    read_executor();
    read_data();
    read_rest();
    plan_.seeded = seeded.value_or(plan_.drawn);
    check_data();
    read_scale();
    map_.finish();
  }

  LoadPlan take() { return std::move(plan_); }

 private:
  void read_executor() {
    const auto before = faults_.size();
    plan_.executor = map_.choice("executor", Kind::kConstantVus, config::Choices<Kind>(kExecutors));
    const bool known = faults_.size() == before;
    for (const auto& belongs : belongings()) {
      if (known && !fits(belongs)) refuse(belongs);
    }
    plan_.warmup = has("warmup") ? map_.duration("warmup", 0ms, 0ms, kLongest) : 0ms;
    if (known && has("vus")) plan_.vus = map_.integer("vus", 1, 1, kMostVus);
    if (known && has("duration")) plan_.duration = required_duration("duration");
    if (has("think")) plan_.think = durations("think");
    if (is_open(plan_.executor)) read_arrivals();
    if (has("stages")) read_stages();
    if (has("startVUs")) {
      plan_.start = static_cast<double>(map_.integer("startVUs", 1, 0, kMostVus));
    }
    if (counts_iterations(plan_.executor)) {
      plan_.iterations = map_.integer("iterations", 1, 1);
      plan_.max_duration = map_.duration("maxDuration", 10min, 1ms, kLongest);
    }
  }

  void read_arrivals() {
    plan_.time_unit = map_.duration("timeUnit", std::chrono::seconds(1), 1ms, kLongest);
    plan_.pre_allocated_vus = map_.integer("preAllocatedVUs", 50, 1, kMostVus);
    plan_.max_vus = map_.integer("maxVUs", plan_.pre_allocated_vus, 1, kMostVus);
    if (plan_.max_vus < plan_.pre_allocated_vus) {
      map_.fault("maxVUs", "expected at least preAllocatedVUs, " +
                               std::to_string(plan_.pre_allocated_vus) + ", got " +
                               std::to_string(plan_.max_vus));
    }
    plan_.backlog = map_.integer("backlog", plan_.backlog, 0, 10'000'000);
    plan_.spin = map_.duration("spin", 0ms, 0ms, 10ms);
    if (has("startRate")) plan_.start = map_.real("startRate", 0, 0, kMostRate);
    if (has("rate")) {
      map_.require("rate");
      plan_.rate = map_.real("rate", 1, 1e-6, kMostRate);
    }
  }

  void read_stages() {
    const auto* stages = map_.child("stages");
    if (stages == nullptr || !stages->is_list() || stages->items.empty()) {
      return map_.fault("stages",
                        stages == nullptr ? "is missing" : "expected a list of {duration, target}");
    }
    const double most = is_open(plan_.executor) ? kMostRate : static_cast<double>(kMostVus);
    Duration length{0};
    double highest = plan_.start;
    for (std::size_t i = 0; i < stages->items.size(); ++i) {
      MapReader stage(&stages->items[i], map_.path_of("stages[" + std::to_string(i) + "]"),
                      faults_);
      stage.require("duration");
      stage.require("target");
      plan_.stages.push_back(
          {stage.duration("duration", 1ms, 0ms, kLongest), stage.real("target", 1, 0, most)});
      stage.finish();
      length += plan_.stages.back().duration;
      highest = std::max(highest, plan_.stages.back().target);
    }
    if (length.count() == 0) map_.fault("stages", "their durations add up to nothing");
    if (highest == 0) map_.fault("stages", "no target is above 0");
  }

  void read_data() {
    auto range = map_.map("range");
    plan_.drawn.users = range.integer("users", plan_.drawn.users, 1, kMostIds);
    plan_.drawn.products = range.integer("products", plan_.drawn.products, 1, kMostIds);
    plan_.drawn.coupons = range.integer("coupons", plan_.drawn.coupons, 1, kMostIds);
    range.finish();
    auto choose = map_.map("choose");
    plan_.user = read_choice(choose, "user", plan_.drawn.users);
    plan_.product = read_choice(choose, "product", plan_.drawn.products);
    plan_.coupon = read_choice(choose, "coupon", plan_.drawn.coupons);
    choose.finish();
    plan_.items = integers("items", plan_.items, kMostItems);
    plan_.quantity = integers("quantity", plan_.quantity, 1'000);
    plan_.amount = integers("amount", plan_.amount, 1'000'000'000'000);
    plan_.coupon_share = map_.real("coupon_share", 0, 0, 1);
  }

  Choice read_choice(MapReader& choose, std::string_view key, std::int64_t count) {
    Choice choice;
    const auto* found = choose.child(key);
    if (found == nullptr) return choice;
    if (found->is_scalar() && found->scalar == "uniform") return choice;
    if (found->is_scalar() && found->scalar == "sequential") {
      choice.kind = Choice::Kind::kSequential;
      return choice;
    }
    if (!found->is_map() || found->entries.size() != 1) {
      choose.fault(key,
                   "expected uniform, sequential, {zipf: exponent} or {hot_set: {size, share}}");
      return choice;
    }
    MapReader map(found, choose.path_of(key), faults_);
    if (map.has("zipf")) {
      choice.kind = Choice::Kind::kZipf;
      choice.exponent = map.real("zipf", 1, 0.01, 20);
    } else if (map.has("hot_set")) {
      choice.kind = Choice::Kind::kHotSet;
      auto hot = map.map("hot_set");
      hot.require("size");
      choice.hot_size = hot.integer("size", 1, 1);
      choice.hot_share = hot.real("share", 0.9, 0, 1);
      if (choice.hot_size >= count) {
        hot.fault("size", "expected less than the " + std::to_string(count) + " there are, got " +
                              std::to_string(choice.hot_size));
        choice.hot_size = 1;
      }
      hot.finish();
    } else {
      map.child("zipf");
      map.child("hot_set");
    }
    map.finish();
    return choice;
  }

  void check_data() {
    if (plan_.items.max > plan_.drawn.products) {
      map_.fault("items", "an order cannot have " + std::to_string(plan_.items.max) +
                              " different products of " + std::to_string(plan_.drawn.products));
    }
  }

  void read_journeys_and_mix() {
    plan_.journeys = read_journeys(map_.child("journeys"), map_.path_of("journeys"), faults_);
    const auto* mix = map_.child("mix");
    if (mix == nullptr) {
      plan_.mix = {{"order", 1}};
      return;
    }
    MapReader weights(mix, map_.path_of("mix"), faults_);
    double sum = 0;
    for (const auto& [name, value] : mix->entries) {
      const double weight = weights.real(name, 0, 0, 1e9);
      sum += weight;
      plan_.mix.emplace_back(name, weight);
      if (find_journey(plan_, name) == nullptr) {
        const auto names = journey_names(plan_);
        const auto hint = config::suggestion(name, names);
        weights.fault(name, "no journey has this name" +
                                (hint.empty() ? "; known: " + config::one_of(names) : hint));
      }
    }
    if (mix->is_map() && !(sum > 0)) map_.fault("mix", "at least one weight must be above 0");
  }

  void read_rest() {
    plan_.graceful_stop = map_.duration("gracefulStop", plan_.graceful_stop, 0ms, kLongest);
    plan_.timeout = map_.duration("timeout", plan_.timeout, 1ms, kLongest);
    plan_.seed = static_cast<std::uint64_t>(map_.integer("seed", 1, 0));
    plan_.ledger = map_.boolean("ledger", true);
    plan_.key_prefix = map_.text("prefix", plan_.key_prefix);
    const bool plain = std::ranges::all_of(plan_.key_prefix, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == '.';
    });
    if (!plain || plan_.key_prefix.empty() || plan_.key_prefix.size() > 40) {
      map_.fault("prefix", "expected 1 to 40 letters, digits, '-', '_' or '.'");
    }
  }

  void read_scale() {
    double of_load = 1;
    double of_time = 1;
    const auto* scale = map_.child("scale");
    if (scale != nullptr && scale->is_map()) {
      auto map = map_.map("scale");
      of_load = map.real("load", 1, 1e-6, 1e6);
      of_time = map.real("time", 1, 1e-6, 1e6);
      map.finish();
    } else if (scale != nullptr) {
      of_load = of_time = map_.real("scale", 1, 1e-6, 1e6);
    }
    apply_scale(of_load, of_time);
  }

  void apply_scale(double of_load, double of_time) {
    const auto users = [of_load](std::int64_t n) {
      return std::clamp<std::int64_t>(std::llround(static_cast<double>(n) * of_load), 1, kMostVus);
    };
    const auto time = [of_time](Duration d) {
      const auto scaled = Duration(std::llround(static_cast<double>(d.count()) * of_time));
      return d.count() == 0 ? d : std::max<Duration>(1ms, scaled);
    };
    plan_.vus = users(plan_.vus);
    plan_.pre_allocated_vus = users(plan_.pre_allocated_vus);
    plan_.max_vus = users(plan_.max_vus);
    plan_.rate *= of_load;
    plan_.start *= of_load;
    plan_.duration = time(plan_.duration);
    plan_.warmup = time(plan_.warmup);
    plan_.max_duration = time(plan_.max_duration);
    for (auto& stage : plan_.stages) stage = {time(stage.duration), stage.target * of_load};
    const double of_work = plan_.executor == Kind::kSharedIterations ? of_load * of_time : of_time;
    plan_.iterations =
        std::max<std::int64_t>(1, std::llround(static_cast<double>(plan_.iterations) * of_work));
  }

  // Whether this executor has the key; one that is absent is simply read as its default.
  bool has(std::string_view key) const {
    const auto& all = belongings();
    const auto found = std::ranges::find(all, key, &Belongs::key);
    return found != all.end() && fits(*found);
  }
  bool fits(const Belongs& belongs) const {
    return std::ranges::find(belongs.executors, plan_.executor) != belongs.executors.end();
  }
  void refuse(const Belongs& belongs) {
    if (!map_.has(belongs.key)) return;
    map_.child(belongs.key);
    std::vector<std::string> names;
    for (const auto kind : belongs.executors) names.emplace_back(to_string(kind));
    map_.fault(belongs.key, "has no meaning with the executor " +
                                std::string(to_string(plan_.executor)) + "; it belongs to " +
                                config::one_of(names));
  }

  Duration required_duration(std::string_view key) {
    map_.require(key);
    return map_.duration(key, std::chrono::seconds(1), 1ms, kLongest);
  }

  // A value, "min..max", or {min, max}; `parse` reads one value.
  template <typename T, typename Parse>
  Between<T> between(std::string_view key, Between<T> fallback, T lowest, T highest, Parse parse,
                     const std::string& expected) {
    const auto* found = map_.child(key);
    if (found == nullptr) return fallback;
    std::optional<T> low;
    std::optional<T> high;
    if (found->is_map()) {
      MapReader map(found, map_.path_of(key), faults_);
      low = parse(map.text("min", ""));
      high = parse(map.text("max", ""));
      map.finish();
    } else if (found->is_scalar()) {
      const std::string_view text = found->scalar;
      const auto dots = text.find("..");
      low = parse(config::trim(text.substr(0, dots)));
      high = dots == std::string_view::npos ? low : parse(config::trim(text.substr(dots + 2)));
    }
    if (!low || !high || *low > *high || *low < lowest || *high > highest) {
      map_.fault(key, "expected " + expected + ", min..max or {min, max}");
      return fallback;
    }
    return {*low, *high};
  }
  Between<Duration> durations(std::string_view key) {
    return between<Duration>(key, {}, 0ms, kLongest, config::parse_duration,
                             "a duration such as 200ms");
  }
  Between<std::int64_t> integers(std::string_view key, Between<std::int64_t> fallback,
                                 std::int64_t highest) {
    return between<std::int64_t>(key, fallback, 1, highest, config::parse_integer,
                                 "a whole number from 1 to " + std::to_string(highest));
  }

  LoadPlan plan_;
  Faults& faults_;
  MapReader map_;
};

}  // namespace

LoadPlan read_plan(const config::Tree* load, const std::string& path,
                   const std::optional<Population>& seeded, config::Faults& faults) {
  auto plan = PlanReader(load, path, seeded, faults).take();
  if (faults.empty() && most_vus(plan) > kMostVus) {
    faults.push_back({load == nullptr ? config::Origin{} : load->origin, path,
                      "more than " + std::to_string(kMostVus) + " users at once"});
  }
  return plan;
}

}  // namespace stampede::load
