// What a front door does with what no honest client sends: a clear refusal, a closed connection,
// and no harm to anybody else.

#include <nlohmann/json.hpp>
#include <random>

#include "tests/contract/http_server_contract.hpp"

namespace stampede::testing {
namespace {

struct Hostile {
  std::string name;
  std::string bytes;
  int lowest = 400;  // Of the statuses that are right.
  int highest = 400;
};

std::string with_headers(const std::string& headers) {
  return "POST /echo HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n\r\n";
}

std::string random_bytes(std::size_t size) {
  std::mt19937 random(5);
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(random());
  return bytes;
}

std::string many_headers() {
  std::string request = "GET / HTTP/1.1\r\nHost: test\r\n";
  for (int i = 0; i < 5'000; ++i) request += "H" + std::to_string(i) + ": v\r\n";
  return request + "\r\n";
}

std::vector<Hostile> request_lines() {
  return {
      {"garbage", "GARBAGE\r\n\r\n"},
      {"binary", random_bytes(20'000), 400, 431},
      {"a TLS hello", std::string("\x16\x03\x01\x02\0\x01\0", 7) + random_bytes(500) + "\r\n\r\n"},
      {"an unknown version", "GET / HTTP/9.9\r\nHost: test\r\n\r\n", 400, 505},
      {"no version", "GET / \r\nHost: test\r\n\r\n"},
      {"neither version nor space", "GET /\r\n\r\n"},
      {"a relative path", "GET foo HTTP/1.1\r\nHost: test\r\n\r\n"},
      {"a NUL in the path", std::string("GET /\0x HTTP/1.1\r\nHost: test\r\n\r\n", 32)},
      {"bare line feeds", "GET / HTTP/1.1\nHost: test\n\n"},
      {"a path of 15,000 slashes", get(std::string(15'000, '/')), 414, 414},
  };
}

std::vector<Hostile> headers() {
  return {
      {"a huge header", with_headers("X: " + std::string(100'000, 'a')), 431, 431},
      {"5,000 headers", many_headers(), 431, 431},
      {"101 headers",
       [] {
         std::string lines = "X: y";
         for (int i = 0; i < 100; ++i) lines += "\r\nX: y";
         return with_headers(lines);
       }(),
       431, 431},
      {"no host", "GET / HTTP/1.1\r\n\r\n"},
      {"two hosts", with_headers("Host: other")},
      {"a folded header", with_headers("X: a\r\n b: c\r\nConnection: close"), 200, 400},
      {"a space before the colon", with_headers("X : a")},
      {"no colon", with_headers("X")},
      {"a control character in a value", with_headers(std::string("X: a\0b", 6))},
  };
}

std::vector<Hostile> lengths() {
  return {
      {"a length in letters", with_headers("Content-Length: abc")},
      {"a negative length", with_headers("Content-Length: -1")},
      {"a length with a plus", with_headers("Content-Length: +3") + "abc"},
      {"an empty length", with_headers("Content-Length: ")},
      {"the length twice", with_headers("Content-Length: 3\r\nContent-Length: 3") + "abc"},
      {"two lengths", with_headers("Content-Length: 3\r\nContent-Length: 4") + "abcd"},
      {"a list of lengths", with_headers("Content-Length: 3, 3") + "abc"},
      {"a length of 2^64", with_headers("Content-Length: 18446744073709551616"), 400, 413},
      {"a length of 2^63", with_headers("Content-Length: 9223372036854775808"), 400, 413},
      {"a length of 10 GB", with_headers("Content-Length: 10000000000"), 413, 413},
      {"a body over the limit", post("/echo", std::string(1'000'000, 'x')), 413, 413},
  };
}

std::vector<Hostile> codings() {
  const auto chunked = [](const std::string& body) {
    return with_headers("Transfer-Encoding: chunked") + body;
  };
  return {
      {"length and chunks",
       with_headers("Content-Length: 3\r\nTransfer-Encoding: chunked") + "0\r\n\r\n"},
      {"chunked twice",
       with_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked") + "0\r\n\r\n"},
      {"gzip", with_headers("Transfer-Encoding: gzip"), 400, 501},
      {"chunks in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"a chunk size in letters", chunked("zz\r\nabc\r\n")},
      {"a negative chunk size", chunked("-5\r\nabc\r\n")},
      {"a huge chunk size", chunked("ffffffffffffffff\r\nabc\r\n"), 400, 413},
      {"a chunk longer than its size", chunked("2\r\nabc\r\n0\r\n\r\n")},
      {"chunks over the limit", chunked("20000\r\n" + std::string(0x20000, 'x') + "\r\n0\r\n\r\n"),
       413, 413},
  };
}

class HttpServerHostile : public HttpServerContract {
 protected:
  void expect_refused(const Hostile& hostile) {
    SCOPED_TRACE(hostile.name);
    auto mine = client();
    mine.send(hostile.bytes);
    const auto response = mine.receive();
    ASSERT_TRUE(response) << "no answer";
    EXPECT_GE(response->status, hostile.lowest);
    EXPECT_LE(response->status, hostile.highest);
    EXPECT_TRUE(mine.wait_closed());
    if (response->status == 200) return;
    EXPECT_EQ(response->header("Content-Type"), "application/problem+json");
    const auto problem = nlohmann::json::parse(response->body, nullptr, false);
    ASSERT_TRUE(problem.is_object()) << response->body;
    EXPECT_EQ(problem.value("status", 0), response->status);
    for (const auto* member : {"type", "title", "code", "detail"}) {
      EXPECT_NE(problem.value(member, ""), "") << member << " of " << response->body;
    }
  }

  void expect_all_refused(const std::vector<Hostile>& all) {
    start();
    for (const auto& hostile : all) expect_refused(hostile);
    EXPECT_EQ(status_of(get("/")), 200) << "it still serves";
  }
};

TEST_P(HttpServerHostile, RefusesWrongRequestLines) { expect_all_refused(request_lines()); }
TEST_P(HttpServerHostile, RefusesWrongHeaders) { expect_all_refused(headers()); }
TEST_P(HttpServerHostile, RefusesLengthsTwoReadersCouldDisagreeOn) {
  expect_all_refused(lengths());
}
TEST_P(HttpServerHostile, RefusesCodingsTwoReadersCouldDisagreeOn) {
  expect_all_refused(codings());
}

TEST_P(HttpServerHostile, DoesNotReadWhatFollowsARefusedRequest) {
  start();
  auto mine = client();
  mine.send(post("/echo", std::string(100'000, 'x')) + get("/park"));
  EXPECT_EQ(mine.receive()->status, 413);
  EXPECT_TRUE(mine.wait_closed());
  EXPECT_EQ(mine.input(), "") << "only the refusal was sent";
}

TEST_P(HttpServerHostile, PassesAPathOf15000SlashesOnWhereTheLimitsAllowIt) {
  options_.max_uri_bytes = 40'000;
  options_.max_header_bytes = 65'536;
  start();
  EXPECT_EQ(status_of(get(std::string(15'000, '/'))), 200);
}

TEST_P(HttpServerHostile, TakesABodyOfExactlyTheLimit) {
  start();
  EXPECT_EQ(status_of(post("/echo", std::string(options_.max_body_bytes, 'x'))), 200);
  EXPECT_EQ(status_of(post("/echo", std::string(options_.max_body_bytes + 1, 'x'))), 413);
}

INSTANTIATE_TEST_SUITE_P(Frontends, HttpServerHostile, ::testing::Values("pistache", "beast"),
                         [](const auto& plugin) { return plugin.param; });

}  // namespace
}  // namespace stampede::testing
