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

}  // namespace

void scale_load(Tree& load, double factor) {
  if (!load.is_map()) return;
  for (const auto* key : {"warmup", "duration", "maxDuration"}) {
    scale_duration(load.find(key), factor);
  }
  scale_count(load.find("iterations"), factor);
  Tree* stages = load.find("stages");
  if (stages == nullptr) return;
  for (Tree& stage : stages->items) scale_duration(stage.find("duration"), factor);
}

std::optional<nanoseconds> load_time(const Tree& load) {
  if (!load.is_map()) return std::nullopt;
  const nanoseconds warmup = duration_at(load, "warmup").value_or(nanoseconds(0));
  if (const auto duration = duration_at(load, "duration")) return warmup + *duration;
  const Tree* stages = load.find("stages");
  if (stages == nullptr || stages->items.empty()) return std::nullopt;
  nanoseconds sum = warmup;
  for (const Tree& stage : stages->items) {
    sum += duration_at(stage, "duration").value_or(nanoseconds(0));
  }
  return sum;
}

}  // namespace stampede::plan
