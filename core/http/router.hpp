// Finds the route of a request. A path is cut at its slashes and walked down a tree of segments, so
// the time is linear in the path's length, whatever the path is, and nothing recurses.
//
// Immutable after construction and safe for concurrent use. A match views the path it was given.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stampede::http {

struct RoutePattern {
  std::string_view method;
  std::string_view path;  // "/orders/{id}": a segment in braces stands for any non-empty one.
};

inline constexpr std::size_t kMostRouteParameters = 2;

struct RouteMatch {
  enum class Kind : std::uint8_t { kFound, kNotFound, kMethodNotAllowed };
  Kind kind = Kind::kNotFound;
  std::size_t route = 0;  // Index into the patterns, when found.
  // The segments in braces, in order, still percent-encoded.
  std::array<std::string_view, kMostRouteParameters> parameters;
  std::string_view allow;  // "GET, HEAD": what the path does allow. Lives as long as the router.
};

class Router {
 public:
  // Aborts on two equal patterns: that is a bug in the table, not bad input.
  explicit Router(std::span<const RoutePattern> patterns);

  // "/api/v1/x", "/api/x" and "/x" are the same path. A literal segment wins over one in braces.
  // HEAD is answered by the route of GET.
  RouteMatch match(std::string_view method, std::string_view path) const;

 private:
  struct Node {
    std::vector<std::pair<std::string, std::size_t>> literals;  // Few: searched in order.
    std::size_t parameter = 0;                                  // 0: none, as 0 is the root.
    std::vector<std::pair<std::string, std::size_t>> methods;
    std::string allow;
  };

  void add(const RoutePattern& pattern, std::size_t route);
  std::size_t child(std::size_t node, std::string_view segment);

  std::vector<Node> nodes_{1};
};

// The path without "/api/v1" or "/api".
std::string_view without_prefix(std::string_view path);

}  // namespace stampede::http
