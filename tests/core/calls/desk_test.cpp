// The answering side: each call reaches its service, with its deadline and its correlation id.

#include "core/calls/desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "core/calls/wire.hpp"
#include "tests/core/calls/neighbour.hpp"

namespace stampede::calls {
namespace {

using saga::Area;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::only;

const auto kOrder = *parse_order_id("018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f");
const auto kDeadline = Clock::now() + std::chrono::hours(1);

class Coupons final : public saga::Discounts {
 public:
  Result<saga::Reservation> reserve(const saga::ReserveCoupon& request, saga::Call& call) override {
    EXPECT_EQ(request.order, kOrder);
    EXPECT_EQ(call.correlation, "trace-1");
    EXPECT_EQ(call.context.deadline, kDeadline);
    if (throws) throw std::runtime_error("a bug");
    return answer;
  }
  Result<void> release(const saga::ReserveCoupon&, saga::Call&) override {
    ++released;
    return {};
  }

  Result<saga::Reservation> answer = saga::Reservation{{Discount::Kind::kFixed, 50}, {}};
  bool throws = false;
  int released = 0;
};

class Products final : public saga::Prices {
 public:
  Result<saga::Quoted> quote(std::span<const ProductId> products, saga::Call& call) override {
    EXPECT_EQ(call.correlation, "trace-1");
    EXPECT_EQ(call.context.deadline, kDeadline);
    saga::Quoted quoted;
    for (const auto id : products) quoted.products.push_back({.id = id, .price = Money{250}});
    return quoted;
  }
};

class Orders final : public saga::OrderBook {
 public:
  Result<Order::Status> settle(const saga::ReserveCoupon& reserved, saga::Call& call) override {
    EXPECT_EQ(reserved.order, kOrder);
    EXPECT_EQ(call.correlation, "trace-1");
    return Order::Status::kFailed;
  }
};

class DeskTest : public ::testing::Test {
 protected:
  Result<std::string> ask(std::string_view name, const std::string& body) {
    return desk_.answer(name, body, "trace-1", kDeadline);
  }

  static std::unique_ptr<telemetry::Log> silent() {
    telemetry::LogOptions options;
    options.level = telemetry::LogLevel::kOff;
    return std::move(*telemetry::Log::open(options));
  }

  const std::string request_ = encode_reserve({kOrder, UserId{1}, CouponId{2}});
  Coupons coupons_;
  std::unique_ptr<telemetry::Log> log_ = silent();
  Desk desk_{{nullptr, &coupons_, nullptr}, only(Area::kCoupon), *log_};
};

TEST_F(DeskTest, PassesACallOnAndTheAnswerBack) {
  const auto answer = ask(kReserve, request_);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(decode_reservation(*answer)->discount.value, 50);
  EXPECT_TRUE(ask(kRelease, request_));
  EXPECT_EQ(coupons_.released, 1);
}

TEST_F(DeskTest, QuotesAndSettlesWhereThoseServicesAre) {
  Products products;
  Orders orders;
  Desk desk({&products, nullptr, &orders}, only(Area::kProduct) | only(Area::kOrder), *log_);
  const std::vector<ProductId> wanted{ProductId{7}};
  const auto quoted = desk.answer(kQuote, encode_products(wanted), "trace-1", kDeadline);
  ASSERT_TRUE(quoted) << quoted.error().message;
  EXPECT_EQ(decode_quoted(*quoted)->products.at(0).price, Money{250});
  const auto settled = desk.answer(kSettle, request_, "trace-1", kDeadline);
  ASSERT_TRUE(settled) << settled.error().message;
  EXPECT_EQ(decode_status(*settled), Order::Status::kFailed);
  EXPECT_EQ(desk.answer(kReserve, request_, "trace-1", kDeadline).error().code,
            ErrorCode::kNotFound);
}

// Whoever follows an order through the logs of all processes finds its calls there.
TEST_F(DeskTest, LogsEachCallWithWhatCameOfIt) {
  const auto file = ::testing::TempDir() + "desk-" + std::to_string(::getpid()) + ".log";
  {
    const auto log = std::move(
        *telemetry::Log::open({.requests = telemetry::RequestLogging::kAll, .file = file}));
    Desk desk({nullptr, &coupons_, nullptr}, only(Area::kCoupon), *log);
    EXPECT_TRUE(desk.answer(kReserve, request_, "trace-1", kDeadline));
    EXPECT_FALSE(desk.answer(kSettle, request_, "trace-1", kDeadline));
  }
  std::ifstream stream(file);
  std::string answered;
  std::string refused;
  std::getline(stream, answered);
  std::getline(stream, refused);
  EXPECT_THAT(answered,
              AllOf(HasSubstr(R"("correlation":"trace-1")"), HasSubstr(R"("service":"coupon")"),
                    HasSubstr(R"("topic":"call reserve")"), HasSubstr(to_string(kOrder)),
                    HasSubstr(R"("note":"answered")")));
  EXPECT_THAT(refused,
              AllOf(HasSubstr(R"("service":"order")"), HasSubstr(R"("topic":"call settle")"),
                    HasSubstr(std::string(to_string(ErrorCode::kNotFound)))));
  std::filesystem::remove(file);
}

TEST_F(DeskTest, KeepsTheCodeOfAnError) {
  coupons_.answer = fail(ErrorCode::kLockTimeout, "somebody has the lock");
  EXPECT_EQ(ask(kReserve, request_).error().code, ErrorCode::kLockTimeout);
  coupons_.throws = true;
  EXPECT_EQ(ask(kReserve, request_).error().code, ErrorCode::kInternal);
}

TEST_F(DeskTest, SaysWhatItDoesNotAnswer) {
  for (const auto name : {kQuote, kSettle, std::string_view("guess")}) {
    const auto answer = ask(name, request_);
    ASSERT_FALSE(answer) << name;
    EXPECT_EQ(answer.error().code, ErrorCode::kNotFound);
    EXPECT_THAT(answer.error().message, HasSubstr("here are: coupon"));
  }
  EXPECT_EQ(ask(kReserve, "{}").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(decode_services(desk_.services()), only(Area::kCoupon));
}

}  // namespace
}  // namespace stampede::calls
