// What goes to a Redis server and what comes back, as values.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct redisReply;

namespace stampede::redis {

struct Reply {
  enum class Kind : std::uint8_t { kNil, kInteger, kText, kError, kList };

  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text;  // Of kText, and of kError: what the server said.
  std::vector<Reply> list;

  static Reply from(const redisReply& reply);

  bool is(std::int64_t value) const { return kind == Kind::kInteger && integer == value; }
  bool is(std::string_view value) const { return kind == Kind::kText && text == value; }
  // For messages: what was received, in short.
  std::string described() const;
};

// A Lua script, known to servers by its SHA-1 once they have run it in full.
class Script {
 public:
  explicit Script(std::string_view source);  // Of static lifetime.

  std::string_view source() const { return source_; }
  const std::string& digest() const { return digest_; }

 private:
  std::string_view source_;
  std::string digest_;
};

// One command, encoded. A script is sent by its digest; a server that does not know it is sent the
// source. Short-lived: the words and the script outlive it.
class Request {
 public:
  Request(std::initializer_list<std::string_view> words);
  Request(const Script& script, std::span<const std::string> keys,
          std::span<const std::string_view> arguments);
  Request(const Request&) = delete;  // It refers to its own parts.
  Request& operator=(const Request&) = delete;

  const std::string& bytes() const { return bytes_; }
  // The same with the source of the script. Only for a script.
  std::string in_full() const;
  bool is_script() const { return script_ != nullptr; }

 private:
  const Script* script_ = nullptr;
  std::vector<std::string_view> words_;
  std::string count_of_keys_;
  std::string bytes_;
};

}  // namespace stampede::redis
