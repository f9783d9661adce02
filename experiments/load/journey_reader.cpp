#include <array>
#include <charconv>

#include "core/config/map_reader.hpp"
#include "core/config/text.hpp"
#include "experiments/load/journey.hpp"
#include "experiments/load/plan_reader.hpp"

namespace stampede::load {

namespace {

using config::Faults;
using config::MapReader;
using config::Tree;

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kMethods{{
    {"GET", "GET"},
    {"POST", "POST"},
    {"PUT", "PUT"},
    {"PATCH", "PATCH"},
    {"DELETE", "DELETE"},
}};
constexpr std::array<std::pair<std::string_view, OperationKind>, 6> kOperations{{
    {"read", OperationKind::kRead},
    {"order", OperationKind::kOrder},
    {"issue", OperationKind::kIssue},
    {"charge", OperationKind::kCharge},
    {"cart", OperationKind::kCart},
    {"other", OperationKind::kOther},
}};

// Calls visit(name, text) for the entries of a map of plain values.
template <typename Visit>
void for_each_text(MapReader& step, std::string_view key, Faults& faults, Visit visit) {
  const auto* found = step.child(key);
  MapReader map(found, step.path_of(key), faults);
  if (found == nullptr) return;
  for (const auto& [name, value] : found->entries) visit(name, map.text(name, ""));
}

StepSpec read_step(const Tree& tree, const std::string& path, std::vector<std::string>& captures,
                   Faults& faults) {
  MapReader map(&tree, path, faults);
  StepSpec step;
  map.require("path");
  step.path = map.text("path", "/");
  step.name = map.text("name", step.path);
  step.method =
      map.choice<std::string_view>("method", "GET", config::Choices<std::string_view>(kMethods));
  step.body = map.text("body", "");
  const auto usual = step.method == "GET" ? OperationKind::kRead : OperationKind::kOther;
  step.kind = map.choice("operation", usual, config::Choices<OperationKind>(kOperations));
  if ((step.kind == OperationKind::kRead) != (step.method == "GET")) {
    map.fault("operation",
              step.method + " cannot be of the kind " + std::string(to_string(step.kind)));
  }
  for_each_text(map, "headers", faults, [&step](const std::string& name, std::string value) {
    step.headers.emplace_back(name, std::move(value));
  });
  for (const auto& text : map.texts("expect")) {
    const auto status = config::parse_integer(text);
    if (status && *status >= 200 && *status < 600) {
      step.expect.push_back(static_cast<int>(*status));
    } else {
      map.fault("expect", "expected statuses from 200 to 599, got \"" + text + "\"");
    }
  }
  if (const auto wrong = check_step(step, captures); !wrong.empty()) map.fault("", wrong);
  for_each_text(map, "capture", faults, [&](const std::string& name, std::string pointer) {
    step.captures.push_back({name, std::move(pointer)});
    captures.push_back(name);
  });
  map.finish();
  return step;
}

}  // namespace

std::vector<JourneySpec> read_journeys(const config::Tree* journeys, const std::string& path,
                                       config::Faults& faults) {
  std::vector<JourneySpec> specs;
  const MapReader map(journeys, path, faults);  // Reports what is no map.
  if (journeys == nullptr) return specs;
  for (const auto& [name, steps] : journeys->entries) {
    JourneySpec spec{name, {}};
    const auto place = map.path_of(name);
    if (!steps.is_list() || steps.items.empty()) {
      faults.push_back({steps.origin, place, "expected a list of steps"});
    }
    std::vector<std::string> captures;
    for (std::size_t i = 0; i < steps.items.size(); ++i) {
      spec.steps.push_back(
          read_step(steps.items[i], place + "[" + std::to_string(i) + "]", captures, faults));
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

Result<Target> parse_url(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  const auto refuse = [&url](const std::string& why) {
    return fail(ErrorCode::kInvalid,
                "\"" + url + "\" is no target: " + why + "; expected http://HOST[:PORT][/PATH]");
  };
  if (!url.starts_with(kScheme)) return refuse("only http:// is spoken");
  const auto rest = std::string_view(url).substr(kScheme.size());
  const auto slash = rest.find('/');
  auto authority = rest.substr(0, slash);
  Target target{.port = 80};
  if (slash != std::string_view::npos) target.base_path = rest.substr(slash);
  while (target.base_path.ends_with('/')) target.base_path.pop_back();
  const auto bracket = authority.rfind(']');  // Of an IPv6 address.
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const auto digits = authority.substr(colon + 1);
    const auto port = config::parse_integer(digits);
    if (!port || *port < 1 || *port > 65'535) return refuse("the port must be 1 to 65535");
    target.port = static_cast<std::uint16_t>(*port);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  if (authority.empty() || authority.find('@') != std::string_view::npos) {
    return refuse("it needs a host, and no user");
  }
  if (target.base_path.find_first_of(" ?#{}") != std::string::npos) {
    return refuse("the path must be a plain one");
  }
  target.host = authority;
  return target;
}

}  // namespace stampede::load
