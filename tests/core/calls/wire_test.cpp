// Whatever one side writes the other side reads, and nothing else.

#include "core/calls/wire.hpp"

#include <gtest/gtest.h>

#include "core/http/problem.hpp"

namespace stampede::calls {
namespace {

const auto kOrder = *parse_order_id("018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f");

TEST(Wire, CarriesQuotes) {
  const std::vector<ProductId> asked{ProductId{7}, ProductId{3}};
  EXPECT_EQ(decode_products(encode_products(asked)), asked);
  saga::Quoted quoted;
  quoted.products.resize(2);
  quoted.products[0].id = ProductId{7};
  quoted.products[0].price = Money{250};
  quoted.products[0].stock = 4;
  quoted.products[1].id = ProductId{3};
  const auto read = decode_quoted(encode_quoted(quoted));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->products.size(), 2U);
  EXPECT_EQ(read->products[0].id, ProductId{7});
  EXPECT_EQ(read->products[0].price.minor, 250);
  EXPECT_EQ(read->products[0].stock, 4);
  EXPECT_EQ(read->products[1].id, ProductId{3});
  EXPECT_EQ(read->refusal, RefusalCode::kNone);
}

TEST(Wire, CarriesRefusals) {
  EXPECT_EQ(decode_quoted(encode_quoted({{}, RefusalCode::kProductNotFound}))->refusal,
            RefusalCode::kProductNotFound);
  EXPECT_EQ(decode_reservation(encode_reservation({{}, RefusalCode::kCouponNotUsable}))->refusal,
            RefusalCode::kCouponNotUsable);
}

TEST(Wire, CarriesReservationsAndStates) {
  const auto request = decode_reserve(encode_reserve({kOrder, UserId{5}, CouponId{2}}));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->order, kOrder);
  EXPECT_EQ(request->user, UserId{5});
  EXPECT_EQ(request->coupon, CouponId{2});
  const auto reserved =
      decode_reservation(encode_reservation({{Discount::Kind::kPercent, 15}, RefusalCode::kNone}));
  ASSERT_TRUE(reserved) << reserved.error().message;
  EXPECT_EQ(reserved->discount.kind, Discount::Kind::kPercent);
  EXPECT_EQ(reserved->discount.value, 15);
  for (const auto status :
       {Order::Status::kPending, Order::Status::kCompleted, Order::Status::kFailed}) {
    EXPECT_EQ(decode_status(encode_status(status)), status);
  }
}

TEST(Wire, CarriesWhoIsThere) {
  saga::Areas services;
  services.set(saga::index_of(saga::Area::kUserCoupon)).set(saga::index_of(saga::Area::kOrder));
  EXPECT_EQ(decode_services(encode_services(services)), services);
}

TEST(Wire, RefusesWhatIsNoneOfIt) {
  for (const auto* body :
       {"", "[]", "{}", R"({"status":"DONE"})", R"({"status":"FAILED","more":1})", "<html>"}) {
    const auto status = decode_status(body);
    ASSERT_FALSE(status) << body;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
  }
  EXPECT_FALSE(decode_products(R"({"products":[]})"));
  EXPECT_FALSE(decode_quoted(R"({"refusal":"NO_SUCH"})"));
  EXPECT_FALSE(decode_reserve(R"({"orderId":"1","userId":1,"couponId":1})"));
  EXPECT_FALSE(decode_services(R"({"services":[{"service":"orders"}]})"));
}

TEST(Wire, KeepsTheCodeOfEveryError) {
  for (const auto code :
       {ErrorCode::kConflict, ErrorCode::kLockTimeout, ErrorCode::kPoolTimeout,
        ErrorCode::kLeaseLost, ErrorCode::kTimeout, ErrorCode::kOverloaded, ErrorCode::kUnavailable,
        ErrorCode::kInDoubt, ErrorCode::kNotFound, ErrorCode::kInvalid, ErrorCode::kInternal}) {
    const auto& problem = http::problem_for(code);
    const auto error = decode_error(problem.status, http::problem_body(problem, "why", ""));
    EXPECT_EQ(error.code, code) << to_string(code);
    EXPECT_EQ(error.message, "why");
  }
  const auto other = decode_error(502, "<html>");
  EXPECT_EQ(other.code, ErrorCode::kInternal);
  EXPECT_EQ(other.message, "status 502");
}

}  // namespace
}  // namespace stampede::calls
