// One client for all calls to other processes: connections are kept, and whatever does not answer
// is told apart from whatever does not answer in time.

#include "core/calls/http_client.hpp"

#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <thread>

#include "tests/core/calls/neighbour.hpp"

namespace stampede::calls {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using testing::Neighbour;
using testing::only;

constexpr auto kPatience = 30s;
const tcp::endpoint kAnyPort{boost::asio::ip::address_v4::loopback(), 0};

std::string url_of(const tcp::acceptor& acceptor) {
  return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/";
}

TEST(HttpClient, KeepsItsConnection) {
  boost::asio::io_context io;
  tcp::acceptor acceptor(io, kAnyPort);
  const auto url = url_of(acceptor);
  // Accepts one connection, and answers whatever comes over it until it ends.
  std::thread server([&] {
    auto socket = acceptor.accept();
    acceptor.close();
    std::string request;
    for (boost::system::error_code error; !error; request.clear()) {
      boost::asio::read_until(socket, boost::asio::dynamic_buffer(request), "\r\n\r\n", error);
      if (error) break;
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
      boost::asio::write(socket, boost::asio::buffer(answer), error);
    }
  });
  {
    HttpClient client;
    for (int i = 0; i < 3; ++i) {
      const auto answer = client.get(url, Clock::now() + kPatience);
      EXPECT_TRUE(answer) << answer.error().message;
      EXPECT_EQ(answer ? answer->body : "", "ok");
    }
  }
  server.join();
}

TEST(HttpClient, SendsNothingWhenNoTimeIsLeft) {
  Neighbour neighbour(only(saga::Area::kUser),
                      [](const auto&) -> Result<std::string> { return std::string("answered"); });
  HttpClient client;
  const auto answer = client.post(neighbour.url() + "/calls/quote", "{}", "", Clock::now() - 5ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(neighbour.seen().empty());
}

// A listener whose queue is full lets those who come later knock: so does a machine that is gone.
TEST(HttpClient, AMachineThatDoesNotEvenConnectIsUnavailableLongBeforeTheDeadline) {
  boost::asio::io_context io;
  tcp::acceptor acceptor(io, kAnyPort);
  acceptor.listen(0);
  std::vector<tcp::socket> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(io, tcp::v4());
    waiting.back().async_connect(acceptor.local_endpoint(), [](const auto&) {});
  }
  HttpClient client;
  const auto deadline = Clock::now() + 2 * kPatience;
  const auto answer = client.get(url_of(acceptor), deadline);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable) << answer.error().message;
  EXPECT_LT(Clock::now(), deadline - kPatience);
}

TEST(HttpClient, PassesWhateverStatusAndBodyOn) {
  Neighbour neighbour(only(saga::Area::kUser), [](const auto&) -> Result<std::string> {
    return fail(ErrorCode::kConflict, "again");
  });
  HttpClient client;
  const auto body = std::string("{\"a\":\"\0\"}", 9);
  const auto answer =
      client.post(neighbour.url() + "/calls/quote", body, "trace-1", Clock::now() + kPatience);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, http::problem_for(ErrorCode::kConflict).status);
  EXPECT_EQ(decode_error(answer->status, answer->body).code, ErrorCode::kConflict);
  EXPECT_EQ(neighbour.seen().at(0).body, body);
}

}  // namespace
}  // namespace stampede::calls
