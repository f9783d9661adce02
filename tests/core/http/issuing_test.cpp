// Coupons issued later, through the API: what is accepted, what is refused at the door, and what a
// client is told about its request.

#include <gtest/gtest.h>

#include "core/issue/issue_request.hpp"
#include "tests/core/http/api_fixture.hpp"
#include "tests/core/issue/held_transport.hpp"

namespace stampede::http {
namespace {

// Coupon 1 has one left of two: user 1 holds the other.
class CouponRequests : public ApiTest {
 protected:
  void SetUp() override {
    services_.issuing = &issuing_;
    ASSERT_TRUE(issuing_.connect());
    api_ = std::make_unique<Api>(services_, ApiOptions{.admin = true, .seed = 1});
    ApiTest::SetUp();
  }

  Api& api() override { return *api_; }

  std::unique_ptr<Gate> gate_ = std::move(catalog_.create<Gate>("memory").value());
  issue::testing::HeldTransport transport_;
  std::unique_ptr<telemetry::Log> log_ =
      std::move(telemetry::Log::open({.level = telemetry::LogLevel::kOff}).value());
  issue::Issuing issuing_{{.pipeline = pipeline_,
                           .store = *store_,
                           .transport = transport_,
                           .gate = gate_.get(),
                           .clock = clock_,
                           .ids = ids_,
                           .log = *log_,
                           .options = {}}};
  std::unique_ptr<Api> api_;
};

TEST_F(CouponRequests, AreAcceptedWithAnEmptyBodyAndCanBeFollowed) {
  const auto reply = post("/coupons/2/issue-async?couponId=1");
  ASSERT_EQ(reply.response.status, 202) << reply.response.body;
  const auto id = reply.json.at("requestId").get<std::string>();
  EXPECT_EQ(reply.json.at("status"), "PENDING");
  EXPECT_EQ(get("/coupons/requests/" + id).json.at("status"), "PENDING");
  ASSERT_TRUE(transport_.deliver());
  const auto after = get("/coupons/requests/" + id);
  EXPECT_EQ(after.response.status, 200);
  EXPECT_EQ(after.json,
            (nlohmann::json{{"requestId", id}, {"status", "ISSUED"}, {"reason", nullptr}}));
  EXPECT_EQ(get("/users/2/coupons").json.at("total"), 1);
}

TEST_F(CouponRequests, AreRefusedAtTheDoorWhereTheGateKnows) {
  EXPECT_EQ(post("/coupons/1/issue-async?couponId=1").code(), "ALREADY_ISSUED");
  ASSERT_EQ(post("/coupons/2/issue-async?couponId=1").response.status, 202);
  const auto sold_out = post("/coupons/3/issue-async?couponId=1");
  EXPECT_EQ(sold_out.response.status, 409);
  EXPECT_EQ(sold_out.code(), "SOLD_OUT");
  EXPECT_EQ(post("/coupons/3/issue-async?couponId=77").code(), "COUPON_NOT_FOUND");
}

TEST_F(CouponRequests, AreTakenUnderTheirKeyAndFailVisibly) {
  const auto reply = post("/coupons/3/issue-async?couponId=2", "", {{"Idempotency-Key", "my-key"}});
  ASSERT_EQ(reply.response.status, 202);
  EXPECT_EQ(reply.json.at("requestId"), "my-key");
  ASSERT_TRUE(transport_.deliver());
  const auto failed = get("/coupons/requests/my-key").json;
  EXPECT_EQ(failed.at("status"), "FAILED");
  EXPECT_EQ(failed.at("reason"), "COUPON_NOT_ACTIVE");
  const auto listed = get("/admin/failed-issues").json;
  ASSERT_EQ(listed.at("items").size(), 1U);
  EXPECT_EQ(listed.at("items")[0], (nlohmann::json{{"requestId", "my-key"},
                                                   {"userId", 3},
                                                   {"couponId", 2},
                                                   {"reason", "COUPON_NOT_ACTIVE"}}));
  EXPECT_TRUE(listed.at("next").is_null());
}

TEST_F(CouponRequests, AreBadWithoutACouponOrWithAnIdThatIsNone) {
  EXPECT_EQ(post("/coupons/2/issue-async").response.status, 400);
  EXPECT_EQ(post("/coupons/0/issue-async?couponId=1").response.status, 400);
  EXPECT_EQ(get("/coupons/requests/" + std::string(65, 'x')).response.status, 400);
}

TEST_F(CouponRequests, AreUnavailableWhileTheGateIsClosed) {
  ASSERT_TRUE(gate_->close(issue::resource_of(CouponId{1}), Clock::now()));
  const auto reply = post("/coupons/2/issue-async?couponId=1");
  EXPECT_EQ(reply.response.status, 503);
  EXPECT_EQ(reply.code(), "UNAVAILABLE");
}

TEST_F(ApiTest, HasNoCouponRequestsWhereNobodyIssuesThem) {
  EXPECT_EQ(get("/coupons/requests/x").code(), "ROUTE_NOT_FOUND");
}

}  // namespace
}  // namespace stampede::http
