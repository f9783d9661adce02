#include "experiments/report/result_file.hpp"

#include <fmt/core.h>

#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "experiments/report/result_fields.hpp"

namespace stampede::report {
namespace {

using Json = nlohmann::ordered_json;

// ---- Writing.

struct Writer {
  Json& object;
  template <typename T>
  void operator()(const char* key, const T& value);
};

template <typename T>
concept Number = std::is_arithmetic_v<T>;

Json encode(const Number auto& value) { return value; }
Json encode(const std::string& value) { return value; }
Json encode(Nanoseconds value) { return value.count(); }
Json encode(State value) { return to_string(value); }
Json encode(plan::AuditState value) { return plan::to_string(value); }
Json encode(stats::Answer value) { return stats::to_string(value); }

// Buckets as a flat list (lowest, count, lowest, count, ...): a histogram is most of the file.
Json encode(const Histogram& histogram) {
  Json buckets = Json::array();
  histogram.for_each([&](std::int64_t lowest, std::uint64_t count) {
    buckets.push_back(lowest);
    buckets.push_back(count);
  });
  return {{"count", histogram.count()},
          {"min", histogram.min().count()},
          {"mean", histogram.mean().count()},
          {"p50", histogram.quantile(0.5).count()},
          {"p95", histogram.quantile(0.95).count()},
          {"p99", histogram.quantile(0.99).count()},
          {"max", histogram.max().count()},
          {"buckets", std::move(buckets)}};
}

Json encode(const std::pair<std::string, std::string>& value) {
  return Json::array({value.first, value.second});
}

template <typename T>
Json encode(const T& value)
  requires requires(Writer& writer) { fields(writer, value); }
{
  Json object = Json::object();
  Writer writer{object};
  fields(writer, value);
  return object;
}

template <typename T>
Json encode(const std::vector<T>& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(encode(value));
  return list;
}

template <typename T>
Json encode(const std::optional<T>& value) {
  return value ? encode(*value) : Json(nullptr);
}

template <typename T>
void Writer::operator()(const char* key, const T& value) {
  object[key] = encode(value);
}

// ---- Reading. A mismatch is thrown as a Misfit and becomes an Error in from_json(): values lie
// deep in the file, and every level would have to hand it on.

struct Misfit {
  std::string path;
  std::string message;
};

struct Reader {
  const Json& object;
  std::string path;
  template <typename T>
  void operator()(const char* key, T& value);
};

[[noreturn]] void misfit(const std::string& path, const std::string& expected, const Json& json) {
  throw Misfit{path, fmt::format("expected {}, got {}", expected, json.type_name())};
}

template <Number T>
void decode(const Json& json, T& value, const std::string& path) {
  if constexpr (std::same_as<T, bool>) {
    if (!json.is_boolean()) misfit(path, "true or false", json);
  } else if constexpr (std::floating_point<T>) {
    if (!json.is_number()) misfit(path, "a number", json);
  } else {
    if (!json.is_number_integer()) misfit(path, "a whole number", json);
  }
  value = json.get<T>();
}

void decode(const Json& json, std::string& value, const std::string& path) {
  if (!json.is_string()) misfit(path, "a text", json);
  value = json.get<std::string>();
}

void decode(const Json& json, Nanoseconds& value, const std::string& path) {
  std::int64_t count = 0;
  decode(json, count, path);
  value = Nanoseconds(count);
}

template <typename T, typename From>
void decode_name(const Json& json, T& value, const std::string& path, From from) {
  std::string name;
  decode(json, name, path);
  const auto found = from(name);
  if (!found) throw Misfit{path, fmt::format("\"{}\" is not known", name)};
  value = *found;
}

void decode(const Json& json, State& value, const std::string& path) {
  decode_name(json, value, path, state_from);
}
void decode(const Json& json, plan::AuditState& value, const std::string& path) {
  decode_name(json, value, path, plan::audit_state_from);
}
void decode(const Json& json, stats::Answer& value, const std::string& path) {
  decode_name(json, value, path, stats::answer_from);
}

void decode(const Json& json, Histogram& value, const std::string& path) {
  if (!json.is_object()) misfit(path, "a histogram", json);
  Reader reader{json, path};
  Nanoseconds min{0};
  Nanoseconds max{0};
  Nanoseconds mean{0};
  std::vector<std::int64_t> flat;
  reader("min", min);
  reader("max", max);
  reader("mean", mean);
  reader("buckets", flat);
  if (flat.size() % 2 != 0) throw Misfit{path + "/buckets", "expected pairs"};
  std::vector<std::pair<std::int64_t, std::uint64_t>> buckets;
  for (std::size_t i = 0; i < flat.size(); i += 2) {
    if (flat[i + 1] < 0) throw Misfit{path + "/buckets", "a count is negative"};
    buckets.emplace_back(flat[i], static_cast<std::uint64_t>(flat[i + 1]));
  }
  value = Histogram::restore(buckets, min, max, mean);
}

void decode(const Json& json, std::pair<std::string, std::string>& value, const std::string& path) {
  if (!json.is_array() || json.size() != 2) misfit(path, "a pair", json);
  decode(json[0], value.first, path + "/0");
  decode(json[1], value.second, path + "/1");
}

template <typename T>
void decode(const Json& json, T& value, const std::string& path)
  requires requires(Reader& reader) { fields(reader, value); }
{
  if (!json.is_object()) misfit(path, "an object", json);
  Reader reader{json, path};
  fields(reader, value);
}

template <typename T>
void decode(const Json& json, std::vector<T>& values, const std::string& path) {
  if (!json.is_array()) misfit(path, "a list", json);
  values.resize(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    decode(json[i], values[i], fmt::format("{}/{}", path, i));
  }
}

template <typename T>
void decode(const Json& json, std::optional<T>& value, const std::string& path) {
  if (json.is_null()) return;
  decode(json, value.emplace(), path);
}

template <typename T>
void Reader::operator()(const char* key, T& value) {
  const auto found = object.find(key);
  const std::string inner = path + "/" + key;
  if (found == object.end()) throw Misfit{inner, "is missing"};
  decode(*found, value, inner);
}

std::string system_message() { return std::error_code(errno, std::generic_category()).message(); }

}  // namespace

std::string to_json(const RunResult& run) {
  Json json = {{"schema", kSchema}};
  Writer writer{json};
  fields(writer, run);
  // Texts may hold what a server or a file said: bytes that are not UTF-8 are replaced.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<RunResult> from_json(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(ErrorCode::kInvalid, "not JSON");
  if (!json.is_object() || !json.contains("schema")) {
    return fail(ErrorCode::kInvalid, "not the result of a run: it has no \"schema\"");
  }
  if (json["schema"] != kSchema) {
    return fail(ErrorCode::kInvalid,
                fmt::format("written with schema {}; this program reads schema {}",
                            json["schema"].dump(), kSchema));
  }
  try {
    RunResult run;
    decode(json, run, "");
    return run;
  } catch (const Misfit& misfit) {
    return fail(ErrorCode::kInvalid, misfit.path + ": " + misfit.message);
  }
}

Result<void> write_file(const std::filesystem::path& file, const std::string& text) {
  auto beside = file;
  beside += ".part";
  {
    std::ofstream stream(beside, std::ios::binary | std::ios::trunc);
    stream << text;
    stream.close();
    if (!stream) {
      return fail(ErrorCode::kUnavailable,
                  fmt::format("{}: cannot be written: {}", beside.string(), system_message()));
    }
  }
  std::error_code error;
  std::filesystem::rename(beside, file, error);
  if (error) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("{}: cannot be written: {}", file.string(), error.message()));
  }
  return {};
}

Result<RunResult> read_result(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    const auto code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable;
    return fail(code, fmt::format("{}: cannot be read: {}", file.string(), system_message()));
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  auto run = from_json(text);
  if (!run) return fail(run.error().code, file.string() + ": " + run.error().message);
  return run;
}

}  // namespace stampede::report
