// The API's routes, from request to response, over the real pipeline and the memory store.

#include <set>

#include "tests/core/http/api_fixture.hpp"

namespace stampede::http {
namespace {

constexpr auto kTwoOfOne = R"({"userId":1,"items":[{"productId":1,"quantity":2}]})";

TEST_F(ApiTest, PlacesAnOrderAndReadsItBack) {
  const auto placed = post("/api/v1/orders", R"({"userId":1,"items":[{"productId":3,"quantity":2},
                                                 {"productId":1,"quantity":1}],"couponId":1})");
  ASSERT_EQ(placed.response.status, 201) << placed.response.body;
  EXPECT_EQ(placed.json["userId"], 1);
  EXPECT_EQ(placed.json["status"], "COMPLETED");
  EXPECT_EQ(placed.json["items"].size(), 2U);
  EXPECT_EQ(placed.json["couponId"], 1);
  EXPECT_EQ(placed.json["subtotal"], 304);
  EXPECT_EQ(placed.json["subtotal"].get<int>() - placed.json["discount"].get<int>(),
            placed.json["total"].get<int>());
  EXPECT_TRUE(placed.json["total"].is_number_integer());
  const auto read = get("/orders/" + placed.json["orderId"].get<std::string>());
  EXPECT_EQ(read.response.status, 200);
  EXPECT_EQ(read.json, placed.json);
  EXPECT_EQ(get("/products/3").json["stock"], kStock - 2);
  EXPECT_EQ(get("/users/1/coupons").json["items"][0]["usedBy"], placed.json["orderId"]);
}

TEST_F(ApiTest, OrdersTheCartWhenThereAreNoItems) {
  const auto cart = get("/carts/1").json;
  ASSERT_EQ(cart["items"].size(), 2U);
  EXPECT_EQ(post("/orders", R"({"userId":1})").json["items"].size(), 2U);
  EXPECT_TRUE(get("/carts/1").json["items"].empty());
  EXPECT_EQ(post("/orders", R"({"userId":1})").code(), "CART_EMPTY");
}

TEST_F(ApiTest, ListsOrdersByPageAndFilter) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(post("/orders", kTwoOfOne).response.status, 201);
  const auto page = get("/orders?userId=1&size=2&page=1").json;
  EXPECT_EQ(page["total"], 3);
  EXPECT_EQ(page["items"].size(), 1U);
  EXPECT_EQ(page["page"], 1);
  EXPECT_EQ(page["size"], 2);
  EXPECT_EQ(get("/orders?userId=2").json["total"], 0);
  EXPECT_EQ(get("/orders?status=FAILED").json["total"], 0);
  EXPECT_EQ(get("/orders?to=2020-01-01T00:00:00Z").json["total"], 0);
}

// Puts an order into the store as a saga leaves it.
struct AddOrder final : Operation {
  explicit AddOrder(Order what) : order(std::move(what)) {}
  Result<Outcome> work(Transaction& transaction) override {
    return transaction.add_order(order).map([] { return Outcome::commit(); });
  }
  const Order order;
};

TEST_F(ApiTest, SaysWhyAnOrderFailed) {
  AddOrder failed(Order{.id = *parse_order_id("018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f"),
                        .user = UserId{1},
                        .status = Order::Status::kFailed,
                        .failure = "INSUFFICIENT_STOCK"});
  Phases phases;
  Context context{Clock::now() + std::chrono::seconds(30), phases};
  ASSERT_TRUE(store_->transact({}, failed, context)->committed());
  const auto read = get("/orders/018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f").json;
  EXPECT_EQ(read["status"], "FAILED");
  EXPECT_EQ(read["failure"], "INSUFFICIENT_STOCK");
  EXPECT_EQ(get("/orders?status=FAILED").json["items"][0]["failure"], "INSUFFICIENT_STOCK");
  EXPECT_EQ(get("/admin/orders").json["items"][0]["failure"], "INSUFFICIENT_STOCK");
  EXPECT_FALSE(post("/orders", kTwoOfOne).json.contains("failure"));
}

TEST_F(ApiTest, RefusesWhatTheSaleRefuses) {
  const auto expect_refused = [](const Reply& reply, int status, std::string_view code) {
    EXPECT_EQ(reply.response.status, status) << code;
    EXPECT_EQ(reply.code(), code);
    EXPECT_EQ(reply.json["status"], status);
    EXPECT_EQ(reply.response.content_type, "application/problem+json");
  };
  const auto order = [](int user, int product, int quantity, const std::string& rest = "") {
    return R"({"userId":)" + std::to_string(user) + R"(,"items":[{"productId":)" +
           std::to_string(product) + R"(,"quantity":)" + std::to_string(quantity) + "}]" + rest +
           "}";
  };
  expect_refused(post("/orders", order(1, 1, 11)), 409, "INSUFFICIENT_STOCK");
  expect_refused(post("/orders", order(9, 1, 1)), 404, "USER_NOT_FOUND");
  expect_refused(post("/orders", order(1, 99, 1)), 404, "PRODUCT_NOT_FOUND");
  expect_refused(post("/orders", order(2, 1, 1, R"(,"couponId":1)")), 409, "COUPON_NOT_USABLE");
  expect_refused(post("/coupons/1/issue?couponId=1"), 409, "ALREADY_ISSUED");
  expect_refused(post("/coupons/1/issue?couponId=2"), 409, "COUPON_NOT_ACTIVE");
  expect_refused(post("/coupons/1/issue?couponId=9"), 404, "COUPON_NOT_FOUND");
  EXPECT_EQ(post("/coupons/2/issue?couponId=1").response.status, 201);
  expect_refused(post("/coupons/3/issue?couponId=1"), 409, "SOLD_OUT");
  expect_refused(get("/orders/00000000-0000-0000-0000-000000000000"), 404, "ORDER_NOT_FOUND");
  expect_refused(get("/products/99"), 404, "PRODUCT_NOT_FOUND");
  for (const auto* path : {"/users/99/balance", "/users/99/coupons", "/carts/99"}) {
    expect_refused(get(path), 404, "USER_NOT_FOUND");
  }
}

TEST_F(ApiTest, RefusesAnOrderThatTheBalanceCannotPay) {
  ASSERT_EQ(post("/admin/seed", "{}").response.status, 400);  // Nothing is set; then: not empty.
  EXPECT_EQ(post("/admin/seed", R"({"users":1,"products":1})").code(), "INVALID");
  for (int i = 2; i <= 11; ++i) {
    post("/orders",
         R"({"userId":1,"items":[{"productId":)" + std::to_string(i) + R"(,"quantity":10}]})");
  }
  const auto reply = post("/orders", R"({"userId":1,"items":[{"productId":12,"quantity":10}]})");
  EXPECT_EQ(reply.response.status, 402);
  EXPECT_EQ(reply.code(), "INSUFFICIENT_BALANCE");
}

TEST_F(ApiTest, ChargesOncePerTransaction) {
  constexpr auto kBody = R"({"userId":1,"amount":500,"transactionId":"t-1"})";
  const auto first = post("/balance/charge", kBody);
  ASSERT_EQ(first.response.status, 200) << first.response.body;
  const auto again = post("/balance/charge", kBody);
  EXPECT_EQ(again.response.status, 200);
  EXPECT_EQ(again.json, first.json);
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(get("/users/1/balance").json["balance"], 10'500);
  EXPECT_EQ(
      post("/balance/charge", R"({"userId":1,"amount":501,"transactionId":"t-1"})").response.status,
      422);
}

TEST_F(ApiTest, RepeatsTheFirstAnswerToAKnownKey) {
  const Headers key{{"Idempotency-Key", "k-1"}};
  const auto first = post("/orders", kTwoOfOne, key);
  const auto again = post("/orders", kTwoOfOne, key);
  EXPECT_EQ(again.response.status, 201);
  EXPECT_EQ(again.json, first.json);
  EXPECT_EQ(first.header("Idempotent-Replayed"), "");
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
  const auto other = post("/orders", R"({"userId":2,"items":[{"productId":1,"quantity":2}]})", key);
  EXPECT_EQ(other.response.status, 422);
  EXPECT_EQ(other.code(), "REQUEST_KEY_REUSED");
  EXPECT_EQ(get("/products/1").json["stock"], kStock - 2);
}

TEST_F(ApiTest, RefusesAKeyThatIsNotPrintableOrTooLong) {
  for (const auto& key : {std::string("a b"), std::string(65, 'k'), std::string("\xc3\xa9")}) {
    const auto reply = post("/orders", kTwoOfOne, {{"idempotency-key", key}});
    EXPECT_EQ(reply.response.status, 400);
    EXPECT_EQ(reply.json["errors"][0]["where"], "Idempotency-Key");
  }
  EXPECT_EQ(get("/products/1").json["stock"], kStock);
}

TEST_F(ApiTest, AddsToTheCart) {
  const auto added = post("/carts/2/items", R"({"productId":12,"quantity":3})");
  EXPECT_EQ(added.response.status, 201) << added.response.body;
  EXPECT_EQ(added.json, nlohmann::json::parse(R"({"productId":12,"quantity":3})"));
  EXPECT_EQ(get("/carts/2").json["items"].size(), 3U);
  EXPECT_EQ(post("/carts/2/items", R"({"productId":99,"quantity":3})").response.status, 404);
}

TEST_F(ApiTest, ListsProductsByPage) {
  const auto page = get("/products?page=1&size=5").json;
  EXPECT_EQ(page["total"], 12);
  EXPECT_EQ(page["items"][0]["productId"], 6);
  EXPECT_EQ(page["items"][0].size(), 4U);  // No more than the public part.
  EXPECT_EQ(get("/products?pge=1").response.status, 400);
}

TEST_F(ApiTest, AnswersUnknownRoutesAndMethods) {
  const auto missing = get("/api/v1/nothing");
  EXPECT_EQ(missing.response.status, 404);
  EXPECT_EQ(missing.code(), "ROUTE_NOT_FOUND");
  const auto wrong = call("DELETE", "/api/v1/orders");
  EXPECT_EQ(wrong.response.status, 405);
  EXPECT_EQ(wrong.header("Allow"), "POST, GET, HEAD");
}

TEST_F(ApiTest, TakesJsonBodiesOnly) {
  for (const auto* type : {"application/json", "Application/JSON; charset=utf-8", ""}) {
    EXPECT_EQ(post("/orders", kTwoOfOne, {{"Content-Type", type}}).response.status, 201) << type;
  }
  for (const auto* type :
       {"text/plain", "application/x-www-form-urlencoded", "application/jsonx"}) {
    EXPECT_EQ(post("/orders", kTwoOfOne, {{"Content-Type", type}}).response.status, 415) << type;
  }
}

TEST_F(ApiTest, ReturnsTheCorrelationIdOrMakesOne) {
  EXPECT_EQ(call("GET", "/products", "", {{"x-correlation-id", "abc.DEF_1-2"}})
                .header("X-Correlation-Id"),
            "abc.DEF_1-2");
  std::set<std::string> made;
  for (const auto& bad : {std::string("a b"), std::string("a\"b"), std::string(65, 'a'),
                          std::string("x\r\nSet-Cookie: y"), std::string()}) {
    const auto id =
        call("GET", "/products", "", {{"X-Correlation-Id", bad}}).header("X-Correlation-Id");
    EXPECT_EQ(id.size(), 16U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << id;
    made.insert(id);
  }
  EXPECT_EQ(made.size(), 5U);
}

TEST_F(ApiTest, SaysWhenTheRequestCameInSinceTheServerStarted) {
  const auto received = std::stoll(get("/healthz").header("X-Stampede-Received"));
  EXPECT_GE(received, 2'000'000);
  EXPECT_LT(received, 3'600'000'000);
}

TEST_F(ApiTest, CarriesThePhasesThatTookTime) {
  const auto timing = post("/orders", kTwoOfOne).header("Server-Timing");
  EXPECT_NE(timing.find("store;dur="), std::string::npos) << timing;
  EXPECT_NE(timing.find("attempts;desc=\"1\""), std::string::npos) << timing;
  EXPECT_EQ(timing.find("payment"), std::string::npos) << timing;
}

TEST(ServerTiming, WritesMillisecondsOfWhatIsNotZero) {
  Phases phases;
  EXPECT_EQ(server_timing(phases), "");
  phases.add(Phase::kQueue, std::chrono::microseconds(123));
  phases.add(Phase::kLock, std::chrono::milliseconds(4500));
  phases.add(Phase::kBackoff, std::chrono::nanoseconds(1'000'999));
  phases.lock_hold = std::chrono::microseconds(5'007);
  phases.attempts = 2;
  EXPECT_EQ(server_timing(phases),
            "queue;dur=0.123, lock;dur=4500.000, backoff;dur=1.000, hold;dur=5.007, "
            "attempts;desc=\"2\"");
}

TEST_F(ApiTest, TurnsEveryErrorIntoItsProblem) {
  for (auto code = static_cast<int>(ErrorCode::kConflict);
       code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const auto& problem = problem_for(static_cast<ErrorCode>(code));
    lock_.scripted = fail(static_cast<ErrorCode>(code), "the message");
    const auto reply = post("/orders", kTwoOfOne);
    EXPECT_EQ(reply.response.status, problem.status) << problem.code;
    EXPECT_EQ(reply.code(), problem.code);
    EXPECT_EQ(reply.header("Retry-After"), problem.status == 503 ? "1" : "") << problem.code;
  }
}

TEST_F(ApiTest, TurnsEveryRefusalIntoItsProblem) {
  for (auto code = static_cast<int>(RefusalCode::kInsufficientStock);
       code <= static_cast<int>(RefusalCode::kSagaTimeout); ++code) {
    lock_.scripted = Outcome::refuse(static_cast<RefusalCode>(code));
    const auto& problem = problem_for(static_cast<RefusalCode>(code));
    const auto reply = post("/orders", kTwoOfOne);
    EXPECT_EQ(reply.response.status, problem.status) << problem.code;
    EXPECT_EQ(reply.code(), problem.code);
  }
}

TEST_F(ApiTest, KeepsWhatOnlyTheLogMaySeeFromTheClient) {
  lock_.throws = true;
  auto reply = post("/orders", kTwoOfOne);
  EXPECT_EQ(reply.response.status, 500);
  EXPECT_EQ(reply.code(), "INTERNAL");
  EXPECT_EQ(reply.response.body.find("secret"), std::string::npos);
  lock_.throws = false;
  lock_.scripted = fail(ErrorCode::kUnavailable, "host secret.internal refused");
  reply = post("/orders", kTwoOfOne);
  EXPECT_EQ(reply.response.status, 503);
  EXPECT_EQ(reply.response.body.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace stampede::http
