// Answers what services in other processes ask of those here, and says which ones are here. Safe
// for concurrent use; knows nothing of sockets and threads.

#pragma once

#include <string>
#include <string_view>

#include "core/saga/area.hpp"
#include "core/saga/calls.hpp"
#include "core/telemetry/log.hpp"

namespace stampede::calls {

class Desk {
 public:
  // What is passed in outlives the desk. `hosted` are the services of this process.
  Desk(const saga::Desks& desks, const saga::Areas& hosted, telemetry::Log& log)
      : desks_(desks), hosted_(hosted), log_(log) {}

  // For GET /services.
  std::string services() const;

  // For POST /calls/{name}: the body of the answer. kNotFound when no service here answers such a
  // call, kInvalid when the body is not what it takes.
  Result<std::string> answer(std::string_view name, std::string_view body,
                             std::string_view correlation, Deadline deadline);

 private:
  struct Answered {
    std::string body;
    std::string order;  // "" when the call is about none.
  };
  Result<Answered> dispatch(std::string_view name, std::string_view body, saga::Call& call);
  Result<Answered> quote(std::string_view body, saga::Call& call);
  Result<Answered> about_coupon(std::string_view name, std::string_view body, saga::Call& call);

  const saga::Desks desks_;
  const saga::Areas hosted_;
  telemetry::Log& log_;
};

}  // namespace stampede::calls
