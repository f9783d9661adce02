#include "core/telemetry/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <utility>

#include "core/http/json_writer.hpp"

namespace stampede::telemetry {

namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), then the last steps of MurmurHash3
// (A. Appleby): alone, FNV leaves the high bits of short texts too much alike to sample by.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  hash = (hash ^ (hash >> 33U)) * 0xFF51AFD7ED558CCDULL;
  hash = (hash ^ (hash >> 33U)) * 0xC4CEB9FE1A85EC53ULL;
  return hash ^ (hash >> 33U);
}

// To the microsecond.
double milliseconds(std::chrono::nanoseconds duration) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(duration);
  return static_cast<double>(micros.count()) / 1e3;
}

void write_value(http::JsonWriter& json, const LogField& field, const Log::Redact& redact) {
  json.key(field.name);
  std::visit(
      [&](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string_view>) {
          json.text(redact ? redact(std::string(value)) : std::string(value));
        } else if constexpr (std::is_same_v<Value, std::int64_t>) {
          json.integer(value);
        } else if constexpr (std::is_same_v<Value, bool>) {
          json.boolean(value);
        } else {
          json.real(value);
        }
      },
      field.value);
}

void write_phases(http::JsonWriter& json, const Phases& phases) {
  json.key("phases").begin_object();
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    const auto spent = phases.spent(static_cast<Phase>(i));
    if (spent.count() > 0) json.key(kPhaseNames.at(i)).real(milliseconds(spent));
  }
  json.end_object();
}

}  // namespace

struct Log::Parts {
  LogOptions options;
  Redact redact;
  spdlog::logger logger;
  std::uint64_t sample_below;  // A request whose hash is below it is logged.

  // The text goes in as one argument: what a client sent is never a format string.
  void write(LogLevel level, const std::string& members) {
    logger.log(spdlog_level(level), spdlog::string_view_t(members));
  }
};

Log::Log(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(const LogOptions& options, Redact redact) {
  spdlog::sink_ptr sink;
  if (options.file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    try {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    } catch (const spdlog::spdlog_ex& error) {
      return fail(ErrorCode::kInvalid,
                  "cannot write the log file " + options.file + ": " + error.what());
    }
  }
  const auto below = options.sample * 18446744073709551616.0;  // 2^64: the number of hashes.
  auto parts = std::make_unique<Parts>(
      Parts{options, std::move(redact), spdlog::logger("stampede", std::move(sink)),
            options.sample >= 1 ? UINT64_MAX : static_cast<std::uint64_t>(below)});
  parts->logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
      R"({"timestamp":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})", spdlog::pattern_time_type::utc));
  parts->logger.set_level(spdlog_level(options.level));
  parts->logger.flush_on(spdlog::level::warn);
  return std::unique_ptr<Log>(new Log(std::move(parts)));
}

void Log::event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!parts_->logger.should_log(spdlog_level(level))) return;
  std::string members;
  http::JsonWriter json(members);
  json.key("event").text(event);
  for (const auto& field : fields) write_value(json, field, parts_->redact);
  parts_->write(level, members);
  parts_->logger.flush();
}

bool Log::wants(std::string_view correlation, bool failed) const {
  const auto& options = parts_->options;
  if (options.requests == RequestLogging::kOff) return false;
  const auto level = failed ? LogLevel::kError : LogLevel::kInfo;
  if (!parts_->logger.should_log(spdlog_level(level))) return false;
  return failed || options.requests == RequestLogging::kAll || options.sample >= 1 ||
         hash_of(correlation) < parts_->sample_below;
}

void Log::request(const RequestLine& line) {
  if (!wants(line.correlation, line.failed)) return;
  std::string members;
  members.reserve(384);
  http::JsonWriter json(members);
  json.key("event").text("request");
  json.key("correlation").text(line.correlation);
  json.key("method").text(line.method);
  json.key("route").text(line.route);
  json.key("status").integer(line.status);
  json.key("outcome").text(line.outcome);
  json.key("latencyMs").real(milliseconds(line.latency));
  json.key("attempts").integer(line.phases.attempts);
  write_phases(json, line.phases);
  if (!line.message.empty()) {
    const auto& redact = parts_->redact;
    json.key("message").text(redact ? redact(std::string(line.message))
                                    : std::string(line.message));
  }
  parts_->write(line.failed ? LogLevel::kError : LogLevel::kInfo, members);
}

void Log::saga(const SagaLine& line) {
  if (!wants(line.correlation, false)) return;
  std::string members;
  members.reserve(256);
  http::JsonWriter json(members);
  json.key("event").text("saga");
  json.key("correlation").text(line.correlation);
  json.key("service").text(line.service);
  json.key("topic").text(line.topic);
  if (!line.order.empty()) json.key("orderId").text(line.order);
  json.key("note").text(line.note);
  json.key("tookMs").real(milliseconds(line.took));
  parts_->write(LogLevel::kInfo, members);
}

}  // namespace stampede::telemetry
