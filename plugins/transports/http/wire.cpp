#include "plugins/transports/http/wire.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace stampede::transports {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostQuoted = 200;

Unexpected malformed(std::string_view what, std::string_view body) {
  return fail(ErrorCode::kInvalid, "expected " + std::string(what) + ", got \"" +
                                       std::string(body.substr(0, kMostQuoted)) + "\"");
}

// The list at `key`, or nothing when the body is no such thing.
Json list_of(std::string_view body, const char* key) {
  auto json = Json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains(key) || !json[key].is_array()) return nullptr;
  return std::move(json[key]);
}

bool has_texts(const Json& object, std::initializer_list<const char*> keys) {
  if (!object.is_object()) return false;
  for (const auto* key : keys) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) return false;
  }
  return true;
}

ErrorCode code_of_status(int status) {
  switch (status) {
    case 400:
    case 413:
    case 422:
      return ErrorCode::kInvalid;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kConflict;
    case 408:
    case 504:
      return ErrorCode::kTimeout;
    case 503:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInternal;
  }
}

}  // namespace

std::string encode_events(const std::vector<const Event*>& events) {
  auto list = Json::array();
  for (const auto* event : events) {
    list.push_back({{"id", event->id},
                    {"topic", event->topic},
                    {"key", event->key},
                    {"payload", event->payload},
                    {"correlation", event->correlation}});
  }
  return Json{{"events", std::move(list)}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::vector<Event>> decode_events(std::string_view body) {
  const auto list = list_of(body, "events");
  if (list.is_null()) return malformed("{\"events\": [...]}", body);
  std::vector<Event> events;
  for (const auto& event : list) {
    if (!has_texts(event, {"id", "topic", "key", "payload", "correlation"})) {
      return malformed("id, topic, key, payload and correlation of each event", event.dump());
    }
    events.push_back({.id = event["id"],
                      .topic = event["topic"],
                      .key = event["key"],
                      .payload = event["payload"],
                      .correlation = event["correlation"]});
  }
  return events;
}

std::string encode_subscriptions(const std::vector<Subscription>& subscriptions) {
  auto list = Json::array();
  for (const auto& [topic, service] : subscriptions) {
    list.push_back({{"topic", topic}, {"service", service}});
  }
  return Json{{"subscriptions", std::move(list)}}.dump();
}

Result<std::vector<Subscription>> decode_subscriptions(std::string_view body) {
  const auto list = list_of(body, "subscriptions");
  if (list.is_null()) return malformed("{\"subscriptions\": [...]}", body);
  std::vector<Subscription> subscriptions;
  for (const auto& subscription : list) {
    if (!has_texts(subscription, {"topic", "service"})) {
      return malformed("topic and service of each subscription", subscription.dump());
    }
    subscriptions.push_back({subscription["topic"], subscription["service"]});
  }
  return subscriptions;
}

Error error_of(int status, std::string_view body) {
  const auto said = Json::parse(body, nullptr, false);
  auto message = "status " + std::to_string(status);
  if (!has_texts(said, {"code"})) return {code_of_status(status), std::move(message)};
  if (has_texts(said, {"detail"})) message = said["detail"];
  constexpr std::array kCodes{
      ErrorCode::kConflict, ErrorCode::kLockTimeout, ErrorCode::kPoolTimeout, ErrorCode::kLeaseLost,
      ErrorCode::kTimeout,  ErrorCode::kOverloaded,  ErrorCode::kUnavailable, ErrorCode::kInDoubt,
      ErrorCode::kNotFound, ErrorCode::kInvalid,     ErrorCode::kInternal};
  for (const auto code : kCodes) {
    if (said["code"] == to_string(code)) return {code, std::move(message)};
  }
  return {code_of_status(status), std::move(message)};
}

}  // namespace stampede::transports
