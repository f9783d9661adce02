// How a strategy writes what its lock leaves out, and what it only reads.

#include "plugins/locks/stock_form.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace stampede::locks {
namespace {

constexpr auto kLocked = TransactionOptions::all(WriteForm::kLockedRead);

WriteForm chosen(const std::string& stock) {
  return stock_form(PluginConfig({{"stock", OptionValue(stock)}}));
}

TEST(StockForm, FollowsTheOption) {
  EXPECT_EQ(chosen("atomic"), WriteForm::kAtomic);
  EXPECT_EQ(chosen("row_lock"), WriteForm::kLockedRead);
  EXPECT_EQ(chosen("unprotected"), WriteForm::kReadThenWrite);
}

TEST(FormsFor, LockEverythingThatAnOperationNames) {
  const auto scope = Scope().add(UserId{1}).add(ProductId{2}).add(CouponId{3});
  EXPECT_EQ(forms_for(scope, kLocked), kLocked);
}

TEST(FormsFor, ReadPlainlyWhatAnOperationDoesNotName) {
  auto without_coupon = kLocked;
  without_coupon.coupon = WriteForm::kAtomic;
  EXPECT_EQ(forms_for(Scope().add(UserId{1}).add(ProductId{2}), kLocked), without_coupon);

  auto user_only = without_coupon;
  user_only.product = WriteForm::kAtomic;
  EXPECT_EQ(forms_for(Scope().add(UserId{1}), kLocked), user_only);
}

TEST(FormsFor, KeepEveryOtherForm) {
  for (const auto form : {WriteForm::kAtomic, WriteForm::kReadThenWrite, WriteForm::kVersioned}) {
    EXPECT_EQ(forms_for(Scope(), TransactionOptions::all(form)), TransactionOptions::all(form));
  }
}

}  // namespace
}  // namespace stampede::locks
