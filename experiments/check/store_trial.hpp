// What the checks of stores have in common: a store made afresh, a small seed, operations made from
// functions, and expectations that say what was expected where.
//
// A StoreTrial belongs to one check; expectations may come from any of its threads.

#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "experiments/check/check.hpp"
#include "experiments/check/store_rows.hpp"

namespace stampede::check {

class StoreTrial {
 public:
  enum class Watch : bool { kNo, kYes };  // Not under load: see lock_sale.hpp.

  explicit StoreTrial(const Subject& subject, Watch watch = Watch::kYes);
  ~StoreTrial();
  StoreTrial(const StoreTrial&) = delete;
  StoreTrial& operator=(const StoreTrial&) = delete;

  Store& store() { return *store_; }
  std::unique_ptr<ReadView> view();
  // Another store, empty.
  void start_again();
  // The same, for what a unique index of granted coupons would prevent.
  void start_without_unique_index();
  // Throws std::runtime_error when the store does not take it.
  void seed();

  Result<Outcome> run(const TransactionOptions& options, Work::Body body);
  Result<Outcome> run(Work::Body body) { return run(TransactionOptions{}, std::move(body)); }
  // Expects a commit.
  void commit(const TransactionOptions& options, Work::Body body);
  void commit(Work::Body body) { commit(TransactionOptions{}, std::move(body)); }

  // Those of kAtomic, kReadThenWrite and kVersioned that the store supports.
  std::vector<WriteForm> forms() const;
  // Whether the check applies to this store at all, and if not, why.
  bool applies(bool it_does, const std::string& or_else);

  std::int64_t stock(std::int64_t id) { return (*view()->product(ProductId{id}))->stock; }
  std::int64_t balance(std::int64_t id) { return (*view()->wallet(UserId{id}))->balance.minor; }
  std::int64_t issued(std::int64_t id) { return (*view()->coupon(CouponId{id}))->issued; }

  // Through the macros below, which say where and what. They answer whether it was so.
  bool expect(bool kept, const char* what, const char* file, int line);
  template <typename Found, typename Expected>
  bool expect_equal(const Found& found, const Expected& expected, const char* what,
                    const char* file, int line) {
    bool equal = false;
    if constexpr (std::integral<Found> && std::integral<Expected> && !std::same_as<Found, bool> &&
                  !std::same_as<Expected, bool>) {
      equal = std::cmp_equal(found, expected);
    } else {
      equal = found == expected;
    }
    if (!equal) unequal(what, value(found), value(expected), file, line);
    return equal;
  }

  Findings findings() const;

 private:
  void open(std::unique_ptr<Store> store);
  void unequal(const char* what, const std::string& found, const std::string& expected,
               const char* file, int line);
  void found(const std::string& text, const char* file, int line);

  template <typename T>
  static std::string value(const T& shown) {
    if constexpr (requires(std::ostringstream& out) { out << shown; }) {
      std::ostringstream out;
      out << shown;
      return out.str();
    } else if constexpr (std::same_as<T, RefusalCode>) {
      return show(shown);
    } else if constexpr (std::same_as<T, ErrorCode>) {
      return std::string(to_string(shown));
    } else if constexpr (std::same_as<T, Money>) {
      return std::to_string(shown.minor);
    } else if constexpr (std::is_enum_v<T>) {
      return std::to_string(static_cast<std::int64_t>(shown));
    } else if constexpr (std::same_as<T, OrderId>) {
      return to_string(shown);
    } else if constexpr (std::same_as<T, std::nullopt_t>) {
      return "nothing";
    } else {
      return "another value";
    }
  }

  const Subject& subject_;
  const Watch watch_;
  std::unique_ptr<Store> store_;
  mutable std::mutex mutex_;
  Findings findings_;
};

// Thrown where a check cannot go on; what was found by then stands.
struct CannotGoOn : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Expectations of the check whose StoreTrial is called `trial`. REQUIRE_... end it.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define CHECK_TRUE(condition) \
  trial.expect(static_cast<bool>(condition), #condition, __FILE__, __LINE__)
#define CHECK_FALSE(condition) \
  trial.expect(!static_cast<bool>(condition), "not " #condition, __FILE__, __LINE__)
#define CHECK_EQ(found, expected) trial.expect_equal(found, expected, #found, __FILE__, __LINE__)
#define REQUIRE_TRUE(condition) \
  if (!CHECK_TRUE(condition)) throw stampede::check::CannotGoOn("")
#define REQUIRE_FALSE(condition) \
  if (!CHECK_FALSE(condition)) throw stampede::check::CannotGoOn("")
#define REQUIRE_EQ(found, expected) \
  if (!CHECK_EQ(found, expected)) throw stampede::check::CannotGoOn("")
// NOLINTEND(bugprone-macro-parentheses)

// Runs a check's body on a trial of its own.
Findings run_on_trial(const Subject& subject, void (*body)(StoreTrial&), StoreTrial::Watch watch);

// The same as what a Check runs.
template <void (*body)(StoreTrial&), StoreTrial::Watch watch = StoreTrial::Watch::kYes>
Findings on_trial(const Subject& subject) {
  return run_on_trial(subject, body, watch);
}

}  // namespace stampede::check
