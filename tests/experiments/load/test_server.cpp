#include "tests/experiments/load/test_server.hpp"

#include <utility>  // Boost 1.74's awaitable.hpp uses std::exchange without it.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace stampede::load {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;

struct TestServer::Parts {
  Handler handler;
  asio::io_context io{1};
  Tcp::acceptor acceptor{io, {asio::ip::make_address("127.0.0.1"), 0}};
  mutable std::mutex mutex;
  mutable std::condition_variable arrived;
  std::vector<SeenRequest> requests;  // Guarded by the mutex.
  std::size_t connections = 0;        // Guarded by the mutex.
  std::thread thread;

  asio::awaitable<void> accept() {
    boost::system::error_code error;
    while (true) {
      auto socket =
          co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      std::size_t number = 0;
      {
        const std::lock_guard lock(mutex);
        number = connections++;
      }
      asio::co_spawn(io, serve(std::move(socket), number), asio::detached);
    }
  }

  asio::awaitable<void> serve(Tcp::socket socket, std::size_t number) {
    boost::beast::flat_buffer buffer;
    boost::system::error_code error;
    while (true) {
      http::request<http::string_body> request;
      co_await http::async_read(socket, buffer, request,
                                asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      const SeenRequest seen{std::string(request.method_string()), std::string(request.target()),
                             request.body(), std::string(request["Idempotency-Key"]), number};
      {
        const std::lock_guard lock(mutex);
        requests.push_back(seen);
      }
      arrived.notify_all();
      const auto reply = handler(seen);
      if (reply.delay.count() > 0) {
        asio::steady_timer timer(io, reply.delay);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
      }
      if (!reply.silent) {
        const auto text = reply.raw.empty() ? written(reply) : reply.raw;
        co_await asio::async_write(socket, asio::buffer(text),
                                   asio::redirect_error(asio::use_awaitable, error));
      }
      if (error || reply.close || reply.hang_up) co_return;
    }
  }

  static std::string written(const TestReply& reply) {
    auto text = "HTTP/1.1 " + std::to_string(reply.status) + " Whatever\r\n";
    for (const auto& [name, value] : reply.headers) text += name + ": " + value + "\r\n";
    if (reply.close) text += "Connection: close\r\n";
    return text + "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
  }
};

TestServer::TestServer(Handler handler) : parts_(std::make_unique<Parts>()) {
  parts_->handler = std::move(handler);
  asio::co_spawn(parts_->io, parts_->accept(), asio::detached);
  parts_->thread = std::thread([parts = parts_.get()] { parts->io.run(); });
}

TestServer::~TestServer() {
  parts_->io.stop();
  parts_->thread.join();
}

std::uint16_t TestServer::port() const { return parts_->acceptor.local_endpoint().port(); }

std::vector<SeenRequest> TestServer::requests() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->requests;
}

std::size_t TestServer::connections() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->connections;
}

bool TestServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(parts_->mutex);
  return parts_->arrived.wait_for(lock, std::chrono::seconds(20),
                                  [this, count] { return parts_->requests.size() >= count; });
}

}  // namespace stampede::load
