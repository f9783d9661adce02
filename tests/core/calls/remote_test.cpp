// Services in other processes as those here see them: each call goes to the service that answers
// it, and what comes back is the answer or an error that says whose fault it is.

#include "core/calls/remote.hpp"

#include <gtest/gtest.h>

#include "tests/core/calls/neighbour.hpp"

namespace stampede::calls {
namespace {

using saga::Area;
using testing::Neighbour;
using testing::only;

const saga::ReserveCoupon kRequest{*parse_order_id("018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f"),
                                   UserId{5}, CouponId{2}};
const std::vector<ProductId> kWanted{ProductId{7}};

class RemoteTest : public ::testing::Test {
 protected:
  // Says `answer_`, whoever is asked.
  Neighbour::Script script() {
    return [this](const auto&) -> Result<std::string> { return answer_; };
  }

  std::string answer_;
  Neighbour orders_{only(Area::kOrder), script()};
  Neighbour products_{only(Area::kProduct), script()};
  Neighbour coupons_{only(Area::kCoupon), script()};
  Peers peers_{{orders_.url(), products_.url(), coupons_.url()}};
  Remote remote_{peers_};
  Phases phases_;
  Context context_{Clock::now() + std::chrono::seconds(30), phases_};
  saga::Call call_{context_, "trace-1"};
};

TEST_F(RemoteTest, AsksTheProductServiceForPrices) {
  saga::Quoted quoted;
  quoted.products.push_back({.id = kWanted[0], .price = Money{250}, .stock = 4});
  answer_ = encode_quoted(quoted);
  const auto answer = remote_.quote(kWanted, call_);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->products.at(0).price, Money{250});
  ASSERT_EQ(products_.seen().size(), 1U);
  EXPECT_EQ(products_.seen()[0].path, "/calls/quote");
  EXPECT_EQ(decode_products(products_.seen()[0].body), kWanted);
  EXPECT_EQ(products_.seen()[0].correlation, "trace-1");
}

TEST_F(RemoteTest, AsksTheCouponServiceToKeepACouponAndToSetItFree) {
  answer_ = encode_reservation({{Discount::Kind::kPercent, 15}, RefusalCode::kNone});
  const auto reserved = remote_.reserve(kRequest, call_);
  ASSERT_TRUE(reserved) << reserved.error().message;
  EXPECT_EQ(reserved->discount.value, 15);
  EXPECT_TRUE(remote_.release(kRequest, call_));
  ASSERT_EQ(coupons_.seen().size(), 2U);
  EXPECT_EQ(coupons_.seen()[0].path, "/calls/reserve");
  EXPECT_EQ(coupons_.seen()[1].path, "/calls/release");
  for (const auto& seen : coupons_.seen()) {
    const auto request = decode_reserve(seen.body);
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(request->order, kRequest.order);
    EXPECT_EQ(request->user, kRequest.user);
    EXPECT_EQ(request->coupon, kRequest.coupon);
  }
}

TEST_F(RemoteTest, AsksTheOrderServiceWhatBecameOfAnOrder) {
  answer_ = encode_status(Order::Status::kFailed);
  EXPECT_EQ(remote_.settle(kRequest, call_), Order::Status::kFailed);
  ASSERT_EQ(orders_.seen().size(), 1U);
  EXPECT_EQ(orders_.seen()[0].path, "/calls/settle");
}

TEST_F(RemoteTest, AnAnswerThatIsNoneIsAnInternalError) {
  answer_ = R"({"products":[]})";
  EXPECT_EQ(remote_.quote(kWanted, call_).error().code, ErrorCode::kInternal) << "not all products";
  answer_ = "{}";
  EXPECT_EQ(remote_.quote(kWanted, call_).error().code, ErrorCode::kInternal);
  EXPECT_EQ(remote_.reserve(kRequest, call_).error().code, ErrorCode::kInternal);
  EXPECT_EQ(remote_.settle(kRequest, call_).error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace stampede::calls
