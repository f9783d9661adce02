// Which process hosts which service, as the processes say themselves. One that has not said so yet
// is asked again and again, beside the callers, so that nobody waits for a process that is gone.
// Safe for concurrent use; the caller outlives the directory.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/api/operation.hpp"
#include "core/api/result.hpp"
#include "plugins/transports/http/caller.hpp"
#include "plugins/transports/http/wire.hpp"

namespace stampede::transports {

class Directory {
 public:
  // A service, and its processes from the one whose turn it is.
  using Host = std::pair<std::string, std::vector<std::string>>;

  // Where the processes listen. None has to be there yet.
  Directory(const std::vector<std::string>& peers, Caller& caller);
  ~Directory();  // Stops.
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // What the process at `url`, this one, wants. It is not asked, also where it is among the peers.
  void add(const std::string& url, const std::vector<Subscription>& wanted);

  // Asks from now on.
  void start();
  void stop();  // Idempotent.

  // The services known to want the topic.
  std::vector<Host> who_wants(const std::string& topic) const;
  void pass_turn();  // Those who were told of were called.

  // Since when every process has said what it wants; nothing while somebody has not.
  std::optional<Clock::time_point> complete_since() const;

  // Waits until each process was asked once. True when there was something to wait for, and it came
  // before the deadline.
  bool wait_for_first_answers(Deadline deadline);

  // Those that have not said what they want, and why.
  std::string silent() const;

 private:
  struct Silent {
    std::string url;
    std::string trouble;
  };

  std::optional<std::string> ask(const std::string& url);
  void learn(const std::string& url, const std::vector<Subscription>& wanted);
  void scout();

  Caller& caller_;
  mutable std::mutex mutex_;  // Guards the rest.
  std::condition_variable changed_;
  std::vector<Silent> silent_;
  std::map<std::string, std::map<std::string, std::vector<std::string>>> wanted_;
  std::optional<Clock::time_point> complete_since_;
  std::size_t turn_ = 0;
  bool asked_once_ = false;  // Everybody.
  bool stopping_ = false;
  std::thread scout_;
};

}  // namespace stampede::transports
