// One command to a Redis, as a client would say it.

#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <string>

namespace stampede::environment {

// Lists as lines "a b\nc"; numbers as text; "(error)..." for an error, "" when nobody answers.
inline std::string redis_answer(const std::string& address, const std::string& command) {
  const auto colon = address.find(':');
  const std::unique_ptr<redisContext, void (*)(redisContext*)> session(
      ::redisConnect(address.substr(0, colon).c_str(), std::stoi(address.substr(colon + 1))),
      &::redisFree);
  if (!session || session->err != 0) return {};
  const std::unique_ptr<void, void (*)(void*)> answer(
      ::redisCommand(session.get(), command.c_str()), &::freeReplyObject);
  if (!answer) return {};
  const auto& reply = *static_cast<const redisReply*>(answer.get());
  std::string text;
  if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
  for (std::size_t i = 0; i < reply.elements; ++i) {
    text += std::string(reply.element[i]->str, reply.element[i]->len) + (i % 2 == 0 ? " " : "\n");
  }
  if (reply.str != nullptr) text += std::string(reply.str, reply.len);
  return text;
}

}  // namespace stampede::environment
