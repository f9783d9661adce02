#include "plugins/gates/redis_server.hpp"

#include <algorithm>

namespace stampede::gates {

namespace {

// What a server says that would have done it at another time.
bool is_passing(std::string_view error) {
  constexpr std::array<std::string_view, 6> kPassing{"LOADING",    "BUSY",       "READONLY",
                                                     "MASTERDOWN", "NOREPLICAS", "OOM"};
  return std::ranges::any_of(
      kPassing, [error](std::string_view prefix) { return error.starts_with(prefix); });
}

}  // namespace

Result<redis::Reply> RedisServer::ask(redis::Nodes::Session& session, const redis::Request& request,
                                      Deadline deadline) {
  if (Clock::now() >= deadline) {
    return fail(ErrorCode::kTimeout, "the deadline passed before Redis was asked");
  }
  const auto answers = session.ask(
      request, deadline, [](redis::Answers heard) { return heard.front().reply.has_value(); });
  const auto& answer = answers.front();
  if (!answer.reply) {
    // Nothing travels over a connection that was refused; of any other fault it is not known when
    // it came.
    const bool refused = answer.fault.find("refused") != std::string::npos;
    return fail(refused ? ErrorCode::kUnavailable : ErrorCode::kInDoubt,
                "Redis " + nodes_->faults(answers));
  }
  if (answer.reply->kind == redis::Reply::Kind::kError) {
    return fail(is_passing(answer.reply->text) ? ErrorCode::kUnavailable : ErrorCode::kInternal,
                "Redis " + nodes_->faults(answers));
  }
  return *answer.reply;
}

}  // namespace stampede::gates
