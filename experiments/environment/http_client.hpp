// A small blocking HTTP client for talking to servers under test outside the measured load:
// seeding, draining, auditing. One connection, kept alive; one thread at a time.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/api/result.hpp"

namespace stampede::environment {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(std::string base_url);  // "http://127.0.0.1:8080", without a trailing slash.
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // kUnavailable when there is no connection, kTimeout, kInDoubt when the answer broke off. Any
  // complete answer is a value, whatever its status.
  Result<HttpAnswer> get(const std::string& path, std::chrono::milliseconds timeout);
  Result<HttpAnswer> post(const std::string& path, const std::string& body,
                          std::chrono::milliseconds timeout,
                          const std::vector<std::string>& headers = {});

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace stampede::environment
