// The front door `beast`: Boost.Beast over Boost.Asio, public interfaces only. One io_context for
// each I/O thread, so that a session never leaves its thread.
//
// Differs from `pistache` within the contract: a request that takes too long is closed without a
// 408, header lines folded the obsolete way are unfolded instead of refused, and chunk extensions
// and trailers are read and ignored.

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "core/plugin/export.hpp"
#include "plugins/frontends/beast/session.hpp"

namespace stampede::frontends {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;

// How long to look away from the listening socket when there is no descriptor left.
constexpr milliseconds kAcceptPause{20};
constexpr int kBacklog = 4096;

using Acceptor = asio::basic_socket_acceptor<tcp, Loop::Executor>;

// A server between start() and stop().
class Running {
 public:
  // Throws boost::system::system_error when it cannot listen.
  Running(const HttpServerOptions& options, HttpHandler handler, Census& census)
      : door_{options, std::move(handler), census},
        loops_(make_loops(options.io_threads)),
        acceptor_(loops_.front()->context.get_executor()),
        retry_(loops_.front()->context) {
    const tcp::endpoint endpoint(asio::ip::make_address(options.address), options.port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen(kBacklog);
    port_ = acceptor_.local_endpoint().port();
    accept();
    for (const auto& loop : loops_) {
      loop->thread = std::thread([&context = loop->context] { context.run(); });
    }
  }

  ~Running() {
    door_.stopping = true;
    stop_accepting();
    for_each_session([](Session& session) { session.drain(); });
    door_.census.wait_until_empty(std::chrono::steady_clock::now() + door_.options.drain_timeout);
    for_each_session([](Session& session) { session.close(); });
    for (const auto& loop : loops_) loop->work.reset();
    for (const auto& loop : loops_) loop->thread.join();
  }

  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  static std::vector<std::shared_ptr<Loop>> make_loops(unsigned count) {
    std::vector<std::shared_ptr<Loop>> loops;
    for (unsigned i = 0; i < std::max(1U, count); ++i) loops.push_back(std::make_shared<Loop>());
    return loops;
  }

  // Returns when no further session can be on its way to a loop.
  void stop_accepting() {
    std::promise<void> stopped;
    asio::post(loops_.front()->context, [this, &stopped] {
      beast::error_code ignored;  // The descriptor is closed in any case.
      acceptor_.close(ignored);
      retry_.cancel();
      stopped.set_value();
    });
    stopped.get_future().wait();
  }

  template <typename Visit>
  void for_each_session(Visit visit) {
    for (const auto& loop : loops_) {
      asio::post(loop->context, [&loop = *loop, visit] {
        const std::vector<std::shared_ptr<Session>> open(loop.sessions.begin(),
                                                         loop.sessions.end());
        for (const auto& session : open) visit(*session);
      });
    }
  }

  void accept() {
    const auto& loop = loops_[turn_++ % loops_.size()];
    acceptor_.async_accept(loop->context,
                           [this, &loop](beast::error_code error, Session::Socket socket) {
                             on_accept(error, std::move(socket), loop);
                           });
  }

  void on_accept(beast::error_code error, Session::Socket socket,
                 const std::shared_ptr<Loop>& loop) {
    if (!acceptor_.is_open()) return;
    if (error) return accept_later();
    const auto open = door_.census.connections();
    const bool over = open >= door_.options.max_connections;
    if (over) door_.census.refused();
    if (open < door_.options.max_connections + Door::kMaxTurnedAway) {
      auto session = std::make_shared<Session>(std::move(socket), loop, door_);
      asio::post(loop->context, [session = std::move(session), over] {
        over ? session->turn_away() : session->run();
      });
    }
    accept();
  }

  // There is no descriptor left, or the client has left while it waited.
  void accept_later() {
    retry_.expires_after(kAcceptPause);
    retry_.async_wait([this](beast::error_code error) {
      if (!error && acceptor_.is_open()) accept();
    });
  }

  Door door_;
  const std::vector<std::shared_ptr<Loop>> loops_;
  Acceptor acceptor_;
  asio::steady_timer retry_;
  std::uint16_t port_ = 0;
  std::size_t turn_ = 0;
};

class BeastServer final : public HttpServer {
 public:
  explicit BeastServer(const PluginConfig&) {}
  ~BeastServer() override { stop(); }

  Result<void> start(const HttpServerOptions& options, HttpHandler handler) override {
    if (running_) return fail(ErrorCode::kInvalid, "the HTTP server has been started already");
    try {
      running_ = std::make_unique<Running>(options, std::move(handler), census_);
    } catch (const boost::system::system_error& error) {
      return fail(ErrorCode::kUnavailable, "cannot listen on " + options.address + ':' +
                                               std::to_string(options.port) + ": " +
                                               error.code().message());
    } catch (const std::exception& error) {
      return fail(ErrorCode::kUnavailable,
                  "cannot start the HTTP server's threads: " + std::string(error.what()));
    }
    port_ = running_->port();
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

STAMPEDE_PLUGIN(stampede::frontends::BeastServer, stampede::HttpServer, "beast",
                "Boost.Beast over Boost.Asio", stampede::plugin::kNoOptions)
