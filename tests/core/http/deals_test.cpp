// Hot deals through the API: started and ended by hand, and orders that are placed later.

#include <gtest/gtest.h>

#include "core/stock/hot_deals.hpp"
#include "tests/core/http/api_fixture.hpp"
#include "tests/core/issue/held_transport.hpp"

namespace stampede::http {
namespace {

// Every product has a stock of 10 and costs 100 or a little more; orders of deals are queued.
class Deals : public ApiTest {
 protected:
  void SetUp() override {
    const Services through_deals{deals_, *store_, instruments_, nullptr, &deals_};
    ASSERT_TRUE(deals_.connect());
    api_ = std::make_unique<Api>(through_deals, ApiOptions{.admin = true, .seed = 1});
    ApiTest::SetUp();
  }

  Api& api() override { return *api_; }

  std::unique_ptr<Gate> gate_ = std::move(catalog_.create<Gate>("memory").value());
  issue::testing::HeldTransport transport_;
  std::unique_ptr<telemetry::Log> log_ =
      std::move(telemetry::Log::open({.level = telemetry::LogLevel::kOff}).value());
  stock::HotDeals deals_{
      {.inner = pipeline_,
       .store = *store_,
       .transport = transport_,
       .gate = *gate_,
       .clock = clock_,
       .ids = ids_,
       .log = *log_,
       .options = {.write = stock::Write::kQueued, .sweep_age = std::chrono::nanoseconds(0)}}};
  std::unique_ptr<Api> api_;
};

TEST_F(Deals, AreStartedOnceAndEndedWithTheFiguresOfBoth) {
  const auto started = post("/products/1/hotdeal/start");
  ASSERT_EQ(started.response.status, 200) << started.response.body;
  EXPECT_EQ(started.json, (nlohmann::json{{"productId", 1}, {"remaining", 10}}));
  EXPECT_EQ(post("/products/1/hotdeal/start").code(), "DEAL_RUNNING");
  const auto ended = post("/products/1/hotdeal/end");
  ASSERT_EQ(ended.response.status, 200) << ended.response.body;
  EXPECT_EQ(ended.json,
            (nlohmann::json{{"productId", 1}, {"gate", 10}, {"store", 10}, {"difference", 0}}));
  EXPECT_EQ(post("/products/1/hotdeal/end").code(), "DEAL_NOT_RUNNING");
  EXPECT_EQ(post("/products/77/hotdeal/start").code(), "PRODUCT_NOT_FOUND");
  EXPECT_EQ(post("/products/x/hotdeal/start").response.status, 400);
}

TEST_F(Deals, AcceptAnOrderThatIsPendingUntilItIsPlaced) {
  ASSERT_EQ(post("/products/1/hotdeal/start").response.status, 200);
  const auto reply = post("/orders", R"({"userId":2,"items":[{"productId":1,"quantity":3}]})",
                          {{"Idempotency-Key", "my-key"}});
  ASSERT_EQ(reply.response.status, 202) << reply.response.body;
  EXPECT_EQ(reply.json.at("status"), "PENDING");
  EXPECT_EQ(reply.json.at("total"), 300);
  const auto id = reply.json.at("orderId").get<std::string>();
  const auto before = get("/orders/" + id);
  EXPECT_EQ(before.response.status, 200);
  EXPECT_EQ(before.json, (nlohmann::json{{"orderId", id}, {"status", "PENDING"}}));
  ASSERT_TRUE(transport_.deliver());
  EXPECT_EQ(get("/orders/" + id).json.at("status"), "COMPLETED");
  EXPECT_EQ(get("/products/1").json.at("stock"), 7);
}

TEST_F(Deals, AreListedByPageWithWhatTheStoreSaysOfEachProduct) {
  EXPECT_EQ(get("/products/deals").json,
            (nlohmann::json{
                {"items", nlohmann::json::array()}, {"total", 0}, {"page", 0}, {"size", 20}}));
  for (const auto* product : {"4", "2", "7"}) {
    ASSERT_EQ(post(std::string("/products/") + product + "/hotdeal/start").response.status, 200);
  }
  ASSERT_EQ(
      post("/orders", R"({"userId":2,"items":[{"productId":7,"quantity":3}]})").response.status,
      202);
  ASSERT_TRUE(transport_.deliver());
  const auto all = get("/products/deals").json;
  EXPECT_EQ(all["total"], 3);
  ASSERT_EQ(all["items"].size(), 3U);
  EXPECT_EQ(all["items"][0], get("/products/7").json);
  EXPECT_EQ(all["items"][0]["stock"], 7);
  EXPECT_EQ(all["items"][1], get("/products/2").json);
  EXPECT_EQ(all["items"][2], get("/products/4").json);
  const auto second = get("/api/v1/products/deals?page=1&size=2").json;
  ASSERT_EQ(second["items"].size(), 1U);
  EXPECT_EQ(second["items"][0]["productId"], 4);
  EXPECT_EQ(second["total"], 3);
  EXPECT_EQ(second["page"], 1);
  EXPECT_EQ(second["size"], 2);
  const auto beyond = get("/products/deals?page=5&size=2").json;
  EXPECT_TRUE(beyond["items"].empty());
  EXPECT_EQ(beyond["total"], 3);
  ASSERT_EQ(post("/products/2/hotdeal/end").response.status, 200);
  EXPECT_EQ(get("/products/deals").json["total"], 2);
  for (const auto* query : {"page=-1", "size=0", "size=1001", "since=3"}) {
    EXPECT_EQ(get(std::string("/products/deals?") + query).response.status, 400) << query;
  }
}

TEST_F(Deals, KnowNoOrderThatCannotHaveBeenAccepted) {
  EXPECT_EQ(get("/orders/018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f").code(), "ORDER_NOT_FOUND");
}

TEST_F(Deals, ThatAreSoldOutRefuseAsTheStoreDoes) {
  ASSERT_EQ(post("/products/1/hotdeal/start").response.status, 200);
  const auto reply = post("/orders", R"({"userId":2,"items":[{"productId":1,"quantity":11}]})");
  EXPECT_EQ(reply.response.status, 409);
  EXPECT_EQ(reply.code(), "INSUFFICIENT_STOCK");
}

TEST_F(Deals, AskForPatienceWhileTheGateIsClosed) {
  ASSERT_EQ(post("/products/1/hotdeal/start").response.status, 200);
  ASSERT_TRUE(gate_->close({Resource::Kind::kProduct, 1}, Clock::now()));
  const auto reply = post("/orders", R"({"userId":2,"items":[{"productId":1,"quantity":1}]})");
  EXPECT_EQ(reply.response.status, 503);
  EXPECT_FALSE(reply.header("Retry-After").empty());
}

TEST_F(ApiTest, HasNoHotDealsWhereThereIsNoGate) {
  EXPECT_EQ(post("/products/1/hotdeal/start").code(), "ROUTE_NOT_FOUND");
  EXPECT_EQ(post("/products/1/hotdeal/end").code(), "ROUTE_NOT_FOUND");
  EXPECT_EQ(get("/products/deals").json["total"], 0);
}

}  // namespace
}  // namespace stampede::http
