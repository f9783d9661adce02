// The fences of the SQLite store from inside: a new one is not handed out while the writer is in
// the middle of a batch that rests on an older one.

#include <gtest/gtest.h>

#include <array>
#include <future>

#include "plugins/stores/sqlite/fence_book.hpp"
#include "tests/plugins/stores/store_testing.hpp"

namespace stampede::stores::sqlite {
namespace {

using namespace std::chrono_literals;
using testing::far_deadline;

constexpr std::array kUser{Resource{Resource::Kind::kUser, 1}};
constexpr std::array kProduct{Resource{Resource::Kind::kProduct, 1}};

TEST(SqliteFenceBook, IssueWaitsForTheBatchThatRestsOnAnOlderFence) {
  FenceBook book;
  const auto old = book.issue(kUser, far_deadline());
  ASSERT_TRUE(old);
  ASSERT_TRUE(book.use(*old));
  auto issuing = std::async(std::launch::async, [&] { return book.issue(kUser, far_deadline()); });
  EXPECT_EQ(issuing.wait_for(25ms), std::future_status::timeout);
  EXPECT_TRUE(book.issue(kProduct, far_deadline())) << "the batch does not concern it";
  book.end_batch();
  const auto issued = issuing.get();
  ASSERT_TRUE(issued);
  EXPECT_TRUE(book.use(*issued));
  const auto lost = book.use(*old);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::kLeaseLost);
  EXPECT_EQ(lost.error().message, "the lock on user 1 passed to another holder before the commit");
}

TEST(SqliteFenceBook, IssueDoesNotWaitBeyondItsDeadline) {
  FenceBook book;
  const auto old = book.issue(kUser, far_deadline());
  ASSERT_TRUE(book.use(*old));
  const auto late = book.issue(kUser, Clock::now() + 5ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
}

}  // namespace
}  // namespace stampede::stores::sqlite
