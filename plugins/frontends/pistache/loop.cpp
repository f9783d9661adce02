#include "plugins/frontends/pistache/loop.hpp"

#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>

namespace stampede::frontends {
namespace {

namespace polling = Pistache::Polling;
using std::chrono::milliseconds;

constexpr std::size_t kScratchBytes = 65'536;
constexpr milliseconds kListenPause{20};

FileDescriptor require(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return FileDescriptor(fd);
}

polling::NotifyOn to_flags(Interest interest) {
  auto flags = polling::NotifyOn::None;
  if (interest.read) flags = flags | polling::NotifyOn::Read;
  if (interest.write) flags = flags | polling::NotifyOn::Write;
  return flags;
}

void clear(const FileDescriptor& counter) {
  std::uint64_t value = 0;
  // Both kinds of descriptor answer EAGAIN when there is nothing to clear, which is fine.
  [[maybe_unused]] const auto size = ::read(counter.get(), &value, sizeof value);
}

}  // namespace

Loop::Loop(const Door& door)
    : door_(door),
      horizon_(std::max(milliseconds(1),
                        std::min({door.options.request_timeout, door.options.keep_alive_timeout,
                                  milliseconds(Door::kLinger)}))),
      wake_(require(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      timer_(require(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd")),
      scratch_(kScratchBytes) {}

void Loop::registerPoller(polling::Epoll& poller) {
  const Pistache::Flags<polling::NotifyOn> readable(polling::NotifyOn::Read);
  poller.addFd(wake_.get(), readable, polling::Tag(kWakeTag));
  poller.addFd(timer_.get(), readable, polling::Tag(kTimerTag));
}

void Loop::post(std::function<void()> task) {
  const std::lock_guard lock(posted_mutex_);
  posted_.push_back(std::move(task));
  if (posted_.size() > 1) return;  // The loop has been woken and has not come yet.
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = ::write(wake_.get(), &one, sizeof one);
}

void Loop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) task();
}

void Loop::watch(int socket, std::uint64_t tag, Interest interest) {
  reactor()->modifyFd(key(), socket, to_flags(interest), polling::Tag(tag));
}

void Loop::unwatch(int socket) { reactor()->removeFd(key(), socket); }

void Loop::add(std::shared_ptr<Connection> connection, bool turned_away) {
  const auto tag = next_tag_++;
  connection->attach(*this, tag);
  try {
    reactor()->registerFd(key(), connection->socket(), polling::NotifyOn::Read, polling::Tag(tag));
  } catch (const std::exception&) {
    return;  // The system can watch no more sockets; the connection closes itself on its way out.
  }
  auto& added = *connections_.emplace(tag, std::move(connection)).first->second;
  checks_.emplace(Clock::now() + horizon_, tag);
  if (turned_away) added.turn_away();
  if (door_.stopping && !added.is_busy()) close(tag);
}

void Loop::resume(Connection& connection) {
  if (!connection.serve()) close(connection.tag());
}

void Loop::close(std::uint64_t tag) {
  const auto found = connections_.find(tag);
  if (found == connections_.end()) return;
  found->second->close();
  connections_.erase(found);
}

void Loop::drain() {
  std::erase_if(connections_, [](const auto& entry) {
    if (entry.second->is_busy()) return false;
    entry.second->close();
    return true;
  });
}

void Loop::close_all() {
  for (const auto& [tag, connection] : connections_) connection->close();
  connections_.clear();
}

void Loop::listen(int socket, std::function<void()> on_ready) {
  listener_ = socket;
  on_acceptable_ = std::move(on_ready);
  reactor()->registerFd(key(), socket, polling::NotifyOn::Read, polling::Tag(kListenerTag));
}

void Loop::pause_listening() {
  watch(listener_, kListenerTag, {});
  checks_.emplace(Clock::now() + kListenPause, kListenerTag);
}

void Loop::stop_listening() {
  if (listener_ < 0) return;
  unwatch(listener_);
  listener_ = -1;
}

void Loop::onReady(const Pistache::Aio::FdSet& ready) {
  for (const auto& entry : ready) {
    switch (const auto tag = entry.getTag().value()) {
      case kWakeTag:
        clear(wake_);
        run_posted();
        break;
      case kTimerTag:
        clear(timer_);
        armed_ = Clock::time_point::max();
        check_deadlines();
        break;
      case kListenerTag:
        if (listener_ >= 0) on_acceptable_();
        break;
      default:
        on_connection(tag, {.readable = entry.isReadable(),
                            .writable = entry.isWritable(),
                            .hung_up = entry.isHangup()});
    }
  }
  arm_timer();
}

void Loop::on_connection(std::uint64_t tag, Connection::Ready ready) {
  const auto found = connections_.find(tag);
  if (found == connections_.end()) return;
  const auto connection = found->second;
  if (!connection->on_ready(ready)) close(tag);
}

void Loop::check_deadlines() {
  const auto now = Clock::now();
  while (!checks_.empty() && checks_.begin()->first <= now) {
    const auto tag = checks_.begin()->second;
    checks_.erase(checks_.begin());
    check(tag, now);
  }
}

void Loop::check(std::uint64_t tag, Clock::time_point now) {
  if (tag == kListenerTag) {
    if (listener_ >= 0) watch(listener_, kListenerTag, {.read = true});
    return;
  }
  const auto found = connections_.find(tag);
  if (found == connections_.end()) return;
  if (const auto next = found->second->check(now)) {
    checks_.emplace(std::min(*next, now + horizon_), tag);
  } else {
    close(tag);
  }
}

void Loop::arm_timer() {
  if (checks_.empty() || checks_.begin()->first >= armed_) return;
  armed_ = checks_.begin()->first;
  const auto since_epoch = armed_.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
  const std::chrono::nanoseconds rest = since_epoch - seconds;
  itimerspec when{};
  when.it_value = {.tv_sec = seconds.count(), .tv_nsec = rest.count()};
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace stampede::frontends
