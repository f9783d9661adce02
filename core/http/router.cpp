#include "core/http/router.hpp"

#include <cstdlib>

namespace stampede::http {

namespace {

// Cuts the first segment off a path that starts with '/'.
std::string_view take_segment(std::string_view& path) {
  const auto end = path.find('/', 1);
  const auto segment = path.substr(1, end == std::string_view::npos ? end : end - 1);
  path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  return segment;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

std::string_view without_prefix(std::string_view path) {
  for (const std::string_view prefix : {"/api/v1", "/api"}) {
    if (path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/')) {
      return path.substr(prefix.size());
    }
  }
  return path;
}

Router::Router(std::span<const RoutePattern> patterns) {
  for (std::size_t i = 0; i < patterns.size(); ++i) add(patterns[i], i);
  for (auto& node : nodes_) {
    for (const auto& [method, route] : node.methods) {
      if (!node.allow.empty()) node.allow += ", ";
      node.allow += method;
      if (method == "GET") node.allow += ", HEAD";
    }
  }
}

void Router::add(const RoutePattern& pattern, std::size_t route) {
  std::size_t node = 0;
  for (auto rest = pattern.path; !rest.empty();) node = child(node, take_segment(rest));
  for (const auto& [method, taken] : nodes_[node].methods) {
    if (method == pattern.method) std::abort();
  }
  nodes_[node].methods.emplace_back(pattern.method, route);
}

std::size_t Router::child(std::size_t node, std::string_view segment) {
  if (is_parameter(segment)) {
    if (nodes_[node].parameter == 0) {
      nodes_[node].parameter = nodes_.size();
      nodes_.emplace_back();
    }
    return nodes_[node].parameter;
  }
  for (const auto& [literal, next] : nodes_[node].literals) {
    if (literal == segment) return next;
  }
  nodes_[node].literals.emplace_back(segment, nodes_.size());
  nodes_.emplace_back();
  return nodes_.size() - 1;
}

RouteMatch Router::match(std::string_view method, std::string_view path) const {
  RouteMatch found;
  std::size_t node = 0;
  std::size_t parameters = 0;
  for (auto rest = without_prefix(path); !rest.empty();) {
    const auto segment = take_segment(rest);
    std::size_t next = 0;
    for (const auto& [literal, to] : nodes_[node].literals) {
      if (literal == segment) next = to;
    }
    if (next == 0 && nodes_[node].parameter != 0 && !segment.empty()) {
      if (parameters == kMostRouteParameters) std::abort();  // The table allows no such pattern.
      found.parameters[parameters++] = segment;
      next = nodes_[node].parameter;
    }
    if (next == 0) return found;
    node = next;
  }
  const auto& methods = nodes_[node].methods;
  if (methods.empty()) return found;
  const auto wanted = method == "HEAD" ? std::string_view("GET") : method;
  for (const auto& [name, route] : methods) {
    if (name == wanted) {
      found.kind = RouteMatch::Kind::kFound;
      found.route = route;
      return found;
    }
  }
  found.kind = RouteMatch::Kind::kMethodNotAllowed;
  found.allow = nodes_[node].allow;
  return found;
}

}  // namespace stampede::http
