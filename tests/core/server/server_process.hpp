// A real stampede-server as a child process, for tests: started with arguments, asked for its port,
// signalled, waited for. Ends the child when it is destroyed.

#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace stampede::testing {

class ServerProcess {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kPatience{60};

  // `directory` exists; the child's standard error goes to a file in it.
  ServerProcess(const std::filesystem::path& directory, std::vector<std::string> arguments)
      : errors_(directory / "stderr.txt") {
    std::array<int, 2> out{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0) return;
    arguments.insert(arguments.begin(), STAMPEDE_BINARY_DIR "/stampede-server");
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors_.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (::posix_spawn(&process_, argv[0], &actions, nullptr, argv.data(), environ) != 0) {
      process_ = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    output_ = out[0];
  }
  ~ServerProcess() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    if (output_ >= 0) ::close(output_);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // From the line "listening on http://127.0.0.1:PORT"; 0 when it does not come.
  std::uint16_t port() {
    const auto line = read_until("\n");
    const auto colon = line.rfind(':');
    if (!line.starts_with("listening on http://") || colon == std::string::npos) return 0;
    return static_cast<std::uint16_t>(std::stoi(line.substr(colon + 1)));
  }

  void signal(int number) const { ::kill(process_, number); }

  // The exit code, or 128 and the signal that ended it; nothing when it goes on too long.
  std::optional<int> wait() {
    read_until("");  // Its end of the pipe closes when it ends.
    if (!ended_) return std::nullopt;
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  const std::string& output() const { return text_; }
  std::string errors() const {
    std::ifstream file(errors_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  // All output up to and with `mark`; all there is when `mark` is empty.
  std::string read_until(const std::string& mark) {
    const auto deadline = Clock::now() + kPatience;
    while (!ended_) {
      const auto at = mark.empty() ? std::string::npos : text_.find(mark);
      if (at != std::string::npos) return text_.substr(0, at + mark.size());
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
      pollfd ready{.fd = output_, .events = POLLIN, .revents = 0};
      if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) break;
      std::array<char, 4096> buffer{};
      const auto size = ::read(output_, buffer.data(), buffer.size());
      if (size <= 0) {
        ended_ = true;
      } else {
        text_.append(buffer.data(), static_cast<std::size_t>(size));
      }
    }
    return text_;
  }

  const std::filesystem::path errors_;
  pid_t process_ = -1;
  int output_ = -1;
  std::string text_;
  bool ended_ = false;
};

}  // namespace stampede::testing
