// A small HTTP server with a will of its own: it remembers each request and answers as a test says,
// late, wrongly or not at all. One thread; bound to a free port of 127.0.0.1.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stampede::load {

struct SeenRequest {
  std::string method;
  std::string target;
  std::string body;
  std::string key;         // Its Idempotency-Key.
  std::size_t connection;  // Counted from 0.
};

struct TestReply {
  int status = 200;
  std::string body = "{}";
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::nanoseconds delay{0};
  bool close = false;  // Says so, and closes after the answer.
  bool hang_up =
      false;            // Closes without saying so: after the answer, or instead of it when silent.
  bool silent = false;  // No answer; the connection stays open unless hang_up.
  std::string raw;      // Sent instead of an answer when not empty.
};

class TestServer {
 public:
  // Called on the server's thread, for one request at a time.
  using Handler = std::function<TestReply(const SeenRequest&)>;

  explicit TestServer(Handler handler);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::uint16_t port() const;
  std::vector<SeenRequest> requests() const;
  std::size_t connections() const;

  // Waits until so many requests were seen; false after 20 s.
  bool wait_for_requests(std::size_t count) const;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace stampede::load
