#include "experiments/plan/scale.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/config/text.hpp"

namespace stampede::plan {
namespace {

using config::Tree;
using std::chrono::nanoseconds;

void scale_duration(Tree* value, double factor) {
  if (value == nullptr || !value->is_scalar()) return;
  const auto duration = config::parse_duration(value->scalar);
  if (!duration || duration->count() == 0) return;
  const auto scaled = std::llround(static_cast<double>(duration->count()) * factor);
  // Whole microseconds: nobody wants to read 1.000000001s, and no load notices.
  const auto rounded = std::max<long long>(1000, (scaled + 500) / 1000 * 1000);
  value->scalar = config::format_duration(nanoseconds(rounded));
}

void scale_count(Tree* value, double factor) {
  if (value == nullptr || !value->is_scalar()) return;
  const auto count = config::parse_integer(value->scalar);
  if (!count || *count <= 0) return;
  value->scalar =
      std::to_string(std::max<long long>(1, std::llround(static_cast<double>(*count) * factor)));
}

std::optional<nanoseconds> duration_at(const Tree& map, std::string_view key) {
  const Tree* value = map.find(key);
  if (value == nullptr || !value->is_scalar()) return std::nullopt;
  return config::parse_duration(value->scalar);
}

// The load block's own factor of time: `scale: 0.1` or `scale: {load: 1, time: 0.1}`.
double own_scale(const Tree& load) {
  const Tree* scale = load.find("scale");
  if (scale != nullptr && scale->is_map()) scale = scale->find("time");
  if (scale == nullptr || !scale->is_scalar()) return 1;
  return config::parse_real(scale->scalar).value_or(1);
}

nanoseconds times(nanoseconds duration, double factor) {
  return nanoseconds(std::llround(static_cast<double>(duration.count()) * factor));
}

}  // namespace

void scale_load(Tree& load, double factor) {
  if (!load.is_map()) return;
  scale_duration(load.find("warmup"), factor);
  scale_duration(load.find("duration"), factor);
  if (factor > 1) scale_duration(load.find("maxDuration"), factor);
  scale_count(load.find("iterations"), factor);
  Tree* stages = load.find("stages");
  if (stages == nullptr) return;
  for (Tree& stage : stages->items) scale_duration(stage.find("duration"), factor);
}

std::optional<nanoseconds> load_time(const Tree& load) {
  if (!load.is_map()) return std::nullopt;
  const nanoseconds warmup = duration_at(load, "warmup").value_or(nanoseconds(0));
  if (const auto duration = duration_at(load, "duration"))
    return times(warmup + *duration, own_scale(load));
  const Tree* stages = load.find("stages");
  if (stages == nullptr || stages->items.empty()) return std::nullopt;
  nanoseconds sum = warmup;
  for (const Tree& stage : stages->items) {
    sum += duration_at(stage, "duration").value_or(nanoseconds(0));
  }
  return times(sum, own_scale(load));
}

}  // namespace stampede::plan
