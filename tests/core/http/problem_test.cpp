// Problem details: every code there is has a status, a stable name and a place in the table.

#include "core/http/problem.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/http/json_document.hpp"

namespace stampede::http {
namespace {

struct Expected {
  int status;
  std::string_view code;
};

TEST(Problems, NameEveryRefusal) {
  const Expected expected[] = {
      {409, "INSUFFICIENT_STOCK"}, {402, "INSUFFICIENT_BALANCE"}, {409, "COUPON_NOT_USABLE"},
      {409, "SOLD_OUT"},           {409, "ALREADY_ISSUED"},       {409, "COUPON_NOT_ACTIVE"},
      {404, "USER_NOT_FOUND"},     {404, "PRODUCT_NOT_FOUND"},    {404, "COUPON_NOT_FOUND"},
      {409, "CART_EMPTY"},         {402, "PAYMENT_DECLINED"},     {409, "REQUEST_IN_PROGRESS"},
      {422, "REQUEST_KEY_REUSED"}, {409, "SAGA_TIMEOUT"},
  };
  int code = static_cast<int>(RefusalCode::kInsufficientStock);
  for (const auto& [status, name] : expected) {
    const auto& problem = problem_for(static_cast<RefusalCode>(code++));
    EXPECT_EQ(problem.status, status) << name;
    EXPECT_EQ(problem.code, name);
    EXPECT_EQ(problem.kind, ProblemType::Kind::kRefusal) << name;
  }
  EXPECT_EQ(code - 1, static_cast<int>(RefusalCode::kSagaTimeout));
}

TEST(Problems, NameEveryErrorAsTheErrorItselfDoes) {
  const std::pair<ErrorCode, int> expected[] = {
      {ErrorCode::kConflict, 503}, {ErrorCode::kLockTimeout, 503}, {ErrorCode::kPoolTimeout, 503},
      {ErrorCode::kTimeout, 503},  {ErrorCode::kOverloaded, 503},  {ErrorCode::kUnavailable, 503},
      {ErrorCode::kInDoubt, 504},  {ErrorCode::kNotFound, 404},    {ErrorCode::kInvalid, 400},
      {ErrorCode::kInternal, 500},
  };
  for (const auto& [code, status] : expected) {
    const auto& problem = problem_for(code);
    EXPECT_EQ(problem.status, status) << problem.code;
    EXPECT_EQ(problem.code, to_string(code));
    EXPECT_EQ(problem.retry, status == 503) << problem.code;
  }
}

TEST(Problems, HaveUniqueCodesAndKnowTheirPlace) {
  std::set<std::string_view> codes;
  for (std::size_t i = 0; i < problem_types().size(); ++i) {
    EXPECT_TRUE(codes.insert(problem_types()[i].code).second) << problem_types()[i].code;
    EXPECT_EQ(index_of(problem_types()[i]), i);
    EXPECT_FALSE(problem_types()[i].title.empty());
  }
}

TEST(Problems, NeverBlameTheClientForA503NorThePlatformForARefusal) {
  for (const auto& problem : problem_types()) {
    EXPECT_EQ(problem.status >= 500, problem.kind == ProblemType::Kind::kFailure) << problem.code;
  }
}

TEST(Problems, AreWrittenAsRfc9457Asks) {
  EXPECT_EQ(problem_body(problem_for(RefusalCode::kCouponSoldOut), "all \"gone\"", "c-1",
                         {{"#/a", "an integer"}}),
            R"({"type":"urn:stampede:problem:SOLD_OUT","title":"All coupons were issued",)"
            R"("status":409,"code":"SOLD_OUT","detail":"all \"gone\"","correlation":"c-1",)"
            R"("errors":[{"where":"#/a","expected":"an integer"}]})");
}

TEST(Problems, HaveNoBodyForNoRefusal) { EXPECT_DEATH(problem_for(RefusalCode::kNone), ""); }

}  // namespace
}  // namespace stampede::http
