#include "core/calls/peers.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/calls/wire.hpp"

namespace stampede::calls {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLookTimeout{500};  // Of one question who somebody is.
constexpr milliseconds kPause{100};        // Between rounds, as long as somebody is missing.
constexpr milliseconds kLongestLook{2'000};

Error too_late(saga::Area service) {
  return {ErrorCode::kTimeout,
          "the " + std::string(saga::name_of(service)) + " service has not answered in time"};
}

}  // namespace

Peers::Peers(std::vector<std::string> urls) {
  for (auto& url : urls) {
    if (std::ranges::find(peers_, url, &Peer::url) != peers_.end()) continue;
    Peer peer;
    peer.url = std::move(url);
    peers_.push_back(std::move(peer));
  }
  if (!peers_.empty()) scout_ = std::thread([this] { scout(); });
}

Peers::~Peers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (scout_.joinable()) scout_.join();
}

// Those that are up, from the one whose turn it is, and behind them those that are not: they may be
// back.
Peers::Hosts Peers::hosts_of(saga::Area service) {
  const std::lock_guard lock(mutex_);
  Hosts hosts;
  auto& up = hosts.peers;
  std::vector<std::size_t> down;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    const auto& peer = peers_[i];
    if (!peer.hosts || !peer.hosts->test(saga::index_of(service))) continue;
    (peer.is_up ? up : down).push_back(i);
  }
  if (!up.empty()) {
    const auto first = static_cast<std::ptrdiff_t>(turn_++ % up.size());
    std::ranges::rotate(up, up.begin() + first);
  }
  hosts.up = up.size();
  up.insert(up.end(), down.begin(), down.end());
  return hosts;
}

Result<std::string> Peers::call(saga::Area service, std::string_view name, const std::string& body,
                                const saga::Call& call) {
  const auto deadline = call.context.deadline;
  auto hosts = hosts_of(service);
  if (hosts.peers.empty()) {
    look_around(deadline);
    hosts = hosts_of(service);
  }
  std::string why;
  for (std::size_t i = 0; i < hosts.peers.size(); ++i) {
    const auto now = Clock::now();
    if (now >= deadline) return Unexpected(too_late(service));
    // One that hangs must leave time for the next one.
    const auto until = i + 1 < hosts.up ? now + (deadline - now) / 2 : deadline;
    auto answer = ask(hosts.peers[i], name, body, call.correlation, until);
    if (answer) return answer;
    const auto code = answer.error().code;
    const bool is_elsewhere = code == ErrorCode::kNotFound || code == ErrorCode::kUnavailable;
    if (!is_elsewhere && code != ErrorCode::kTimeout) return answer;
    if (code == ErrorCode::kTimeout && Clock::now() >= deadline) {
      return Unexpected(too_late(service));
    }
    why += (why.empty() ? "" : "; ") + answer.error().message;
  }
  if (why.empty()) {
    const std::lock_guard lock(mutex_);
    why = troubles();
  }
  return Unexpected(saga::no_answer(saga::name_of(service), why));
}

// Notes what the answer says about the peer.
Result<std::string> Peers::ask(std::size_t peer, std::string_view name, const std::string& body,
                               std::string_view correlation, Deadline deadline) {
  std::string url;
  {
    const std::lock_guard lock(mutex_);
    url = peers_[peer].url;
  }
  auto answer =
      client_.post(std::string(url).append(kCallsPath).append(name), body, correlation, deadline);
  if (answer && answer->status < 300) return std::move(answer->body);
  auto error = answer ? decode_error(answer->status, answer->body) : answer.error();
  const bool is_other = answer && error.code == ErrorCode::kNotFound;
  const bool is_gone = !answer || error.code == ErrorCode::kUnavailable;
  if (is_other || is_gone) {
    {
      const std::lock_guard lock(mutex_);
      auto& entry = peers_[peer];
      entry.is_up = false;
      entry.trouble = error.message;
      if (is_other) entry.hosts.reset();  // Another process has taken its address.
    }
    changed_.notify_all();
  }
  if (answer) error.message.insert(0, url + ": ");
  return Unexpected(std::move(error));
}

// The mutex is held.
std::string Peers::troubles() const {
  std::string all;
  for (const auto& peer : peers_) {
    if (!peer.is_up) all += (all.empty() ? "" : "; ") + peer.trouble;
  }
  return all.empty() ? "none of the peers hosts it" : all;
}

std::vector<telemetry::MissingService> Peers::missing(const saga::Areas& services,
                                                      Deadline deadline) {
  look_around(deadline);
  std::vector<telemetry::MissingService> missing;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < services.size(); ++i) {
    const bool is_answered = std::ranges::any_of(
        peers_, [i](const Peer& peer) { return peer.is_up && peer.hosts && peer.hosts->test(i); });
    if (services.test(i) && !is_answered) {
      missing.push_back({std::string(saga::kAreaNames.at(i)), troubles()});
    }
  }
  return missing;
}

// Waits for a round that begins now and asks everybody, but not for ever: services may have moved
// to other processes.
void Peers::look_around(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (peers_.empty()) return;
  const auto round = begun_ + 1;
  wanted_ = std::max(wanted_, round);
  changed_.notify_all();
  changed_.wait_until(lock, std::min<Deadline>(deadline, Clock::now() + kLongestLook),
                      [&] { return ended_ >= round || stopping_; });
}

void Peers::look_at(std::size_t peer) {
  std::string url;
  {
    const std::lock_guard lock(mutex_);
    url = peers_[peer].url;
  }
  const auto answer =
      client_.get(std::string(url).append(kServicesPath), Clock::now() + kLookTimeout);
  std::string trouble;
  std::optional<saga::Areas> hosts;
  if (!answer) {
    trouble = answer.error().message;
  } else if (answer->status != 200) {
    trouble = url + ": " + decode_error(answer->status, answer->body).message;
  } else if (const auto said = decode_services(answer->body)) {
    hosts = *said;
  } else {
    trouble = url + ": " + said.error().message;
  }
  const std::lock_guard lock(mutex_);
  auto& entry = peers_[peer];
  entry.is_up = hosts.has_value();
  entry.trouble = std::move(trouble);
  if (hosts) entry.hosts = hosts;
}

void Peers::scout() {
  for (std::unique_lock lock(mutex_); !stopping_;) {
    const bool at_all = wanted_ > begun_;
    ++begun_;
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      if (at_all || !peers_[i].is_up) asked.push_back(i);
    }
    lock.unlock();
    for (const auto peer : asked) look_at(peer);
    lock.lock();
    ended_ = begun_;
    changed_.notify_all();
    const auto is_wanted = [this] { return stopping_ || wanted_ > begun_; };
    const auto is_missing = [this] {
      return std::ranges::any_of(peers_, [](const Peer& peer) { return !peer.is_up; });
    };
    changed_.wait(lock, [&] { return is_wanted() || is_missing(); });
    if (!is_wanted()) changed_.wait_for(lock, kPause, is_wanted);
  }
}

}  // namespace stampede::calls
