// The front door `pistache`: Pistache's reactor for readiness, everything above it ours. See
// loop.hpp for the reason.
//
// Each I/O thread has a reactor, a loop and its share of the connections. Known: Pistache does not
// close one eventfd per reactor, so each start() costs the process one descriptor per I/O thread.

#include <pistache/reactor.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "core/plugin/export.hpp"
#include "plugins/frontends/census.hpp"
#include "plugins/frontends/pistache/acceptor.hpp"
#include "plugins/frontends/pistache/loop.hpp"

namespace stampede::frontends {
namespace {

struct IoThread {
  explicit IoThread(const Door& door)
      : loop(std::make_shared<Loop>(door)), reactor(Pistache::Aio::Reactor::create()) {
    reactor->init();
    reactor->addHandler(loop);
  }
  ~IoThread() { stop(); }
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void stop() {
    reactor->shutdown();
    if (thread.joinable()) thread.join();
  }

  std::shared_ptr<Loop> loop;
  std::shared_ptr<Pistache::Aio::Reactor> reactor;
  std::thread thread;
};

// A server between start() and stop().
class Running {
 public:
  Running(const HttpServerOptions& options, HttpHandler handler, Census& census,
          FileDescriptor listener)
      : door_{options, std::move(handler), census},
        threads_(make_threads(door_)),
        acceptor_(std::move(listener), loops(), door_) {
    acceptor_.start();
    for (const auto& io : threads_) {
      io->thread = std::thread([&reactor = *io->reactor] { reactor.run(); });
    }
  }

  ~Running() {
    door_.stopping = true;
    threads_.front()->loop->post([this] { acceptor_.stop(); });
    for (const auto& io : threads_) {
      io->loop->post([&loop = *io->loop] { loop.drain(); });
    }
    door_.census.wait_until_empty(std::chrono::steady_clock::now() + door_.options.drain_timeout);
    for (const auto& io : threads_) io->stop();
    for (const auto& io : threads_) io->loop->close_all();
  }

  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  static std::vector<std::unique_ptr<IoThread>> make_threads(const Door& door) {
    std::vector<std::unique_ptr<IoThread>> threads;
    for (unsigned i = 0; i < std::max(1U, door.options.io_threads); ++i) {
      threads.push_back(std::make_unique<IoThread>(door));
    }
    return threads;
  }

  std::vector<Loop*> loops() const {
    std::vector<Loop*> loops;
    loops.reserve(threads_.size());
    for (const auto& io : threads_) loops.push_back(io->loop.get());
    return loops;
  }

  Door door_;
  const std::vector<std::unique_ptr<IoThread>> threads_;
  Acceptor acceptor_;
};

class PistacheServer final : public HttpServer {
 public:
  explicit PistacheServer(const PluginConfig&) {}
  ~PistacheServer() override { stop(); }

  Result<void> start(const HttpServerOptions& options, HttpHandler handler) override {
    if (running_) return fail(ErrorCode::kInvalid, "the HTTP server has been started already");
    auto listener = listen_on(options.address, options.port);
    if (!listener) return Unexpected(listener.error());
    try {
      running_ = std::make_unique<Running>(options, std::move(handler), census_,
                                           std::move(listener->socket));
    } catch (const std::exception& error) {
      return fail(ErrorCode::kUnavailable,
                  "cannot start the HTTP server's threads: " + std::string(error.what()));
    }
    port_ = listener->port;
    return {};
  }

  std::uint16_t port() const override { return port_; }
  void stop() noexcept override { running_.reset(); }
  HttpServerStats stats() const override { return census_.stats(); }

 private:
  Census census_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Running> running_;
};

}  // namespace
}  // namespace stampede::frontends

STAMPEDE_PLUGIN(stampede::frontends::PistacheServer, stampede::HttpServer, "pistache",
                "Pistache's reactor with strict framing of our own", stampede::plugin::kNoOptions)
