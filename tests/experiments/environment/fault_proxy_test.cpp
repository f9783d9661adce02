// A proxy that misbehaves when it is told to, and forwards everything otherwise.

#include "experiments/environment/fault_proxy.hpp"

#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <optional>
#include <thread>

namespace stampede::environment {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Answers every line with itself, on one thread for each connection.
class EchoServer {
 public:
  EchoServer() {
    thread_ = std::jthread([this] {
      for (;;) {
        auto socket = std::make_shared<tcp::socket>(context_);
        boost::system::error_code error;
        acceptor_.accept(*socket, error);
        if (error || ending_) return;
        sessions_.emplace_back([socket] {
          boost::system::error_code broken;
          std::array<char, 256> bytes{};
          while (const auto size = socket->read_some(asio::buffer(bytes), broken)) {
            asio::write(*socket, asio::buffer(bytes.data(), size), broken);
          }
        });
      }
    });
  }
  ~EchoServer() {
    ending_ = true;
    tcp::socket last(context_);
    boost::system::error_code ignored;
    last.connect(acceptor_.local_endpoint(), ignored);
  }
  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context context_;
  tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
  std::atomic<bool> ending_ = false;
  std::vector<std::jthread> sessions_;
  std::jthread thread_;
};

class Client {
 public:
  explicit Client(int port) {
    socket_.connect({asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)}, error_);
  }
  bool send() {
    asio::write(socket_, asio::buffer("ping\n", 5), error_);
    return !error_;
  }
  // Whether the answer is there before the time is over.
  bool hears_within(std::chrono::milliseconds time) {
    std::optional<bool> heard;
    asio::async_read(socket_, asio::buffer(bytes_), [&](boost::system::error_code error, auto) {
      error_ = error;
      heard = !error;
    });
    context_.restart();
    context_.run_for(time);
    if (!heard) {
      socket_.cancel();
      context_.run();
      return false;
    }
    return *heard;
  }
  bool is_broken() const { return error_ && error_ != asio::error::operation_aborted; }

 private:
  asio::io_context context_;
  tcp::socket socket_{context_};
  boost::system::error_code error_;
  std::array<char, 5> bytes_{};
};

class FaultProxyTest : public ::testing::Test {
 protected:
  EchoServer server_;
  FaultProxy proxy_ = FaultProxy::start(server_.port()).value();
};

TEST_F(FaultProxyTest, ForwardsBothWaysOnSeveralConnections) {
  Client one(proxy_.port());
  Client other(proxy_.port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(one.send());
    ASSERT_TRUE(other.send());
    EXPECT_TRUE(one.hears_within(20s));
    EXPECT_TRUE(other.hears_within(20s));
  }
}

TEST_F(FaultProxyTest, LetsEachRequestWaitWhileItIsSlow) {
  Client client(proxy_.port());
  proxy_.slow(150ms);
  const auto started = Clock::now();
  ASSERT_TRUE(client.send());
  EXPECT_TRUE(client.hears_within(20s));
  EXPECT_GE(Clock::now() - started, 150ms);
}

TEST_F(FaultProxyTest, LosesNothingInAPartition) {
  Client client(proxy_.port());
  ASSERT_TRUE(client.send());
  ASSERT_TRUE(client.hears_within(20s));
  proxy_.partition();
  ASSERT_TRUE(client.send());
  EXPECT_FALSE(client.hears_within(200ms));
  proxy_.join();
  EXPECT_TRUE(client.hears_within(20s));
}

TEST_F(FaultProxyTest, ResetsWhatIsOpenAndWhatComesUntilItIsOver) {
  Client client(proxy_.port());
  ASSERT_TRUE(client.send());
  ASSERT_TRUE(client.hears_within(20s));
  proxy_.reset();
  EXPECT_FALSE(client.hears_within(20s));
  EXPECT_TRUE(client.is_broken());
  Client another(proxy_.port());
  another.send();
  EXPECT_FALSE(another.hears_within(20s));
  proxy_.accept_again();
  Client third(proxy_.port());
  ASSERT_TRUE(third.send());
  EXPECT_TRUE(third.hears_within(20s));
}

}  // namespace
}  // namespace stampede::environment
