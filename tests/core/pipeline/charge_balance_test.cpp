// Charging a wallet, once for each transaction id.

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/core/pipeline/sale.hpp"

namespace stampede::pipeline {
namespace {

using testing::is_accepted;
using testing::is_refused;
using testing::Sale;

ChargeBalance request_of(std::int64_t user, std::int64_t amount, const std::string& transaction,
                         const std::string& key = {}) {
  return {UserId{user}, Money{amount}, transaction, {key, "trace-1"}};
}

void expect_equal(const Charge& a, const Charge& b) {
  EXPECT_EQ(a.transaction_id, b.transaction_id);
  EXPECT_EQ(a.user, b.user);
  EXPECT_EQ(a.amount, b.amount);
  EXPECT_EQ(a.charged_at, b.charged_at);
}

TEST(ChargedBalance, GrowsByTheAmount) {
  Sale sale;
  const auto reply = sale.charge(request_of(1, 500, "t-1"));
  ASSERT_TRUE(is_accepted(reply));
  EXPECT_EQ(reply->value->amount, Money{500});
  EXPECT_EQ(reply->value->charged_at, sale.clock.now());
  EXPECT_EQ(sale.balance(1), 10'500);
}

TEST(ChargedBalance, IsToldTheWorldOnceWithTheClientsOwnTextQuoted) {
  Sale sale;
  const std::string transaction = "a\"b\\c\n\xFF";
  ASSERT_TRUE(is_accepted(sale.charge(request_of(1, 500, transaction))));
  ASSERT_TRUE(is_accepted(sale.charge(request_of(1, 500, transaction))));
  const auto events = sale.events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].topic, "BALANCE_CHARGED");
  EXPECT_EQ(events[0].key, "1");
  EXPECT_EQ(
      nlohmann::json::parse(events[0].payload),
      (nlohmann::json{{"transactionId", "a\"b\\c\n\xEF\xBF\xBD"}, {"userId", 1}, {"amount", 500}}));
}

TEST(ChargedBalance, IsRefusedToAnUnknownUser) {
  Sale sale;
  EXPECT_TRUE(is_refused(sale.charge(request_of(99, 500, "t-1")), RefusalCode::kUserNotFound));
}

TEST(ChargedBalance, IsAnErrorForWhatIsNoCharge) {
  Sale sale;
  for (const auto& bad : {request_of(1, 0, "t-1"), request_of(1, -1, "t-1"), request_of(1, 1, ""),
                          request_of(1, 1, std::string(65, 'x')),
                          request_of(1, std::numeric_limits<std::int64_t>::max(), "t-1")}) {
    const auto reply = sale.charge(bad);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::kInvalid);
  }
  EXPECT_EQ(sale.balance(1), 10'000);
  EXPECT_TRUE(is_accepted(sale.charge(request_of(1, 1, std::string(64, 'x')))));
}

TEST(RepeatedCharge, GivesTheFirstAnswerAndChargesOnce) {
  Sale sale;
  const auto first = sale.charge(request_of(1, 500, "t-1"));
  ASSERT_TRUE(is_accepted(first));
  sale.clock.set(2'000);
  const auto again = sale.charge(request_of(1, 500, "t-1"));
  ASSERT_TRUE(is_accepted(again));
  EXPECT_FALSE(first->replayed);
  EXPECT_TRUE(again->replayed);
  expect_equal(*again->value, *first->value);
  EXPECT_EQ(sale.balance(1), 10'500);
}

TEST(RepeatedCharge, OfAnotherAmountOrUserIsRefused) {
  Sale sale;
  ASSERT_TRUE(is_accepted(sale.charge(request_of(1, 500, "t-1"))));
  EXPECT_TRUE(is_refused(sale.charge(request_of(1, 501, "t-1")), RefusalCode::kRequestKeyReused));
  EXPECT_TRUE(is_refused(sale.charge(request_of(2, 500, "t-1")), RefusalCode::kRequestKeyReused));
  EXPECT_EQ(sale.balance(1), 10'500);
  EXPECT_EQ(sale.balance(2), 10'000);
}

TEST(RepeatedCharge, UnderAKeyGivesTheFirstAnswer) {
  Sale sale;
  const auto first = sale.charge(request_of(1, 500, "t-1", "key"));
  ASSERT_TRUE(is_accepted(first));
  const auto again = sale.charge(request_of(1, 500, "t-1", "key"));
  ASSERT_TRUE(is_accepted(again));
  EXPECT_TRUE(again->replayed);
  expect_equal(*again->value, *first->value);
  EXPECT_TRUE(
      is_refused(sale.charge(request_of(1, 500, "t-2", "key")), RefusalCode::kRequestKeyReused));
  EXPECT_EQ(sale.balance(1), 10'500);
}

TEST(ChargeInDoubt, IsAnsweredByTheTransactionId) {
  Sale sale;
  sale.store.next({.runs = true, .commits = true, .answer = ErrorCode::kInDoubt});
  ASSERT_TRUE(is_accepted(sale.charge(request_of(1, 500, "t-1"))));
  EXPECT_EQ(sale.balance(1), 10'500);

  sale.store.next({.runs = true, .commits = false, .answer = ErrorCode::kInDoubt});
  const auto lost = sale.charge(request_of(1, 500, "t-2"));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::kInDoubt);
  EXPECT_TRUE(is_accepted(sale.charge(request_of(1, 500, "t-2")))) << "it can be sent again";
  EXPECT_EQ(sale.balance(1), 11'000);
}

TEST(ChargeAfterConflicts, IsAppliedOnce) {
  Sale sale({}, "optimistic");
  for (int i = 0; i < 2; ++i) {
    sale.store.next({.runs = true, .commits = false, .answer = ErrorCode::kConflict});
  }
  ASSERT_TRUE(is_accepted(sale.charge(request_of(1, 500, "t-1"))));
  EXPECT_EQ(sale.balance(1), 10'500);
  EXPECT_EQ(sale.events().size(), 1U);
}

}  // namespace
}  // namespace stampede::pipeline
