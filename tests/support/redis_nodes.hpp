// Private Redis servers for one test, on free ports of this machine. They end with it, also when it
// crashes. Call from the thread that lives longest: servers die with the thread that started them.

#pragma once

#include <signal.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "experiments/environment/process.hpp"
#include "plugins/redis/message.hpp"

namespace stampede::test {

class RedisNodes {
 public:
  // Why there can be none on this machine, or "".
  static std::string missing();

  // Throws std::runtime_error when they cannot be started.
  explicit RedisNodes(int count);
  ~RedisNodes();
  RedisNodes(const RedisNodes&) = delete;
  RedisNodes& operator=(const RedisNodes&) = delete;

  std::string url(int node) const;  // "127.0.0.1:40001"
  std::string urls() const;         // Of all, separated by commas.
  int count() const { return static_cast<int>(nodes_.size()); }

  // Stands still, as a server does that swaps or was cut off: it accepts connections and answers
  // nothing. Returns when it does.
  void freeze(int node);
  void thaw(int node);
  // Ends without a word.
  void kill(int node);
  // After kill(): starts it again on the same port, empty.
  void start(int node);

  // What the server answers to this, through a connection of its own.
  redis::Reply ask(int node, const std::vector<std::string>& words) const;

 private:
  struct Node;

  std::filesystem::path directory_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace stampede::test
