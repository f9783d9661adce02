// HTTP calls to other processes by libcurl. Connections are kept and shared among callers, or made
// anew for each call. Safe for concurrent use.

#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/api/operation.hpp"
#include "core/api/result.hpp"

namespace stampede::transports {

struct Answer {
  int status = 0;
  std::string body;
};

class Caller {
 public:
  explicit Caller(bool keeps_connections);
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // kTimeout at the deadline, which travels along; kUnavailable when nobody answers.
  Result<Answer> get(const std::string& url, Deadline deadline);
  Result<Answer> post(const std::string& url, const std::string& body, Deadline deadline);

 private:
  class Handle;

  Result<Answer> call(const std::string& url, const std::string* body, Deadline deadline);

  const bool keeps_connections_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;  // The one used last is the first to be used again.
};

}  // namespace stampede::transports
