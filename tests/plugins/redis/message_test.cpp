// What needs no server: addresses, encoded requests, and the digest of a script.

#include <gtest/gtest.h>

#include "plugins/redis/address.hpp"
#include "plugins/redis/message.hpp"

namespace stampede::redis {
namespace {

TEST(RedisAddresses, AreReadOneOrMoreWithOrWithoutAScheme) {
  EXPECT_EQ(parse_addresses("127.0.0.1:6379").value(), (std::vector<Address>{{"127.0.0.1", 6379}}));
  EXPECT_EQ(parse_addresses("redis://one:1, two:65535 ,[::1]:3").value(),
            (std::vector<Address>{{"one", 1}, {"two", 65535}, {"::1", 3}}));
  EXPECT_EQ(to_string(Address{"::1", 3}), "[::1]:3");
}

TEST(RedisAddresses, ThatAreWrongAreNamedWithWhatWasExpected) {
  for (const auto* text : {"", "one", ":1", "one:", "one:0", "one:65536", "one:1x", "one:1,",
                           "one:1,,two:2", "user@one:1", "one:two:3", "[]:1"}) {
    const auto addresses = parse_addresses(text);
    ASSERT_FALSE(addresses) << text;
    EXPECT_EQ(addresses.error().code, ErrorCode::kInvalid);
    EXPECT_NE(addresses.error().message.find("for example 127.0.0.1:6379"), std::string::npos)
        << addresses.error().message;
  }
  EXPECT_EQ(parse_addresses("one:1,one:1").error().message, "one:1 is named twice");
}

TEST(RedisRequest, IsEncodedWordByWordWhateverTheWordsHold) {
  EXPECT_EQ(Request({"SET", "a b", ""}).bytes(), "*3\r\n$3\r\nSET\r\n$3\r\na b\r\n$0\r\n\r\n");
}

TEST(RedisRequest, NamesAScriptByItsDigestAndInFullByItsSource) {
  const Script script("return 1");
  EXPECT_EQ(script.digest(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
  const std::vector<std::string> keys{"k"};
  const std::vector<std::string_view> arguments{"a"};
  const Request request(script, keys, arguments);
  EXPECT_EQ(request.bytes(),
            "*5\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n"
            "$1\r\n1\r\n$1\r\nk\r\n$1\r\na\r\n");
  EXPECT_EQ(request.in_full(),
            "*5\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\na\r\n");
}

}  // namespace
}  // namespace stampede::redis
