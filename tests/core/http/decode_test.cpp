// What requests may say, field by field.

#include "core/http/decode.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/http/timestamp.hpp"
#include "core/http/uri.hpp"

namespace stampede::http {
namespace {

std::string lines(const FieldFaults& faults) {
  std::string text;
  for (const auto& fault : faults) text += fault.where + ": " + fault.expected + "\n";
  return text;
}

std::string order_faults(std::string_view body) {
  FieldFaults faults;
  decode_order(body, faults);
  return lines(faults);
}

TEST(OrderBody, GivesWhatItSays) {
  FieldFaults faults;
  const auto order = decode_order(
      R"({"userId":7,"items":[{"productId":1,"quantity":2},{"productId":3,"quantity":1000}],"couponId":9})",
      faults);
  EXPECT_EQ(lines(faults), "");
  EXPECT_EQ(order.user, UserId{7});
  ASSERT_EQ(order.items.size(), 2U);
  EXPECT_EQ(order.items[1].product, ProductId{3});
  EXPECT_EQ(order.items[1].quantity, 1000);
  EXPECT_EQ(order.coupon, CouponId{9});
}

TEST(OrderBody, WithoutItemsMeansTheCart) {
  FieldFaults faults;
  EXPECT_TRUE(decode_order(R"({"userId":7,"couponId":null})", faults).items.empty());
  EXPECT_EQ(lines(faults), "");
}

TEST(OrderBody, IsRefusedWithThePlaceAndWhatWasExpected) {
  EXPECT_EQ(order_faults(""), "#: a JSON object; the body is empty\n");
  EXPECT_EQ(order_faults("[]"), "#: an object; found an array\n");
  EXPECT_EQ(order_faults(R"({"userId":0})"), "#/userId: an integer of 1 or more; found 0\n");
  EXPECT_EQ(order_faults(R"({"userId":1,"items":[]})"),
            "#/items: an array of 1 to 20 elements; found 0\n");
  EXPECT_EQ(order_faults(R"({"userId":1,"items":null})"),
            "#/items: an array of 1 to 20 elements; found null\n");
  EXPECT_EQ(order_faults(R"({"userId":1,"items":[7]})"), "#/items/0: an object; found 7\n");
  EXPECT_EQ(order_faults(R"({"userId":1,"items":[{"productId":1,"quantity":1001}]})"),
            "#/items/0/quantity: an integer from 1 to 1000; found 1001\n");
  EXPECT_EQ(
      order_faults(
          R"({"userId":1,"items":[{"productId":5,"quantity":1},{"productId":5,"quantity":1}]})"),
      "#/items/1/productId: each product once; 5 is there already\n");
  EXPECT_EQ(order_faults(R"({"userId":1,"coupon":3})"),
            "#/coupon: no such member; known are \"userId\", \"items\" or \"couponId\"; did you "
            "mean \"couponId\"?\n");
}

TEST(OrderBody, MayHaveTwentyItemsAndNotOneMore) {
  const auto body = [](int items) {
    std::string text = R"({"userId":1,"items":[)";
    for (int i = 1; i <= items; ++i) {
      text += R"({"productId":)" + std::to_string(i) + R"(,"quantity":1})" + (i < items ? "," : "");
    }
    return text + "]}";
  };
  EXPECT_EQ(order_faults(body(20)), "");
  EXPECT_EQ(order_faults(body(21)), "#/items: an array of 1 to 20 elements; found 21\n");
}

TEST(ChargeBody, IsStrictAboutAmountAndTransaction) {
  const auto faults_of = [](std::string_view body) {
    FieldFaults faults;
    decode_charge(body, faults);
    return lines(faults);
  };
  EXPECT_EQ(faults_of(R"({"userId":1,"amount":1,"transactionId":"t-1"})"), "");
  EXPECT_EQ(faults_of(R"({"userId":1,"amount":0,"transactionId":"a b"})"),
            "#/amount: an integer from 1 to 1000000000000; found 0\n"
            "#/transactionId: printable ASCII characters without spaces\n");
  EXPECT_EQ(faults_of(R"({"userId":1,"amount":1,"transactionId":")" + std::string(65, 'x') + "\"}"),
            "#/transactionId: a string of 1 to 64 bytes; found 65 bytes\n");
}

TEST(SeedBody, ReadsCouponsWithTheirWindows) {
  FieldFaults faults;
  const auto seed = decode_seed(
      R"({"users":10,"products":3,"stock":5,"price":100,"balance":50,"cartLines":2,"cartQuantity":4,
          "coupons":[{"discount":{"kind":"percent","value":15},"total":9,"heldBy":2,
                      "validFrom":"2026-01-01T00:00:00Z"}]})",
      faults);
  EXPECT_EQ(lines(faults), "");
  EXPECT_EQ(seed.users, 10);
  EXPECT_EQ(seed.balance, Money{50});
  ASSERT_EQ(seed.coupons.size(), 1U);
  EXPECT_EQ(seed.coupons[0].discount.kind, Discount::Kind::kPercent);
  EXPECT_EQ(seed.coupons[0].held_by, 2);
  EXPECT_EQ(seed.coupons[0].valid_from, parse_timestamp("2026-01-01T00:00:00Z"));
  EXPECT_GT(seed.coupons[0].valid_until, seed.coupons[0].valid_from);
}

TEST(SeedBody, RefusesWhatContradictsItself) {
  FieldFaults faults;
  decode_seed(
      R"({"users":1,"products":2,"cartLines":3,
          "coupons":[{"discount":{"kind":"half","value":101},"total":1,"heldBy":2},
                     {"discount":{"kind":"percent","value":101},"total":1,"validFrom":"now"}]})",
      faults);
  EXPECT_EQ(lines(faults),
            "#/cartLines: an integer from 0 to 2; found 3\n"
            "#/coupons/0/discount/kind: \"fixed\" or \"percent\"; found \"half\"\n"
            "#/coupons/0/heldBy: an integer from 0 to 1; found 2\n"
            "#/coupons/1/discount/value: an integer from 0 to 100; found 101\n"
            "#/coupons/1/validFrom: a UTC time such as 2026-01-31T12:00:00Z; found \"now\"\n");
}

TEST(OrderQueryString, ReadsEveryFilter) {
  FieldFaults faults;
  const auto query = decode_order_query(
      "userId=3&status=COMPLETED&from=2026-01-01T00%3A00%3A00Z&to=2026-02-01T00:00:00.5Z&page=2&"
      "size=50",
      faults);
  EXPECT_EQ(lines(faults), "");
  EXPECT_EQ(query.filter.user, UserId{3});
  EXPECT_EQ(query.filter.status, Order::Status::kCompleted);
  EXPECT_EQ(query.filter.until, parse_timestamp("2026-02-01T00:00:00.500000Z"));
  EXPECT_EQ(query.page.number, 2);
  EXPECT_EQ(query.page.size, 50);
}

TEST(OrderQueryString, IsRefusedParameterByParameter) {
  FieldFaults faults;
  decode_order_query("userId=x&status=DONE&from=1&size=0&page=-1&usrId=2&size=3&a=%zz", faults);
  EXPECT_EQ(lines(faults),
            "?size: the parameter once; it is given twice\n"
            "?a=%zz: each % to be followed by two hexadecimal digits\n"
            "?userId: an integer of 1 or more; found \"x\"\n"
            "?status: \"PENDING\", \"COMPLETED\" or \"FAILED\"\n"
            "?from: a UTC time such as 2026-01-31T12:00:00Z\n"
            "?size: an integer from 1 to 1000; found \"0\"\n"
            "?page: an integer from 0 to 9223372036854774; found \"-1\"\n"
            "?usrId: no such parameter; known are \"userId\", \"status\", \"from\", \"to\", "
            "\"size\" or \"page\"; did you mean \"userId\"?\n");
}

TEST(PathIds, ArePositiveIntegersAlsoWhenEncoded) {
  FieldFaults faults;
  EXPECT_EQ(decode_path_id("42", "id", faults), 42);
  EXPECT_EQ(decode_path_id("%34%32", "id", faults), 42);
  EXPECT_TRUE(faults.empty());
  for (const std::string bad :
       {"0", "-1", "x", "1x", "99999999999999999999", "%", "%4", "+1", " 1"}) {
    faults.clear();
    decode_path_id(bad, "id", faults);
    EXPECT_EQ(lines(faults), "{id}: a positive integer in the path\n") << bad;
  }
}

TEST(RequestKeys, ArePrintableAndBounded) {
  EXPECT_TRUE(is_request_key("a!~"));
  EXPECT_TRUE(is_request_key(std::string(64, 'k')));
  for (const std::string& bad : {std::string(), std::string(65, 'k'), std::string("a b"),
                                 std::string("a\x7f"), std::string("\xc3\xa9")}) {
    EXPECT_FALSE(is_request_key(bad)) << bad;
  }
}

TEST(Timestamps, ReadBackAsTheyWereWritten) {
  for (const std::string text : {"1970-01-01T00:00:00.000000Z", "2026-11-21T11:04:41.000001Z",
                                 "2024-02-29T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"}) {
    const auto time = parse_timestamp(text);
    ASSERT_TRUE(time) << text;
    std::string again;
    append_timestamp(again, *time);
    EXPECT_EQ(again, text);
  }
}

TEST(Timestamps, RefuseWhatIsNoUtcTime) {
  for (const std::string bad :
       {"", "2026", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00+01:00",
        "2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567Z", "1969-12-31T23:59:59Z", "2026-01-01 00:00:00Z"}) {
    EXPECT_FALSE(parse_timestamp(bad)) << bad;
  }
}

}  // namespace
}  // namespace stampede::http
