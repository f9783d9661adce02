// Admin pages become plain values, page by page.

#include "experiments/audit/final_state.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace stampede::audit {
namespace {

std::map<std::string, std::string> empty_pages() {
  std::map<std::string, std::string> pages;
  for (const auto* list :
       {"products", "wallets", "coupons", "user-coupons", "orders", "charges", "failed-issues"}) {
    pages[std::string("/admin/") + list + "?limit=10000"] = R"({"items":[],"next":null})";
  }
  return pages;
}

constexpr auto kNoPayments = R"({"payments":{"paidAmount":0,"refundedAmount":0}})";

// `stats` is of each process.
Result<FinalState> read(const std::map<std::string, std::string>& pages,
                        const std::vector<std::string>& stats = {kNoPayments}) {
  const auto source = [&pages](const std::string& path) -> Result<std::string> {
    const auto found = pages.find(path);
    if (found == pages.end()) return fail(ErrorCode::kNotFound, "no page " + path);
    return found->second;
  };
  return read_final_state(source, stats);
}

void add_outboxes(std::map<std::string, std::string>& pages) {
  for (const auto* service : {"order", "user", "product", "coupon", "user-coupon"}) {
    pages[std::string("/admin/outbox/") + service + "?limit=10000&payload=false"] =
        std::string(R"({"items":[{"sequence":1,"id":"1/A)") + service +
        R"(","topic":"A","key":"k","payload":"","correlation":""}],"next":null})";
  }
}

TEST(FinalStatePages, SayWhetherAGateDecidedStock) {
  const auto pages = empty_pages();
  EXPECT_FALSE(read(pages)->has_stock_gate);
  const std::string gated =
      R"({"payments":{"paidAmount":0,"refundedAmount":0},"stock":[{"name":"deals","value":1}]})";
  EXPECT_TRUE(read(pages, {gated})->has_stock_gate);
}

TEST(FinalStatePages, AreFollowedToTheirEnd) {
  auto pages = empty_pages();
  pages["/admin/products?limit=10000"] =
      R"({"items":[{"productId":1,"name":"a","price":100,"stock":7,"version":3}],"next":"1"})";
  pages["/admin/products?limit=10000&after=1"] =
      R"({"items":[{"productId":2,"name":"b","price":101,"stock":9,"version":0}],"next":null})";
  pages["/admin/orders?limit=10000"] =
      R"({"items":[{"orderId":"00112233-4455-6677-8899-aabbccddeeff",
      "userId":4,"status":"COMPLETED","items":[{"productId":1,"quantity":3,"unitPrice":100}],"couponId":null,
      "subtotal":300,"discount":0,"total":300,"createdAt":"2026-01-01T00:00:00Z","requestKey":"k1"}],"next":null})";
  pages["/admin/failed-issues?limit=10000"] =
      R"({"items":[{"requestId":"r","userId":4,"couponId":2,"reason":"SOLD_OUT"}],"next":null})";
  const auto state = read(pages);
  ASSERT_TRUE(state) << state.error().message;
  ASSERT_EQ(state->failed_issues.size(), 1U);
  EXPECT_EQ(state->failed_issues[0].request, "r");
  EXPECT_EQ(state->failed_issues[0].reason, "SOLD_OUT");
  ASSERT_EQ(state->products.size(), 2U);
  EXPECT_EQ(state->products[1].stock, 9);
  ASSERT_EQ(state->orders.size(), 1U);
  EXPECT_EQ(state->orders[0].items[0].quantity, 3);
  EXPECT_EQ(state->orders[0].request_key, "k1");
}

TEST(FinalStatePages, HaveTheEventsOfEveryService) {
  auto pages = empty_pages();
  add_outboxes(pages);
  const auto state = read(pages, {R"({"payments":{"paidAmount":0,"refundedAmount":0},
      "saga":{"services":[{"deadLetters":1},{"deadLetters":2}]}})"});
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_TRUE(state->has_services);
  EXPECT_EQ(state->dead_letters, 3);
  ASSERT_EQ(state->events.size(), 5U);
  EXPECT_EQ(state->events[4].id, "1/Auser-coupon");
  EXPECT_EQ(state->events[4].service, "user-coupon");
}

TEST(FinalStatePages, CountWhatEveryProcessDidAndNotTheFirstAlone) {
  auto pages = empty_pages();
  add_outboxes(pages);
  const auto state = read(pages, {R"({"payments":{"paidAmount":700,"refundedAmount":0},
      "saga":{"services":[{"deadLetters":0}]}})",
                                  R"({"payments":{"paidAmount":50,"refundedAmount":200},
      "saga":{"services":[{"deadLetters":4},
                {"service":"user","deadLetters":1,"lastDeadLetter":"A 1/A: INTERNAL: no"}]}})"});
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->dead_letters, 5);
  EXPECT_EQ(state->last_dead_letter, "user: A 1/A: INTERNAL: no");
  EXPECT_EQ(state->payments_taken, Money{750});
  EXPECT_EQ(state->payments_refunded, Money{200});
}

TEST(FinalStatePages, ThatAreMissingOrBrokenAreAnErrorAndNotAPass) {
  auto pages = empty_pages();
  pages["/admin/orders?limit=10000"] = R"({"items":[{"orderId":7}],"next":null})";
  EXPECT_FALSE(read(pages));
  EXPECT_FALSE(read(empty_pages(), {kNoPayments, "{}"}));
  EXPECT_FALSE(read(empty_pages(), {}));
  pages.erase("/admin/orders?limit=10000");
  const auto state = read(pages);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().message,
            "the final state could not be read: no page /admin/orders?limit=10000");
}

}  // namespace
}  // namespace stampede::audit
