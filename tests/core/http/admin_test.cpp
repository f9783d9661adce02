// The routes for operators and for the bench.

#include <functional>

#include "tests/core/http/api_fixture.hpp"

namespace stampede::http {
namespace {

using AdminTest = ApiTest;

TEST_F(AdminTest, DoesNotExistUnlessTheConfigurationSaysSo) {
  admin_ = false;
  for (const auto* path : {"/admin/stats", "/admin/orders", "/api/v1/admin/quiet"}) {
    EXPECT_EQ(get(path).code(), "ROUTE_NOT_FOUND") << path;
  }
  EXPECT_EQ(post("/admin/seed", "{}").code(), "ROUTE_NOT_FOUND");
  EXPECT_EQ(get("/healthz").response.status, 200);
}

TEST_F(AdminTest, RefusesToSeedTwice) {
  const auto reply = post("/admin/seed", R"({"users":1,"products":1})");
  EXPECT_EQ(reply.response.status, 400);
  EXPECT_EQ(get("/products").json["total"], 12);
}

// Reads all rows of a kind, `limit` at a time.
std::vector<nlohmann::json> drain(const std::function<Reply(const std::string&)>& get,
                                  const std::string& path, int limit) {
  std::vector<nlohmann::json> rows;
  std::string after;
  for (int pages = 0; pages < 100; ++pages) {
    const auto reply = get(path + "?limit=" + std::to_string(limit) + "&after=" + after);
    EXPECT_EQ(reply.response.status, 200) << reply.response.body;
    if (reply.response.status != 200) return rows;
    for (const auto& row : reply.json["items"]) rows.push_back(row);
    if (reply.json["next"].is_null()) return rows;
    after = reply.json["next"];
  }
  ADD_FAILURE() << path << " does not end";
  return rows;
}

TEST_F(AdminTest, ReadsEveryRowOnceByCursor) {
  for (int user = 1; user <= 3; ++user) {
    const auto id = std::to_string(user);
    post("/orders", R"({"userId":)" + id + R"(,"items":[{"productId":1,"quantity":1}]})",
         {{"Idempotency-Key", "order-" + id}});
    post("/balance/charge",
         R"({"userId":)" + id + R"(,"amount":5,"transactionId":"t-)" + id + "\"}");
  }
  post("/coupons/2/issue?couponId=1", "", {{"Idempotency-Key", "issue-2"}});
  const auto read = [&](const std::string& target) { return get(target); };
  for (const int limit : {1, 2, 3, 10'000}) {
    EXPECT_EQ(drain(read, "/admin/products", limit).size(), 12U);
    EXPECT_EQ(drain(read, "/admin/wallets", limit).size(), 3U);
    EXPECT_EQ(drain(read, "/admin/coupons", limit).size(), 2U);
    EXPECT_EQ(drain(read, "/admin/charges", limit).size(), 3U);
    const auto told = drain(read, "/admin/outbox", limit);
    EXPECT_EQ(told.size(), 7U);
    EXPECT_NE(told[0]["payload"], "");
    const auto orders = drain(read, "/admin/orders", limit);
    ASSERT_EQ(orders.size(), 3U);
    EXPECT_EQ(orders[0]["requestKey"], "order-1");
    const auto held = drain(read, "/admin/user-coupons", limit);
    ASSERT_EQ(held.size(), 2U);
    EXPECT_EQ(held[0]["requestKey"], nullptr);
    EXPECT_EQ(held[1]["requestKey"], "issue-2");
  }
}

TEST_F(AdminTest, ReadsEventsWithoutWhatTheySay) {
  post("/coupons/2/issue?couponId=1", "");
  const auto answer = get("/admin/outbox/user-coupon?payload=false");
  ASSERT_EQ(answer.response.status, 200) << answer.response.body;
  EXPECT_NE(answer.response.body.find(R"("topic":"COUPON_ISSUED")"), std::string::npos);
  EXPECT_NE(answer.response.body.find(R"("payload":"")"), std::string::npos);
  EXPECT_EQ(get("/admin/outbox/users").response.status, 400);
  EXPECT_EQ(get("/admin/outbox?payload=no").response.status, 400);
}

TEST_F(AdminTest, RefusesACursorThatIsNone) {
  for (const auto* target :
       {"/admin/products?after=x", "/admin/orders?after=7", "/admin/user-coupons?after=7",
        "/admin/user-coupons?after=1:x", "/admin/outbox?after=-1", "/admin/wallets?limit=0",
        "/admin/wallets?limit=10001", "/admin/charges?aftr=1"}) {
    EXPECT_EQ(get(target).response.status, 400) << target;
  }
}

TEST_F(AdminTest, SaysWhetherAllIsQuiet) {
  EXPECT_EQ(
      get("/admin/quiet").json,
      nlohmann::json::parse(
          R"({"quiet":true,"inFlight":0,"queued":0,"outbox":0,"lag":0,"openSagas":0,"events":0})"));
  instruments_.in_flight = 2;
  instruments_.queued = 1;
  EXPECT_EQ(
      get("/admin/quiet").json,
      nlohmann::json::parse(
          R"({"quiet":false,"inFlight":2,"queued":1,"outbox":0,"lag":0,"openSagas":0,"events":0})"));
  instruments_.in_flight = instruments_.queued = 0;
  instruments_.between_services = {.outbox = 1, .lag = 0, .open_sagas = 0};
  EXPECT_EQ(get("/admin/quiet").json.at("quiet"), false);
  instruments_.between_services = {.outbox = 0, .lag = 1, .open_sagas = 0};
  EXPECT_EQ(get("/admin/quiet").json.at("quiet"), false);
  instruments_.between_services = {.outbox = 0, .lag = 0, .open_sagas = 1};
  EXPECT_EQ(get("/admin/quiet").json.at("quiet"), false);
}

TEST_F(AdminTest, MeasuresAWindowThatStartsClean) {
  Phases phases;
  phases.add(Phase::kLock, std::chrono::milliseconds(2));
  phases.attempts = 3;
  const telemetry::RequestObservation seen{
      .route = 0, .outcome = 0, .latency = std::chrono::milliseconds(5), .phases = phases};
  instruments_.recorder.record(seen);
  auto stats = get("/admin/stats").json;
  EXPECT_EQ(stats["routes"][0]["route"], "POST /orders");
  EXPECT_EQ(stats["routes"][0]["outcome"], "OK");
  EXPECT_EQ(stats["routes"][0]["count"], 1);
  EXPECT_NEAR(stats["routes"][0]["p95Us"].get<double>(), 5'000, 20);
  EXPECT_EQ(stats["phases"]["lock"]["count"], 1);
  EXPECT_NEAR(stats["phases"]["lock"]["p50Us"].get<double>(), 2'000, 8);
  EXPECT_EQ(stats["attempts"], 3);
  EXPECT_EQ(stats["retries"], 2);
  EXPECT_EQ(post("/admin/window").response.status, 200);
  stats = get("/admin/stats").json;
  EXPECT_TRUE(stats["routes"].empty());
  EXPECT_EQ(stats["phases"]["lock"]["count"], 0);
  EXPECT_EQ(stats["attempts"], 0);
  EXPECT_NE(
      get("/metrics")
          .response.body.find(
              R"(stampede_request_duration_seconds_count{route="POST /orders",outcome="OK"} 1)"),
      std::string::npos);
}

TEST_F(AdminTest, AnswersHealthReadinessAndMetrics) {
  EXPECT_EQ(get("/healthz").json["status"], "up");
  EXPECT_EQ(get("/readyz").json["status"], "ready");
  const auto metrics = get("/metrics");
  EXPECT_EQ(metrics.response.status, 200);
  EXPECT_TRUE(metrics.response.content_type.starts_with("text/plain; version=0.0.4"));
}

}  // namespace
}  // namespace stampede::http
