#include "plugins/transports/http/directory.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace stampede::transports {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAskTimeout{500};  // Of one question.
constexpr milliseconds kFirstPause{10};   // Between rounds; doubles while somebody is silent.
constexpr milliseconds kLongestPause{200};

}  // namespace

Directory::Directory(const std::vector<std::string>& peers, Caller& caller) : caller_(caller) {
  for (const auto& url : peers) {
    if (std::ranges::find(silent_, url, &Silent::url) != silent_.end()) continue;
    silent_.push_back({url, url + ": not asked yet"});
  }
  if (silent_.empty()) complete_since_ = Clock::now();
}

Directory::~Directory() { stop(); }

void Directory::add(const std::string& url, const std::vector<Subscription>& wanted) {
  const std::lock_guard lock(mutex_);
  learn(url, wanted);
}

// The mutex is held.
void Directory::learn(const std::string& url, const std::vector<Subscription>& wanted) {
  for (const auto& [topic, service] : wanted) wanted_[topic][service].push_back(url);
  std::erase_if(silent_, [&url](const Silent& peer) { return peer.url == url; });
  if (silent_.empty() && !complete_since_) complete_since_ = Clock::now();
}

void Directory::start() {
  const std::lock_guard lock(mutex_);
  if (silent_.empty() || scout_.joinable() || stopping_) return;
  scout_ = std::thread([this] { scout(); });
}

void Directory::stop() {
  std::thread ending;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ending.swap(scout_);
  }
  changed_.notify_all();
  if (ending.joinable()) ending.join();
}

std::vector<Directory::Host> Directory::who_wants(const std::string& topic) const {
  const std::lock_guard lock(mutex_);
  std::vector<Host> chosen;
  const auto found = wanted_.find(topic);
  if (found == wanted_.end()) return chosen;
  for (const auto& [service, urls] : found->second) {
    auto& turns = chosen.emplace_back(service, urls).second;
    const auto first = static_cast<std::ptrdiff_t>(turn_ % urls.size());
    std::ranges::rotate(turns, turns.begin() + first);
  }
  return chosen;
}

void Directory::pass_turn() {
  const std::lock_guard lock(mutex_);
  ++turn_;
}

std::optional<Clock::time_point> Directory::complete_since() const {
  const std::lock_guard lock(mutex_);
  return complete_since_;
}

bool Directory::wait_for_first_answers(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (asked_once_ || stopping_ || !scout_.joinable()) return false;
  changed_.wait_until(lock, deadline, [this] { return asked_once_ || stopping_; });
  return asked_once_;
}

std::string Directory::silent() const {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const auto& peer : silent_) all += (all.empty() ? "" : "; ") + peer.trouble;
  return all;
}

// What keeps the process from saying what it wants; nothing when it has said so.
std::optional<std::string> Directory::ask(const std::string& url) {
  const auto answer = caller_.get(url + "/events", Clock::now() + kAskTimeout);
  if (!answer) return answer.error().message;
  if (answer->status != 200) return url + ": " + error_of(answer->status, answer->body).message;
  const auto said = decode_subscriptions(answer->body);
  if (!said) return url + "/events: " + said.error().message;
  const std::lock_guard lock(mutex_);
  learn(url, *said);
  return std::nullopt;
}

void Directory::scout() {
  auto pause = kFirstPause;
  for (std::unique_lock lock(mutex_); !stopping_ && !silent_.empty();) {
    const auto asked = silent_;
    for (const auto& peer : asked) {
      if (stopping_) break;
      lock.unlock();
      std::optional<std::string> trouble;
      try {
        trouble = ask(peer.url);
      } catch (const std::exception& error) {  // The edge of the thread.
        trouble = peer.url + ": " + error.what();
      }
      lock.lock();
      const auto still = std::ranges::find(silent_, peer.url, &Silent::url);
      if (trouble && still != silent_.end()) still->trouble = *std::move(trouble);
    }
    asked_once_ = true;
    changed_.notify_all();
    if (silent_.empty()) return;
    changed_.wait_for(lock, pause, [this] { return stopping_; });
    pause = std::min(2 * pause, kLongestPause);
  }
}

}  // namespace stampede::transports
