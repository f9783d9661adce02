#include "experiments/environment/redis.hpp"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <cstdlib>
#include <memory>
#include <system_error>
#include <utility>

#include "core/config/text.hpp"
#include "experiments/environment/account.hpp"
#include "experiments/environment/ask_until.hpp"
#include "experiments/environment/free_port.hpp"

namespace stampede::environment {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kLogLines = 12;
constexpr int kMostTries = 5;
constexpr timeval kAnswerTimeout{.tv_sec = 5, .tv_usec = 0};

// The answer to a command without arguments, on a connection of its own.
Result<std::string> ask(int port, const char* command) {
  const std::unique_ptr<redisContext, void (*)(redisContext*)> session(
      ::redisConnectWithTimeout("127.0.0.1", port, kAnswerTimeout), &::redisFree);
  if (!session || session->err != 0) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("Redis on port {}: {}", port, session ? session->errstr : "no memory"));
  }
  ::redisSetTimeout(session.get(), kAnswerTimeout);
  const std::unique_ptr<void, void (*)(void*)> answer(::redisCommand(session.get(), command),
                                                      &::freeReplyObject);
  if (!answer) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("Redis on port {}: {}", port, session->errstr));
  }
  const auto& reply = *static_cast<const redisReply*>(answer.get());
  const std::string text = reply.str == nullptr ? "" : std::string(reply.str, reply.len);
  if (reply.type != REDIS_REPLY_ERROR) return text;
  return fail(ErrorCode::kUnavailable,
              fmt::format("Redis on port {} answered {}: {}", port, command, text));
}

// Whether it is this process that answers, not another Redis that took the port first.
bool is_ready(int port, pid_t pid) {
  const auto told = ask(port, "INFO server");
  return told && told->find(fmt::format("process_id:{}\r", pid)) != std::string::npos;
}

Command command_of(const RedisPlan& plan, const fs::path& program, int port,
                   const std::optional<Account>& account) {
  return {.program = program,
          .arguments = {"--port", std::to_string(port), "--bind", "127.0.0.1", "--save", "",
                        "--appendonly", "no", "--daemonize", "no", "--dir", plan.folder.string(),
                        "--logfile", (plan.folder / "redis.log").string()},
          .log = plan.folder / "redis.error",
          .cpus = plan.cpus,
          .directory = plan.folder,
          .account = account,
          .outlives = plan.outlives};
}

}  // namespace

Result<fs::path> find_redis() {
  const char* path = std::getenv("PATH");
  for (const auto& folder : config::split(path == nullptr ? "" : path, ':')) {
    const auto program = fs::path(folder) / "redis-server";
    std::error_code ignored;
    if (!folder.empty() && fs::exists(program, ignored)) return program;
  }
  return fail(ErrorCode::kNotFound,
              "private Redis nodes need redis-server, which the PATH does not have: install the "
              "Debian package redis-server, or give lock.urls");
}

Result<std::optional<Redis>> Redis::try_start(const RedisPlan& plan, int port,
                                              Clock::time_point deadline) {
  auto program = find_redis();
  if (!program) return Unexpected(program.error());
  auto account = service_account();
  if (!account) return Unexpected(account.error());
  auto process = Process::start(command_of(plan, *program, port, *account));
  if (!process) return Unexpected(process.error());
  std::optional<Redis> redis(Redis(plan, std::move(*process), port));
  bool ready = false;
  ask_until(deadline, [&] {
    ready = is_ready(port, redis->pid());
    return ready || !redis->alive();
  });
  if (!ready) redis.reset();
  return redis;
}

Result<Redis> Redis::start(const RedisPlan& plan, std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  auto account = service_account();
  if (!account) return Unexpected(account.error());
  std::error_code error;
  fs::create_directories(plan.folder, error);
  if (error) return fail(ErrorCode::kUnavailable, "cannot make " + plan.folder.string());
  if (auto given = hand_over(plan.folder, *account); !given) return Unexpected(given.error());
  for (int i = 1;; ++i) {
    const auto port = free_port();
    if (!port) return Unexpected(port.error());
    auto started = try_start(plan, *port, deadline);
    if (!started) return Unexpected(started.error());
    if (auto& redis = *started) return *std::move(redis);
    const auto log = last_lines(plan.folder / "redis.log", kLogLines);
    const bool port_taken = log.find("Address already in use") != std::string::npos;
    if (port_taken && i < kMostTries) continue;
    return fail(ErrorCode::kUnavailable,
                "the private Redis did not start; its last log lines:\n" + log);
  }
}

Result<void> Redis::restart(std::chrono::milliseconds patience) {
  auto again = try_start(plan_, port_, Clock::now() + patience);
  if (!again) return Unexpected(again.error());
  if (auto& redis = *again) {
    redis->proxy_ = proxy_;
    *this = *std::move(redis);
    return {};
  }
  return fail(ErrorCode::kUnavailable,
              "the private Redis did not start again; its last log lines:\n" +
                  last_lines(plan_.folder / "redis.log", kLogLines));
}

std::string Redis::address() const { return fmt::format("127.0.0.1:{}", proxy_.value_or(port_)); }

Result<void> Redis::flush() {
  const auto told = ask(port_, "FLUSHALL");
  if (!told) return Unexpected(told.error());
  return {};
}

std::string addresses_of(const std::vector<Redis>& nodes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count && i < nodes.size(); ++i) {
    text += (i == 0 ? "" : ",") + nodes[i].address();
  }
  return text;
}

}  // namespace stampede::environment
