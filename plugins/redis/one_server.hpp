// The one Redis server that keeps a plugin's state: one request at a time with its reply, and what
// the lack of one means. Safe for concurrent use.

#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "plugins/redis/message.hpp"
#include "plugins/redis/nodes.hpp"

namespace stampede::redis {

class OneServer {
 public:
  // Without a url it can be made, but not asked. Throws std::invalid_argument when the url is none,
  // or names several.
  OneServer(const std::string& url, std::chrono::nanoseconds timeout,
            std::span<const Script* const> scripts);

  // The reply, which is no error reply. kTimeout when the deadline has passed already and
  // kUnavailable when the server cannot be reached, or cannot work now: nothing was done then;
  // kInDoubt when it did not answer, kInternal when it answered with another error.
  Result<Reply> ask(const Request& request, Deadline deadline) {
    if (!nodes_) return no_url();
    auto session = nodes_->borrow();
    return ask(session, request, deadline);
  }
  Result<Reply> ask(Nodes::Session& session, const Request& request, Deadline deadline);

  // A session to keep. Not without a url.
  Nodes::Session borrow() { return nodes_->borrow(); }
  bool has_url() const { return nodes_ != nullptr; }
  static Unexpected no_url() {
    return fail(ErrorCode::kInvalid,
                "the option 'url' is empty; name the Redis server, for example 127.0.0.1:6379");
  }

 private:
  std::unique_ptr<Nodes> nodes_;
};

// For a reply of another kind than the request's.
inline Unexpected unexpected_reply(std::string_view request, const Reply& reply) {
  return fail(ErrorCode::kInternal,
              "Redis answered " + std::string(request) + " with " + reply.described());
}

}  // namespace stampede::redis
