#include "experiments/check/isolated.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>

namespace stampede::check {

namespace {

// The parts of a report, each after its length.
std::string packed(const Report& report) {
  std::string bytes;
  for (const auto* const part : {&report.broken, &report.not_applicable, &report.history}) {
    const std::uint64_t size = part->size();
    bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
    bytes += *part;
  }
  return bytes;
}

// False when something is missing: the process ended in the middle.
bool unpack(std::string_view bytes, Report& report) {
  for (auto* const part : {&report.broken, &report.not_applicable, &report.history}) {
    std::uint64_t size = 0;
    if (bytes.size() < sizeof size) return false;
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes.remove_prefix(sizeof size);
    if (bytes.size() < size) return false;
    part->assign(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return true;
}

[[noreturn]] void run_and_exit(const Check& check, const Subject& subject, int out) {
  const auto bytes = packed(run(check, subject));
  for (std::size_t sent = 0; sent < bytes.size();) {
    const auto written = ::write(out, bytes.data() + sent, bytes.size() - sent);
    if (written <= 0) break;
    sent += static_cast<std::size_t>(written);
  }
  ::_exit(0);  // What the parent holds is the parent's to clean up.
}

// What came until the end of the stream; false when the deadline came first.
bool read_all(int in, Deadline deadline, std::string& bytes) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{.fd = in, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(left)) <= 0) continue;
    const auto got = ::read(in, buffer.data(), buffer.size());
    if (got == 0) return true;
    if (got > 0) bytes.append(buffer.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno != EINTR) return true;
  }
}

[[noreturn]] void fail_with_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Report run_isolated(const Check& check, const Subject& subject, std::chrono::seconds limit) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) fail_with_errno("cannot make a pipe");
  const auto child = ::fork();
  if (child < 0) fail_with_errno("cannot make a process");
  if (child == 0) {
    ::close(ends[0]);
    run_and_exit(check, subject, ends[1]);
  }
  ::close(ends[1]);
  std::string bytes;
  const bool ended = read_all(ends[0], Clock::now() + limit, bytes);
  ::close(ends[0]);
  if (!ended) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  Report report;
  if (!ended) {
    report.broken = "did not end within " + std::to_string(limit.count()) + " s: something hangs\n";
  } else if (!unpack(bytes, report)) {
    report = {};
    report.broken =
        WIFSIGNALED(status)
            ? "the process crashed: " + std::string(::strsignal(WTERMSIG(status))) + '\n'
            : "the process ended itself, with status " + std::to_string(WEXITSTATUS(status)) + '\n';
  }
  return report;
}

}  // namespace stampede::check
