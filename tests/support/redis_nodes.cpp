#include "tests/support/redis_nodes.hpp"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "experiments/environment/free_port.hpp"

namespace stampede::test {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{20};
constexpr const char* kProgram = "/usr/bin/redis-server";

std::filesystem::path make_directory() {
  auto name = (std::filesystem::temp_directory_path() / "stampede-redis-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  return name;
}

}  // namespace

struct RedisNodes::Node {
  int port = 0;
  std::optional<environment::Process> process;

  // False when it ended before it was ready.
  bool start(const std::filesystem::path& directory) {
    auto started = environment::Process::start(
        {.program = kProgram,
         .arguments = {"--port", std::to_string(port), "--bind", "127.0.0.1", "--save", "",
                       "--appendonly", "no", "--daemonize", "no", "--dir", directory.string()}});
    if (!started) throw std::runtime_error(started.error().message);
    process.emplace(std::move(*started));
    for (;;) {
      const auto line = process->read_line(steady_clock::now() + kPatience);
      if (!line) return false;
      if (line->find("Ready to accept connections") != std::string::npos) return true;
    }
  }
};

std::string RedisNodes::missing() {
  return std::filesystem::exists(kProgram)
             ? ""
             : std::string("there is no ") + kProgram + ": install the package redis-server";
}

RedisNodes::RedisNodes(int count) : directory_(make_directory()) {
  for (int i = 0; i < count; ++i) {
    auto node = std::make_unique<Node>();
    int attempts = 0;
    do {
      if (++attempts > 5) throw std::runtime_error("redis-server does not start");
      const auto port = environment::free_port();
      if (!port) throw std::runtime_error(port.error().message);
      node->port = *port;
    } while (!node->start(directory_));
    nodes_.push_back(std::move(node));
  }
}

RedisNodes::~RedisNodes() {
  nodes_.clear();
  std::error_code left_for_the_system_to_clean;
  std::filesystem::remove_all(directory_, left_for_the_system_to_clean);
}

std::string RedisNodes::url(int node) const {
  return "127.0.0.1:" + std::to_string(nodes_.at(static_cast<std::size_t>(node))->port);
}

std::string RedisNodes::urls() const {
  std::string all;
  for (int i = 0; i < count(); ++i) all += (i == 0 ? "" : ",") + url(i);
  return all;
}

void RedisNodes::freeze(int node) {
  const auto process = nodes_.at(static_cast<std::size_t>(node))->process->pid();
  ::kill(process, SIGSTOP);
  siginfo_t stopped{};
  ::waitid(P_PID, static_cast<id_t>(process), &stopped, WSTOPPED | WNOWAIT);
}

void RedisNodes::thaw(int node) {
  ::kill(nodes_.at(static_cast<std::size_t>(node))->process->pid(), SIGCONT);
}

void RedisNodes::kill(int node) {
  nodes_.at(static_cast<std::size_t>(node))->process->stop(std::chrono::milliseconds(0));
}

void RedisNodes::start(int node) {
  if (!nodes_.at(static_cast<std::size_t>(node))->start(directory_)) {
    throw std::runtime_error("redis-server does not start again");
  }
}

redis::Reply RedisNodes::ask(int node, const std::vector<std::string>& words) const {
  const int port = nodes_.at(static_cast<std::size_t>(node))->port;
  const std::unique_ptr<redisContext, void (*)(redisContext*)> connection(
      redisConnectWithTimeout("127.0.0.1", port, {.tv_sec = kPatience.count(), .tv_usec = 0}),
      redisFree);
  if (!connection || connection->err != 0) throw std::runtime_error("cannot reach " + url(node));
  redisSetTimeout(connection.get(), {.tv_sec = kPatience.count(), .tv_usec = 0});
  std::vector<const char*> starts;
  std::vector<std::size_t> lengths;
  for (const auto& word : words) {
    starts.push_back(word.data());
    lengths.push_back(word.size());
  }
  const std::unique_ptr<redisReply, void (*)(void*)> reply(
      static_cast<redisReply*>(redisCommandArgv(connection.get(), static_cast<int>(words.size()),
                                                starts.data(), lengths.data())),
      freeReplyObject);
  if (!reply) throw std::runtime_error(url(node) + ": " + connection->errstr);
  return redis::Reply::from(*reply);
}

}  // namespace stampede::test
