#include "experiments/environment/server.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/config/text.hpp"
#include "experiments/environment/ask_until.hpp"

namespace stampede::environment {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int kLogLines = 12;

std::string last_words(Process& process, const std::filesystem::path& log) {
  // Its sockets break a moment before it counts as ended.
  const auto ended = process.wait(Clock::now() + 200ms);
  return fmt::format("{}; its last log lines:\n{}",
                     ended ? "it ended with " + describe(*ended) : "it still runs",
                     last_lines(log, kLogLines));
}

Result<std::filesystem::path> write_config(const ServerPlan& plan) {
  auto config = plan.config;
  const auto set = [&](const char* key, const std::string& value) {
    config::set_at(config, key, config::Tree::scalar_of(value));
  };
  set("server.address", "127.0.0.1");
  set("server.port", std::to_string(plan.port));
  set("admin", "true");
  std::error_code error;
  std::filesystem::create_directories(plan.folder, error);
  const auto file = plan.folder / "server.yaml";
  std::ofstream stream(file);
  stream << config::to_yaml(config);
  if (!stream.flush()) {
    return fail(ErrorCode::kUnavailable, fmt::format("cannot write {}", file.string()));
  }
  return file;
}

}  // namespace

Server::Server(ServerPlan plan, Process process, std::string url, std::filesystem::path log)
    : plan_(std::move(plan)),
      process_(std::move(process)),
      url_(std::move(url)),
      log_(std::move(log)),
      client_(url_) {}

Result<Server> Server::start(const ServerPlan& plan, std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  const auto config = write_config(plan);
  if (!config) return Unexpected(config.error());
  const auto log = plan.folder / "server.log";
  auto process = Process::start({.program = plan.program,
                                 .arguments = {"--config", config->string()},
                                 .log = log,
                                 .cpus = plan.cpus});
  if (!process) return Unexpected(process.error());

  constexpr std::string_view kGreeting = "listening on ";
  const auto line = process->read_line(deadline);
  if (!line || !line->starts_with(kGreeting)) {
    process->stop(line ? 0ms : 100ms);  // A server that closed its output is about to end.
    return fail(ErrorCode::kUnavailable, "the server did not start: " + last_words(*process, log));
  }
  Server server(plan, std::move(*process), line->substr(kGreeting.size()), log);
  if (!plan.ready_alone) return server;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  if (auto ready = server.wait_until_ready(left); !ready) return Unexpected(ready.error());
  return server;
}

Result<void> Server::wait_until_ready(std::chrono::milliseconds patience) {
  std::string said;
  const bool ready = ask_until(Clock::now() + patience, [&] {
    const auto answer = client_.get("/readyz", 5s);
    if (answer) said = answer->body;
    return (answer && answer->status == 200) || !alive();
  });
  if (ready && alive()) return {};
  return fail(ErrorCode::kUnavailable,
              fmt::format("the server did not become ready{}{}: {}",
                          said.empty() ? "" : ", it said ", said, obituary()));
}

Result<void> Server::restart(std::chrono::milliseconds patience) {
  auto plan = plan_;
  const auto port = config::parse_integer(std::string_view(url_).substr(url_.rfind(':') + 1));
  plan.port = static_cast<int>(port.value_or(0));
  auto again = start(plan, patience);
  if (!again) return Unexpected(again.error());
  *this = std::move(*again);
  return {};
}

Result<void> Server::expect_ok(Result<HttpAnswer> answer, const std::string& what) {
  if (!answer) return Unexpected(answer.error());
  if (answer->status < 300) return {};
  return fail(ErrorCode::kInternal,
              fmt::format("{} was answered {}: {}", what, answer->status, answer->body));
}

Result<void> Server::seed(const std::string& seed, std::chrono::milliseconds patience) {
  return expect_ok(client_.post("/admin/seed", seed, patience), "POST /admin/seed");
}

Result<void> Server::open_window() {
  return expect_ok(client_.post("/admin/window", "", 10s), "POST /admin/window");
}

Result<std::string> Server::stats() { return admin_page("/admin/stats"); }

Result<void> Server::drain(std::chrono::milliseconds patience) {
  // Twice in a row: between two services an event may be on its way past the first look.
  constexpr int kEnough = 2;
  int in_a_row = 0;
  Error last{ErrorCode::kTimeout, "requests are still in flight"};
  const bool quiet = ask_until(Clock::now() + patience, [&] {
    const auto page = admin_page("/admin/quiet");
    if (!page) {
      last = page.error();
      return !alive();
    }
    const auto answer = nlohmann::json::parse(*page, nullptr, false);
    const bool now = answer.is_object() && answer.value("quiet", false);
    in_a_row = now ? in_a_row + 1 : 0;
    if (!now) last.message = "the server does not come to rest: " + *page;
    return in_a_row >= kEnough;
  });
  if (!quiet || !alive()) return Unexpected(last);
  return {};
}

Result<std::string> Server::admin_page(const std::string& path) {
  auto answer = client_.get(path, 30s);
  if (!answer) return Unexpected(answer.error());
  if (auto ok = expect_ok(*answer, "GET " + path); !ok) return Unexpected(ok.error());
  return std::move(answer->body);
}

Result<HttpAnswer> Server::post(const std::string& path, const std::string& body,
                                const std::vector<std::string>& headers) {
  return client_.post(path, body, 30s, headers);
}

std::string Server::obituary() { return last_words(process_, log_); }

}  // namespace stampede::environment
