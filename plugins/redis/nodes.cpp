#include "plugins/redis/nodes.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace stampede::redis {

struct Nodes::Links {
  std::vector<Link> links;
  std::vector<Answer> answers;
};

namespace {

using NodeSet = std::bitset<Nodes::kMost>;

// A connection outlives this many time-outs before it is closed. What follows on it, such as the
// release of a lock that was asked for, reaches a server that stood still in the right order; over
// another connection it might overtake.
constexpr int kTimeoutsOfPatience = 10;

timespec left_until(Deadline deadline, Clock::time_point now) {
  const auto left = std::max(deadline - now, Clock::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

std::string milliseconds(std::chrono::nanoseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) +
         " ms";
}

// One request on its way to all servers.
class Exchange {
 public:
  Exchange(std::vector<Link>& links, std::vector<Answer>& answers, const Request& request,
           std::chrono::nanoseconds timeout, std::size_t majority)
      : links_(links), answers_(answers), request_(request), timeout_(timeout) {
    std::size_t trusted = 0;
    for (std::size_t i = 0; i < links_.size(); ++i) {
      suspect_[i] = links_[i].node().is_suspect(started_);
      if (!suspect_[i]) ++trusted;
    }
    if (trusted < majority) suspect_.reset();  // Then every one of them is needed.
  }

  void send() {
    for (std::size_t i = 0; i < links_.size(); ++i) {
      auto& link = links_[i];
      answers_[i] = {};
      link.prepare(started_, kTimeoutsOfPatience * timeout_, !suspect_[i]);
      if (link.is_open()) link.send(request_.bytes(), started_);
      pending_[i] = link.is_open();
      if (!link.is_open()) answers_[i].fault = link.fault();
    }
  }

  bool has_something_to_wait_for() const { return (pending_ & ~suspect_).any(); }

  // False when nothing came before the deadline.
  bool receive(Deadline deadline) {
    std::array<pollfd, Nodes::kMost> polled{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < links_.size(); ++i) {
      if (pending_[i]) polled[count++] = {links_[i].socket(), links_[i].events(), 0};
    }
    auto now = Clock::now();
    const auto left = left_until(deadline, now);
    const int ready = ::ppoll(polled.data(), count, &left, nullptr);
    now = Clock::now();
    if (ready <= 0) return now < deadline;
    for (std::size_t i = 0, at = 0; i < links_.size(); ++i) {
      if (pending_[i] && polled[at++].revents != 0) receive_from(i, now);
    }
    return true;
  }

  // Whoever had its time and did not answer becomes suspect; the others may do so later.
  void finish() {
    const auto now = Clock::now();
    const bool late = now - started_ >= timeout_;
    for (std::size_t i = 0; i < links_.size(); ++i) {
      if (!pending_[i]) continue;
      if (late) links_[i].node().suspect(now);
      answers_[i].fault = "no answer within " + milliseconds(late ? timeout_ : now - started_);
    }
  }

 private:
  void receive_from(std::size_t i, Clock::time_point now) {
    auto& link = links_[i];
    auto reply = link.receive(now);
    if (reply && reply->kind == Reply::Kind::kError && reply->text.starts_with("NOSCRIPT") &&
        request_.is_script()) {
      link.send(request_.in_full(), now);
      reply.reset();
    }
    if (!link.is_open()) {
      answers_[i].fault = link.fault();
      pending_.reset(i);
    } else if (reply) {
      answers_[i].reply = std::move(reply);
      pending_.reset(i);
    }
  }

  std::vector<Link>& links_;
  std::vector<Answer>& answers_;
  const Request& request_;
  const std::chrono::nanoseconds timeout_;
  const Clock::time_point started_ = Clock::now();
  NodeSet suspect_;  // Not waited for.
  NodeSet pending_;
};

}  // namespace

Nodes::Nodes(std::vector<Address> addresses, std::chrono::nanoseconds timeout,
             std::span<const Script* const> scripts)
    : timeout_(timeout) {
  if (addresses.empty() || addresses.size() > kMost) std::abort();  // A bug: options are bounded.
  const auto greeting = std::make_shared<Greeting>();
  for (const auto* script : scripts) {
    greeting->bytes += Request({"SCRIPT", "LOAD", script->source()}).bytes();
    ++greeting->requests;
  }
  for (auto& address : addresses) nodes_.emplace_back(std::move(address), greeting);
}

Nodes::~Nodes() = default;

Nodes::Session Nodes::borrow() {
  {
    const std::lock_guard guard(mutex_);
    if (!idle_.empty()) {
      auto links = std::move(idle_.back());  // The one used last, whose connections are warm.
      idle_.pop_back();
      return {*this, std::move(links)};
    }
  }
  auto links = std::make_unique<Links>();
  for (auto& node : nodes_) links->links.emplace_back(node);
  links->answers.resize(nodes_.size());
  return {*this, std::move(links)};
}

std::string Nodes::faults(Answers answers) const {
  std::string text;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& answer = answers[i];
    const bool is_error = answer.reply && answer.reply->kind == Reply::Kind::kError;
    if (answer.reply && !is_error) continue;
    text += (text.empty() ? "" : "; ") + to_string(nodes_[i].address()) + ": " +
            (is_error ? answer.reply->described() : answer.fault);
  }
  return text;
}

Nodes::Session::Session(Nodes& nodes, std::unique_ptr<Links> links)
    : nodes_(&nodes), links_(std::move(links)) {}

Nodes::Session::Session(Session&&) noexcept = default;

Nodes::Session::~Session() {
  if (!links_) return;
  const std::lock_guard guard(nodes_->mutex_);
  nodes_->idle_.push_back(std::move(links_));
}

Answers Nodes::Session::ask(const Request& request, Deadline deadline,
                            const std::function<bool(Answers)>& enough) {
  auto& [links, answers] = *links_;
  const auto until = std::min(deadline, Clock::now() + nodes_->timeout_);
  Exchange exchange(links, answers, request, nodes_->timeout_, nodes_->majority());
  exchange.send();
  while (!enough(answers) && exchange.has_something_to_wait_for()) {
    if (!exchange.receive(until)) break;
  }
  exchange.finish();
  return answers;
}

}  // namespace stampede::redis
