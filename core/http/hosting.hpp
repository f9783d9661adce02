// Which of the five services answers a path: one table, for a server that hosts some of them and
// refuses the rest, and for whoever sends each request to a process that hosts its service. Pure.

#pragma once

#include <optional>
#include <string_view>

#include "core/saga/area.hpp"

namespace stampede::http {

// `path` is that of a request, without the query: "/api/v1/orders/018f...". Nothing for what every
// process answers about itself (/healthz, /admin/stats, ...), and for what is no route.
std::optional<saga::Area> service_of(std::string_view path);

}  // namespace stampede::http
