// What a server answers to requests that are wrong, and that it goes on serving after them.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/e2e/server.hpp"

namespace stampede::e2e {
namespace {

using testing::get;
using testing::post;

struct Case {
  std::string name;
  std::string request;
  int status = 0;
  std::string code;  // Of the problem.
};

std::string big_body(std::size_t size) {
  return R"({"userId":1,"items":[)" + std::string(size, ' ') + "]}";
}

std::vector<Case> cases() {
  const std::string json = kJson;
  return {
      {"no JSON", order("{nonsense"), 400, "INVALID"},
      {"JSON that breaks off", order(R"({"userId":1,"items":[{"productId")"), 400, "INVALID"},
      {"an empty body", order(""), 400, "INVALID"},
      {"another JSON type", order("[1,2]"), 400, "INVALID"},
      {"a text for a number", order(R"({"userId":"one","items":[]})"), 400, "INVALID"},
      {"a fraction", order(R"({"userId":1.5})"), 400, "INVALID"},
      {"no quantity", order(R"({"userId":1,"items":[{"productId":1}]})"), 400, "INVALID"},
      {"a quantity of zero", order(R"({"userId":1,"items":[{"productId":1,"quantity":0}]})"), 400,
       "INVALID"},
      {"a number beyond 64 bits", order(R"({"userId":99999999999999999999})"), 400, "INVALID"},
      {"bytes that are no UTF-8", order("{\"userId\":\"\xff\xfe\"}"), 400, "INVALID"},
      {"deep nesting", order(std::string(20'000, '[')), 400, "INVALID"},
      {"an unknown user", order(R"({"userId":999,"items":[{"productId":1,"quantity":1}]})"), 404,
       "USER_NOT_FOUND"},
      {"an unknown product", order(R"({"userId":1,"items":[{"productId":9,"quantity":1}]})"), 404,
       "PRODUCT_NOT_FOUND"},
      {"more than there is", order(R"({"userId":1,"items":[{"productId":1,"quantity":101}]})"), 409,
       "INSUFFICIENT_STOCK"},
      {"a cart that is empty", order(R"({"userId":1})"), 409, "CART_EMPTY"},
      {"another content type",
       post("/api/v1/orders", "userId=1", "Content-Type: application/x-www-form-urlencoded\r\n"),
       415, "UNSUPPORTED_MEDIA_TYPE"},
      {"an unknown route", get("/api/v1/oders"), 404, "ROUTE_NOT_FOUND"},
      {"an unknown version", get("/api/v2/orders"), 404, "ROUTE_NOT_FOUND"},
      {"an unknown method", "DELETE /api/v1/orders HTTP/1.1\r\nHost: x\r\n\r\n", 405,
       "METHOD_NOT_ALLOWED"},
      {"an id that is no number", get("/api/v1/products/abc"), 400, "INVALID"},
      {"an unknown id", get("/api/v1/products/99"), 404, "PRODUCT_NOT_FOUND"},
      {"an order id that is no UUID", get("/api/v1/orders/17"), 400, "INVALID"},
      {"an unknown order", get("/api/v1/orders/00000000-0000-4000-8000-000000000000"), 404,
       "ORDER_NOT_FOUND"},
      {"a page that is no number", get("/api/v1/products?page=x"), 400, "INVALID"},
      {"a status that does not exist", get("/api/v1/orders?status=LOST"), 400, "INVALID"},
      {"a coupon that does not exist", post("/api/v1/coupons/1/issue?couponId=5", "", json), 404,
       "COUPON_NOT_FOUND"},
      {"no coupon at all", post("/api/v1/coupons/1/issue", "", json), 400, "INVALID"},
      {"a negative charge",
       post("/api/v1/balance/charge", R"({"userId":1,"amount":-5,"transactionId":"t"})", json), 400,
       "INVALID"},
      {"a key that is too long",
       order(R"({"userId":1})", "Idempotency-Key: " + std::string(2'000, 'k') + "\r\n"), 400,
       "INVALID"},
      {"a seed without products", post("/admin/seed", R"({"users":1})", json), 400, "INVALID"},
      {"a body over the limit", order(big_body(70'000)), 413, "BODY_TOO_LARGE"},
      {"no HTTP", "NONSENSE\r\n\r\n", 400, "MALFORMED_REQUEST"},
      {"a header over the limit", get("/healthz", "X-Long: " + std::string(100'000, 'x') + "\r\n"),
       431, "HEADERS_TOO_LARGE"},
  };
}

class BadRequestsTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BadRequestsTest, AreAnsweredWithAStatusAndACodeAndTheServerGoesOn) {
  Sale sale("http: {use: " + GetParam() + "}\nstore: {use: memory}\nserver: {max_body: 65536}\n");
  for (const auto& wrong : cases()) {
    SCOPED_TRACE(wrong.name);
    const auto response = sale.send(wrong.request);
    EXPECT_EQ(response.status, wrong.status) << response.head << response.body;
    EXPECT_EQ(code_of(response), wrong.code) << response.body;
    EXPECT_EQ(response.header("Content-Type"), "application/problem+json");
    ASSERT_TRUE(sale.server().alive()) << sale.server().obituary();
  }
  const auto good = sale.send(order(R"({"userId":1,"items":[{"productId":1,"quantity":100}]})"));
  EXPECT_EQ(good.status, 201) << "a refused order took stock: " << good.body;
  EXPECT_TRUE(sale.server().stop(kPatience).ok()) << sale.server().obituary();
}

INSTANTIATE_TEST_SUITE_P(FrontDoors, BadRequestsTest, ::testing::Values("pistache", "beast"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace stampede::e2e
