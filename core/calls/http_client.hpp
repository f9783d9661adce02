// HTTP calls to other processes, by libcurl, over connections that are kept and shared among the
// callers. Safe for concurrent use.

#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/operation.hpp"
#include "core/api/result.hpp"

namespace stampede::calls {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // kTimeout at the deadline, which travels along; kUnavailable when nobody answers. Either way it
  // is not known what became of a call that had been sent. `correlation` may be "".
  Result<HttpAnswer> get(const std::string& url, Deadline deadline);
  Result<HttpAnswer> post(const std::string& url, const std::string& body,
                          std::string_view correlation, Deadline deadline);

 private:
  class Handle;
  struct Message;

  Result<HttpAnswer> call(const std::string& url, const Message& message, Deadline deadline);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;  // The one used last is the first to be used again.
};

}  // namespace stampede::calls
