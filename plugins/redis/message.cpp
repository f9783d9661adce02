#include "plugins/redis/message.hpp"

#include <hiredis/hiredis.h>

#include <array>
#include <boost/uuid/detail/sha1.hpp>
#include <memory>
#include <new>

namespace stampede::redis {

namespace {

std::string encoded(const std::vector<std::string_view>& words) {
  std::vector<const char*> starts;
  std::vector<std::size_t> lengths;
  starts.reserve(words.size());
  lengths.reserve(words.size());
  for (const auto word : words) {
    starts.push_back(word.data());
    lengths.push_back(word.size());
  }
  char* text = nullptr;
  const int size =
      redisFormatCommandArgv(&text, static_cast<int>(words.size()), starts.data(), lengths.data());
  if (size < 0) throw std::bad_alloc();
  const std::unique_ptr<char, void (*)(char*)> owner(text, redisFreeCommand);
  return {text, static_cast<std::size_t>(size)};
}

std::string sha1_of(std::string_view text) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(text.data(), text.size());
  boost::uuids::detail::sha1::digest_type words{};
  hash.get_digest(words);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string digest;
  for (const auto word : words) {
    for (int shift = 28; shift >= 0; shift -= 4) digest += kHex[(word >> shift) & 0xFU];
  }
  return digest;
}

}  // namespace

Reply Reply::from(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return {.kind = Kind::kInteger, .integer = reply.integer};
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return {.kind = Kind::kText, .text = {reply.str, reply.len}};
    case REDIS_REPLY_ERROR:
      return {.kind = Kind::kError, .text = {reply.str, reply.len}};
    case REDIS_REPLY_ARRAY: {
      Reply list{.kind = Kind::kList};
      list.list.reserve(reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i) {
        list.list.push_back(from(*reply.element[i]));
      }
      return list;
    }
    default:
      return {};
  }
}

std::string Reply::described() const {
  switch (kind) {
    case Kind::kNil:
      return "nil";
    case Kind::kInteger:
      return std::to_string(integer);
    case Kind::kText:
      return "\"" + text.substr(0, 60) + "\"";
    case Kind::kError:
      return text.substr(0, 120);
    case Kind::kList:
      break;
  }
  return "a list of " + std::to_string(list.size());
}

Script::Script(std::string_view source) : source_(source), digest_(sha1_of(source)) {}

Request::Request(std::initializer_list<std::string_view> words)
    : words_(words), bytes_(encoded(words_)) {}

Request::Request(const Script& script, std::span<const std::string> keys,
                 std::span<const std::string_view> arguments)
    : script_(&script), count_of_keys_(std::to_string(keys.size())) {
  words_.reserve(3 + keys.size() + arguments.size());
  words_ = {"EVALSHA", script.digest(), count_of_keys_};
  words_.insert(words_.end(), keys.begin(), keys.end());
  words_.insert(words_.end(), arguments.begin(), arguments.end());
  bytes_ = encoded(words_);
}

std::string Request::in_full() const {
  auto words = words_;
  words[0] = "EVAL";
  words[1] = script_->source();
  return encoded(words);
}

}  // namespace stampede::redis
