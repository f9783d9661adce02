// What the store tests share: a store made by name through the Catalog, a small seed, and
// operations made from lambdas.

#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/api/store.hpp"
#include "core/plugin/catalog.hpp"

namespace stampede::testing {

using namespace std::chrono_literals;

// Far enough away that reaching it means that something hangs.
inline Deadline far_deadline() { return Clock::now() + 60s; }

// A directory of this test's own, removed when it ends.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "stampede-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline plugin::Catalog& catalog() {
  static plugin::Catalog instance({STAMPEDE_PLUGIN_DIR});
  return instance;
}

inline Result<std::unique_ptr<Store>> open_store(const std::string& name,
                                                 const plugin::Settings& settings = {}) {
  return catalog().create<Store>(name, settings);
}

// An operation whose work is a function.
class Work final : public Operation {
 public:
  using Body = std::function<Result<Outcome>(Transaction&)>;
  explicit Work(Body body) : body_(std::move(body)) {}
  Result<Outcome> work(Transaction& transaction) override { return body_(transaction); }

 private:
  Body body_;
};

inline Result<Outcome> run(Store& store, const TransactionOptions& options, Work::Body body,
                           Deadline deadline = far_deadline()) {
  Work operation(std::move(body));
  Phases phases;
  Context context{deadline, phases};
  return store.transact(options, operation, context);
}

inline Result<Outcome> run(Store& store, Work::Body body) {
  return run(store, TransactionOptions{}, std::move(body));
}

inline std::unique_ptr<ReadView> view_of(Store& store) {
  auto view = store.read_view(far_deadline());
  EXPECT_TRUE(view) << view.error().message;
  return std::move(*view);
}

inline TimePoint at(std::int64_t seconds) { return TimePoint(std::chrono::seconds(seconds)); }

inline OrderId order_id(std::uint64_t number) {
  OrderId id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[7 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    id.bytes[15 - i] = static_cast<std::uint8_t>((number * 0x9E3779B97F4A7C15ULL) >> (8 * i));
  }
  return id;
}

inline Order make_order(std::uint64_t number, UserId user = UserId{1}) {
  return {.id = order_id(number),
          .user = user,
          .status = Order::Status::kCompleted,
          .items = {{ProductId{1}, 2, Money{100}}, {ProductId{2}, 1, Money{101}}},
          .coupon = std::nullopt,
          .subtotal = Money{301},
          .total = Money{301},
          .created_at = at(static_cast<std::int64_t>(1000 + number)),
          .request_key = ""};
}

inline UserCoupon make_grant(UserId user, CouponId coupon) {
  return {.user = user, .coupon = coupon, .issued_at = at(5), .request_key = "key"};
}

// 20 users with 1,000 each, 10 products of 10 units, 3 cart lines, 3 coupons.
inline Seed small_seed() {
  Seed seed{.users = 20,
            .balance = Money{1000},
            .products = 10,
            .stock = 10,
            .price = Money{100},
            .cart_lines = 3,
            .cart_quantity = 2};
  seed.coupons = {
      {{Discount::Kind::kFixed, 50}, 5, 0, at(0), at(1'000'000)},
      {{Discount::Kind::kPercent, 10}, 20, 15, at(10), at(20)},
      {{Discount::Kind::kPercent, 100}, 1, 0, at(0), at(9)},
  };
  return seed;
}

}  // namespace stampede::testing
