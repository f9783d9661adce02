// What the HttpServer contract suite shares: a server of the plugin under test, and an application
// behind it whose answers the test controls.

#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/api/http_server.hpp"
#include "core/plugin/catalog.hpp"
#include "tests/contract/raw_client.hpp"

namespace stampede::testing {

using namespace std::chrono_literals;

// Looks at a condition that nobody announces until it holds; false when it never did.
template <typename Condition>
bool eventually(Condition holds) {
  const auto deadline = std::chrono::steady_clock::now() + RawClient::kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

inline HttpResponse text(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  response.content_type = "text/plain";
  return response;
}

// A request whose answer is held back.
struct Parked {
  HttpRequest request;
  Responder responder;
};

// Answers by path:
//   /echo       the body, at once
//   /describe   method, path, query, X-Test header and body, at once
//   /size       as many bytes as the query says, at once
//   /worker...  path, body and X-Nonce header, from another thread, in shuffled order
//   /park...    when the test says so
//   /throw      throws; /drop drops the Responder; /close closes; /none answers 204
//   all else    "ok"
class Application {
 public:
  Application() {
    for (int i = 0; i < 2; ++i)
      workers_.emplace_back([this, i] { work(static_cast<unsigned>(i)); });
  }
  ~Application() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& worker : workers_) worker.join();
  }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  void handle(const HttpRequest& request, Responder responder) {
    if (request.path == "/echo") return responder.send(text(std::string(request.body)));
    if (request.path == "/size") {
      return responder.send(text(std::string(std::stoul(std::string(request.query)), 'x')));
    }
    if (request.path == "/describe") return responder.send(text(describe(request)));
    if (request.path.starts_with("/worker")) return enqueue(to_work_, request, responder);
    if (request.path.starts_with("/park")) return enqueue(parked_, request, responder);
    if (request.path == "/throw") throw std::runtime_error("thrown on purpose");
    if (request.path == "/drop") return;
    if (request.path == "/none") return responder.send({.status = 204, .body = "never sent"});
    auto response = text("ok");
    response.close = request.path == "/close";
    if (request.path == "/inject")
      response.headers = {{"X-Bad", "a\r\nX-Split: b"}, {"X-Good", "c"}};
    responder.send(std::move(response));
  }

  // Waits for `count` parked requests and hands them over.
  std::vector<Parked> take_parked(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, RawClient::kPatience, [&] { return parked_.size() >= count; });
    return std::exchange(parked_, {});
  }

  // Of the requests to /worker: how many of one connection were here at once, at most.
  int most_at_once() {
    const std::lock_guard lock(mutex_);
    return most_at_once_;
  }
  // Whether a worker, that is to say a thread that only answers, was made to handle a request.
  bool handled_by_worker() {
    const std::lock_guard lock(mutex_);
    for (const auto& worker : workers_) {
      if (handler_threads_.contains(worker.get_id())) return true;
    }
    return false;
  }

  static std::string describe(const HttpRequest& request) {
    std::string line;
    for (const auto part :
         {request.method, request.path, request.query, request.header("x-test"), request.body}) {
      line += std::string(part) + '|';
    }
    return line;
  }

 private:
  void enqueue(std::vector<Parked>& queue, const HttpRequest& request, Responder& responder) {
    const std::lock_guard lock(mutex_);
    handler_threads_.insert(std::this_thread::get_id());
    most_at_once_ = std::max(most_at_once_, ++at_once_[std::string(request.remote)]);
    queue.push_back({request, std::move(responder)});
    changed_.notify_all();
  }

  // Takes any of the waiting requests, so that answers overtake each other.
  void work(unsigned seed) {
    std::mt19937 random(seed);
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !to_work_.empty(); });
      if (to_work_.empty()) return;
      std::swap(to_work_[random() % to_work_.size()], to_work_.back());
      auto taken = std::move(to_work_.back());
      to_work_.pop_back();
      --at_once_[std::string(taken.request.remote)];
      lock.unlock();
      const auto& request = taken.request;
      taken.responder.send(text(std::string(request.path) + '|' + std::string(request.body) + '|' +
                                std::string(request.header("X-Nonce"))));
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Parked> to_work_;
  std::vector<Parked> parked_;
  std::map<std::string, int> at_once_;
  int most_at_once_ = 0;
  std::set<std::thread::id> handler_threads_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

// The parameter is the plugin's name.
class HttpServerContract : public ::testing::TestWithParam<std::string> {
 protected:
  static std::unique_ptr<HttpServer> make_server() {
    // Never destroyed: what comes from a plugin is useless once the plugin has gone.
    static auto& catalog = *new plugin::Catalog({STAMPEDE_PLUGIN_DIR});
    auto server = catalog.create<HttpServer>(GetParam());
    if (!server) {
      ADD_FAILURE() << server.error().message;
      return nullptr;
    }
    return std::move(*server);
  }

  void SetUp() override {
    server_ = make_server();
    ASSERT_NE(server_, nullptr);
    options_.io_threads = 2;
  }
  void TearDown() override {
    if (server_) server_->stop();
  }

  void start() {
    const auto started = server_->start(options_, handler());
    ASSERT_TRUE(started) << started.error().message;
  }
  HttpHandler handler() {
    return [this](const HttpRequest& request, Responder responder) {
      application_.handle(request, std::move(responder));
    };
  }

  RawClient client() const { return RawClient(server_->port()); }

  // Sends to a connection of its own; 0 when nothing came back.
  int status_of(const std::string& request) const {
    auto fresh = client();
    fresh.send(request);
    const auto response = fresh.receive();
    return response ? response->status : 0;
  }

  HttpServerOptions options_;
  Application application_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace stampede::testing
