#include "core/http/api.hpp"

#include <charconv>
#include <exception>
#include <utility>
#include <vector>

#include "core/http/decode.hpp"
#include "core/http/hosting.hpp"

namespace stampede::http {

namespace {

constexpr std::string_view kRetryAfterSeconds = "1";

Router router_of(const ApiOptions& options) {
  std::vector<RoutePattern> patterns;
  for (const auto& route : routes()) {
    if (!route.admin || options.admin) patterns.push_back({route.method, route.path});
  }
  return Router(patterns);
}

// A mix of all bits of `value` (SplitMix64, Steele, Lea and Flood 2014): neighbours look unrelated.
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31U);
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != lower[i]) return false;
  }
  return true;
}

// A body of no stated type is taken for JSON.
bool is_json(const HttpRequest& request) {
  auto type = request.header("Content-Type");
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type.empty() || equal_ignoring_case(type, "application/json");
}

// Three decimals of a millisecond: whole microseconds.
void append_milliseconds(std::string& out, std::chrono::nanoseconds duration) {
  const auto micros = duration.count() / 1'000;
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, micros / 1'000).ptr;
  out.append(digits, end);
  out += '.';
  const auto rest = micros % 1'000;
  out += static_cast<char>('0' + rest / 100);
  out += static_cast<char>('0' + rest / 10 % 10);
  out += static_cast<char>('0' + rest % 10);
}

void append_timing(std::string& out, std::string_view name, std::chrono::nanoseconds duration) {
  if (duration.count() <= 0) return;
  if (!out.empty()) out += ", ";
  out += name;
  out += ";dur=";
  append_milliseconds(out, duration);
}

}  // namespace

Api::Api(Services services, ApiOptions options)
    : services_(services),
      hosted_(services.stores.hosted()),
      router_(router_of(options)),
      next_correlation_(mix(options.seed + 1)) {}

std::string_view Api::correlation_of(const HttpRequest& request, std::string& made) {
  const auto given = request.header("X-Correlation-Id");
  if (is_correlation(given)) return given;
  constexpr std::string_view kHex = "0123456789abcdef";
  auto value = mix(next_correlation_.fetch_add(0x9E3779B97F4A7C15ULL, std::memory_order_relaxed));
  made.resize(16);
  for (auto& digit : made) {
    digit = kHex[value & 0xFU];
    value >>= 4U;
  }
  return made;
}

Answer Api::answer(const HttpRequest& request, const RouteMatch& match, Context& context,
                   std::string_view correlation) const noexcept {
  try {
    const auto& route = routes()[match.route];
    const auto service = hosted_.all() ? std::nullopt : service_of(request.path);
    if (service && !hosts(*service)) {
      return refuse(problem_for(RequestFault::kNotHosted),
                    "The " + std::string(saga::name_of(*service)) +
                        " service answers this; here are: " + saga::names_of(hosted_));
    }
    Call call{request, match, context, {"", std::string(correlation)}, services_};
    if (route.method == "POST") {
      const auto key = request.header("Idempotency-Key");
      if (!key.empty() && !is_request_key(key)) {
        return refuse_invalid(
            {{"Idempotency-Key", "1 to 64 printable ASCII characters without spaces"}});
      }
      if (!request.body.empty() && !is_json(request)) {
        return refuse(problem_for(RequestFault::kUnsupportedMediaType));
      }
      call.tag.key = key;
    }
    return route.handle(call);
  } catch (const std::exception& error) {  // The edge of the request.
    return refuse({ErrorCode::kInternal, error.what()});
  } catch (...) {
    return refuse({ErrorCode::kInternal, "the handler threw what is not a std::exception"});
  }
}

Answer Api::answer_unmatched(const RouteMatch& match) {
  if (match.kind == RouteMatch::Kind::kMethodNotAllowed) {
    auto answer = refuse(problem_for(RequestFault::kMethodNotAllowed));
    answer.allow = match.allow;
    return answer;
  }
  return refuse(problem_for(RequestFault::kRouteNotFound));
}

std::string server_timing(const Phases& phases) {
  std::string text;
  text.reserve(96);
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    append_timing(text, kPhaseNames.at(i), phases.spent(static_cast<Phase>(i)));
  }
  append_timing(text, "hold", phases.lock_hold);
  if (phases.attempts > 0) {
    if (!text.empty()) text += ", ";
    text += "attempts;desc=\"" + std::to_string(phases.attempts) + '"';
  }
  return text;
}

HttpResponse respond(Answer answer, std::string_view correlation, const Phases& phases,
                     const Receipt& receipt) {
  HttpResponse response;
  response.headers.reserve(4);
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(receipt.received -
                                                                           receipt.server_started);
  response.headers.emplace_back("X-Correlation-Id", correlation);
  response.headers.emplace_back("X-Stampede-Received", std::to_string(since.count()));
  if (auto timing = server_timing(phases); !timing.empty()) {
    response.headers.emplace_back("Server-Timing", std::move(timing));
  }
  if (answer.replayed) response.headers.emplace_back("Idempotent-Replayed", "true");
  if (answer.problem == nullptr) {
    response.status = answer.status;
    response.body = std::move(answer.body);
    response.content_type = std::move(answer.content_type);
    return response;
  }
  response.status = answer.problem->status;
  response.content_type = "application/problem+json";
  response.body = problem_body(*answer.problem, answer.detail, correlation, answer.faults);
  if (answer.problem->retry) response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  if (!answer.allow.empty()) response.headers.emplace_back("Allow", answer.allow);
  return response;
}

telemetry::RequestNames request_names() {
  telemetry::RequestNames names;
  for (const auto& route : routes()) names.routes.push_back(route.name);
  names.routes.emplace_back("unmatched");
  names.outcomes.emplace_back("OK");
  for (const auto& problem : problem_types()) names.outcomes.push_back(problem.code);
  return names;
}

std::size_t route_index(const RouteMatch& match) {
  return match.kind == RouteMatch::Kind::kFound ? match.route : routes().size();
}

std::size_t outcome_index(const Answer& answer) {
  return answer.problem == nullptr ? 0 : 1 + index_of(*answer.problem);
}

}  // namespace stampede::http
