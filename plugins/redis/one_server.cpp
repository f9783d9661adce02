#include "plugins/redis/one_server.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include "plugins/redis/address.hpp"

namespace stampede::redis {

namespace {

// What a server says that would have done it at another time.
bool is_passing(std::string_view error) {
  constexpr std::array<std::string_view, 6> kPassing{"LOADING",    "BUSY",       "READONLY",
                                                     "MASTERDOWN", "NOREPLICAS", "OOM"};
  return std::ranges::any_of(
      kPassing, [error](std::string_view prefix) { return error.starts_with(prefix); });
}

}  // namespace

OneServer::OneServer(const std::string& url, std::chrono::nanoseconds timeout,
                     std::span<const Script* const> scripts) {
  if (url.empty()) return;
  auto addresses = parse_addresses(url);
  if (!addresses) throw std::invalid_argument("option 'url': " + addresses.error().message);
  if (addresses->size() != 1) {
    throw std::invalid_argument("option 'url' names " + std::to_string(addresses->size()) +
                                " Redis servers; the state is kept on one");
  }
  nodes_ = std::make_unique<Nodes>(std::move(*addresses), timeout, scripts);
}

Result<Reply> OneServer::ask(Nodes::Session& session, const Request& request, Deadline deadline) {
  if (Clock::now() >= deadline) {
    return fail(ErrorCode::kTimeout, "the deadline passed before Redis was asked");
  }
  const auto answers =
      session.ask(request, deadline, [](Answers heard) { return heard.front().reply.has_value(); });
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

}  // namespace stampede::redis
