// What handlers that read share: a view of the store for a moment, and lists.

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/http/encode.hpp"
#include "core/http/route.hpp"

namespace stampede::http {

// Opens a view of the store and answers with what `read` makes of it; an Error when there is none
// in time. The wait counts as the phase pool, the reading as store.
template <typename Read>
Answer with_view(const Call& call, Store& store, Read read) {
  auto view = [&] {
    const PhaseTimer timer(call.context.phases, Phase::kPool);
    return store.read_view(call.context.deadline);
  }();
  if (!view) return refuse(view.error());
  const PhaseTimer timer(call.context.phases, Phase::kStore);
  return read(**view);
}

// As with_view, but answers that there is no such user when there is none. Every service knows who
// the users are, so that this asks no other one.
template <typename Read>
Answer with_user_view(const Call& call, Store& store, UserId user, Read read) {
  return with_view(call, store, [&](ReadView& view) {
    const auto wallet = view.wallet(user);
    if (!wallet) return refuse(wallet.error());
    if (!*wallet) return refuse(problem_for(RefusalCode::kUserNotFound));
    return read(view);
  });
}

template <typename Entity>
std::string encoded(const Entity& entity, Detail detail = Detail::kPublic) {
  std::string body;
  body.reserve(384);
  JsonWriter json(body);
  encode(json, entity, detail);
  return body;
}

// {items, total, page, size}
template <typename Entity>
std::string encoded_list(const std::vector<Entity>& items, std::int64_t total, const Page& page) {
  std::string body;
  body.reserve(64 + items.size() * 256);
  JsonWriter json(body);
  json.begin_object();
  json.key("items").begin_array();
  for (const auto& item : items) encode(json, item, Detail::kPublic);
  json.end_array();
  json.key("total").integer(total);
  json.key("page").integer(page.number);
  json.key("size").integer(page.size);
  json.end_object();
  return body;
}

// The answer to a query for one row: the row, the problem that it is not there, or the error.
template <typename Entity>
Answer answer_one(const Result<std::optional<Entity>>& found, const ProblemType& missing) {
  if (!found) return refuse(found.error());
  const auto& row = *found;
  if (!row) return refuse(missing);
  return succeed(200, encoded(*row));
}

// What the pipeline replied, with the value written by `write`.
template <typename Value, typename Write>
Answer answer_reply(const Result<pipeline::Reply<Value>>& reply, int status, Write write) {
  if (!reply) return refuse(reply.error());
  const auto& value = reply->value;
  if (!value) return refuse(problem_for(reply->refusal));
  auto answer = succeed(status, write(*value));
  answer.replayed = reply->replayed;
  return answer;
}

}  // namespace stampede::http
