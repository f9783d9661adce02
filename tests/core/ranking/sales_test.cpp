// What a ranking reads from events: those that the platform writes, whole, and nothing else.

#include <gtest/gtest.h>

#include "core/pipeline/events.hpp"
#include "core/ranking/follower.hpp"
#include "core/saga/events.hpp"

namespace stampede::ranking {
namespace {

const auto kOrderId = *parse_order_id("018f4c1e-7b2a-7cc3-98c4-000000000001");
const TimePoint kTimeOfTheId{std::chrono::milliseconds(0x018f4c1e7b2a)};

Order two_lines() {
  Order order;
  order.id = kOrderId;
  order.items.push_back({.product = ProductId{7}, .quantity = 2, .unit_price = Money{100}});
  order.items.push_back({.product = ProductId{8}, .quantity = 5, .unit_price = Money{1}});
  return order;
}

Event completed(const std::string& payload) {
  return {.id = to_string(kOrderId),
          .topic = "ORDER_COMPLETED",
          .key = "",
          .payload = payload,
          .correlation = {}};
}

void expect_two_lines(const std::vector<Sale>& sales, TimePoint at) {
  ASSERT_EQ(sales.size(), 2U);
  EXPECT_EQ(sales[0].product, ProductId{7});
  EXPECT_EQ(sales[0].quantity, 2);
  EXPECT_EQ(sales[1].product, ProductId{8});
  EXPECT_EQ(sales[1].quantity, 5);
  for (const auto& sale : sales) EXPECT_EQ(sale.at, at);
}

TEST(SalesOfAnEvent, AreTheLinesOfAnOrderOfTheMonolithAtTheTimeOfItsId) {
  expect_two_lines(sales_of(pipeline::order_completed(two_lines(), kOrderId)), kTimeOfTheId);
}

TEST(SalesOfAnEvent, AreTheLinesOfAnOrderOfTheServicesAtItsOwnTime) {
  auto order = two_lines();
  order.created_at = TimePoint(std::chrono::microseconds(5));
  expect_two_lines(sales_of(saga::tell(saga::topic::kOrderCompleted, {order, TimePoint(), {}},
                                       saga::EventKey::kOrder, "")),
                   order.created_at);
}

TEST(SalesOfAnEvent, AreNoneOfAnyOtherKind) {
  EXPECT_TRUE(sales_of(saga::tell(saga::topic::kOrderPending, {two_lines(), {}, {}},
                                  saga::EventKey::kOrder, ""))
                  .empty());
}

TEST(SalesOfAnEvent, LeaveOutWhatCannotBeRead) {
  for (const auto* payload :
       {"{", "[]", "{}", R"({"items":7})", R"({"items":[7]})", R"({"items":[{"productId":7}]})",
        R"({"items":[{"quantity":7}]})", R"({"items":[{"productId":"7","quantity":1}]})",
        R"({"items":[{"productId":7,"quantity":1.5}]})"}) {
    EXPECT_TRUE(sales_of(completed(payload)).empty()) << payload;
  }
  const auto sales = sales_of(completed(R"({"items":[7,{"productId":7,"quantity":1}]})"));
  EXPECT_EQ(sales.size(), 1U);
}

TEST(SalesOfAnEvent, AreNoneWhereNothingSaysWhen) {
  auto event = completed(R"({"items":[{"productId":7,"quantity":1}]})");
  EXPECT_EQ(sales_of(event).size(), 1U);
  for (const auto* id : {"x", "018f4c1e-7b2a-4cc3-98c4-000000000001"}) {
    event.id = id;
    EXPECT_TRUE(sales_of(event).empty()) << id;
  }
}

}  // namespace
}  // namespace stampede::ranking
