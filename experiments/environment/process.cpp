#include "experiments/environment/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <csignal>
#include <cstring>
#include <deque>
#include <fstream>
#include <system_error>

namespace stampede::environment {

namespace {

namespace bp = boost::process;
using Clock = std::chrono::steady_clock;

// Runs in the child, between fork and exec: only async-signal-safe calls.
struct ChildSetup : bp::extend::handler {
  explicit ChildSetup(const Command& wanted)
      : command(wanted), pinned(!wanted.cpus.empty()), parent(::getpid()) {
    CPU_ZERO(&set);
    for (const int cpu : wanted.cpus) CPU_SET(static_cast<std::size_t>(cpu), &set);
  }

  // By system calls: the library's functions may take locks that another thread held at the fork.
  bool becomes(const Account& account) const {
    return ::syscall(SYS_setgroups, account.groups.size(), account.groups.data()) == 0 &&
           ::syscall(SYS_setresgid, account.group, account.group, account.group) == 0 &&
           ::syscall(SYS_setresuid, account.user, account.user, account.user) == 0;
  }

  template <typename Executor>
  void on_exec_setup(Executor&) const {
    if (command.account && !becomes(*command.account)) ::_exit(126);
    if (!command.directory.empty() && ::chdir(command.directory.c_str()) != 0) ::_exit(126);
    if (!command.outlives) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // After the change of account, which would forget it.
      if (::getppid() != parent) ::_exit(127);  // The parent died before prctl took effect.
    }
    sigset_t none;  // What the bench blocks to wait for it, the child has to hear.
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::setpgid(0, 0);  // Ctrl-C at the terminal reaches the bench, which then stops its children.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // Sockets and files of the bench stay its own.
    if (pinned) ::sched_setaffinity(0, sizeof set, &set);
  }

  const Command& command;
  cpu_set_t set{};
  bool pinned;
  pid_t parent;
};

int remaining_ms(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

ExitStatus status_of(int raw) {
  if (WIFSIGNALED(raw)) return {0, WTERMSIG(raw)};
  return {WEXITSTATUS(raw), 0};
}

}  // namespace

struct Process::State {
  bp::pipe output;
  bp::child child;
  int stop_signal = SIGTERM;
  std::string buffered;
  std::optional<ExitStatus> ended;

  void reap(int options) {
    if (ended) return;
    int raw = 0;
    if (::waitpid(child.id(), &raw, options) == child.id()) ended = status_of(raw);
  }

  // Waits until the child has ended or the deadline passed.
  void wait_until(Clock::time_point deadline) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child.id(), 0));
    while (!ended && Clock::now() < deadline) {
      pollfd waited{handle, POLLIN, 0};
      ::poll(&waited, 1, remaining_ms(deadline));
      reap(WNOHANG);
    }
    if (handle >= 0) ::close(handle);
  }
};

std::string describe(const ExitStatus& status) {
  if (status.signal == 0) return fmt::format("exit code {}", status.code);
  return fmt::format("signal {} ({})", status.signal, ::strsignal(status.signal));
}

Result<Process> Process::start(const Command& command) {
  std::error_code ignored;
  if (!std::filesystem::exists(command.program, ignored)) {
    return fail(ErrorCode::kNotFound, fmt::format("there is no {}", command.program.string()));
  }
  try {
    auto state = std::make_unique<State>();
    state->stop_signal = command.stop_signal;
    std::unique_ptr<FILE, int (*)(FILE*)> log(
        ::fopen(command.log.empty() ? "/dev/null" : command.log.c_str(), "ae"), &::fclose);
    if (!log) {
      return fail(ErrorCode::kUnavailable,
                  fmt::format("cannot write {}: {}", command.log.string(), std::strerror(errno)));
    }
    state->child = bp::child(command.program.string(), bp::args(command.arguments),
                             bp::std_in<bp::null, bp::std_out> state->output,
                             bp::std_err > log.get(), ChildSetup(command));
    const int reading = state->output.native_source();
    ::close(state->output.native_sink());
    state->output.assign_sink(-1);
    ::fcntl(reading, F_SETFL, O_NONBLOCK);
    ::fcntl(reading, F_SETFD, FD_CLOEXEC);
    return Process(std::move(state));
  } catch (const std::system_error& error) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot start {}: {}", command.program.string(), error.what()));
  }
}

Process::Process(std::unique_ptr<State> state) : state_(std::move(state)) {}
Process::Process(Process&&) noexcept = default;

Process& Process::operator=(Process&& other) noexcept {
  if (state_) stop(std::chrono::milliseconds(0));
  state_ = std::move(other.state_);
  return *this;
}

Process::~Process() {
  if (!state_) return;
  stop(std::chrono::milliseconds(0));
  state_->child.detach();  // Reaped by stop(), so Boost must not wait for it again.
}

pid_t Process::pid() const { return state_->child.id(); }

Result<std::string> Process::read_line(Clock::time_point deadline) {
  for (;;) {
    if (const auto end = state_->buffered.find('\n'); end != std::string::npos) {
      auto line = state_->buffered.substr(0, end);
      state_->buffered.erase(0, end + 1);
      return line;
    }
    pollfd waited{state_->output.native_source(), POLLIN, 0};
    if (::poll(&waited, 1, remaining_ms(deadline)) <= 0 && Clock::now() >= deadline) {
      return fail(ErrorCode::kTimeout, "no line before the deadline");
    }
    std::array<char, 4096> bytes;
    const auto count = ::read(waited.fd, bytes.data(), bytes.size());
    if (count == 0) return fail(ErrorCode::kUnavailable, "the process closed its output");
    if (count > 0) state_->buffered.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

std::optional<ExitStatus> Process::poll() {
  state_->reap(WNOHANG);
  return state_->ended;
}

std::optional<ExitStatus> Process::wait(Clock::time_point deadline) {
  if (!poll()) state_->wait_until(deadline);
  return poll();
}

ExitStatus Process::stop(std::chrono::milliseconds grace) {
  if (!poll() && grace.count() > 0) {
    ::kill(pid(), state_->stop_signal);
    state_->wait_until(Clock::now() + grace);
  }
  if (!poll()) {
    ::kill(pid(), SIGKILL);
    state_->reap(0);
  }
  return state_->ended.value_or(ExitStatus{});
}

void Process::leave(Process process) {
  process.state_->child.detach();
  process.state_.reset();
}

std::string last_lines(const std::filesystem::path& file, int count) {
  std::ifstream stream(file);
  std::deque<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(std::move(line));
    if (lines.size() > static_cast<std::size_t>(count)) lines.pop_front();
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace stampede::environment
