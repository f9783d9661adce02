#include "experiments/plan/data.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/config/map_reader.hpp"
#include "core/config/text.hpp"

namespace stampede::plan {
namespace {

using namespace std::chrono_literals;

// As much as the server seeds.
constexpr std::int64_t kMostRows = 10'000'000;
constexpr std::size_t kMostCoupons = 1'000;
constexpr std::int64_t kMostMoney = 1'000'000'000'000;

enum class Preset { kSmall, kS2, kS3, kS5 };
constexpr std::array<std::pair<std::string_view, Preset>, 4> kPresets{
    {{"small", Preset::kSmall}, {"s2", Preset::kS2}, {"s3", Preset::kS3}, {"s5", Preset::kS5}}};

SeedCoupon coupon(Discount discount, std::int64_t total) {
  SeedCoupon result;
  result.discount = discount;
  result.total = total;
  // Every day that a clock can show: validity is not what these experiments are about.
  result.valid_from = TimePoint{};
  result.valid_until = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
  return result;
}

Seed seed_of(Preset preset) {
  const Discount tenth{Discount::Kind::kPercent, 10};
  Seed seed;
  seed.users = 1'000;
  seed.balance = Money{1'000'000};
  seed.products = 10;
  seed.stock = 10'000;
  seed.price = Money{1'000};
  switch (preset) {
    case Preset::kSmall:
      break;
    case Preset::kS2:
      seed.users = 100'000;
      seed.cart_lines = 3;
      seed.cart_quantity = 2;
      seed.coupons = {coupon(tenth, 10'000)};
      break;
    case Preset::kS3:
      seed.users = 10'000;
      seed.products = 1'000;
      seed.stock = 100;
      break;
    case Preset::kS5:
      seed.users = 50'000;
      seed.coupons = {coupon(tenth, 25'000)};
      break;
  }
  return seed;
}

Discount read_discount(config::MapReader& reader) {
  const std::string text = reader.text("discount", "10%");
  const bool percent = text.ends_with('%');
  const auto value = config::parse_integer(percent ? text.substr(0, text.size() - 1) : text);
  const std::int64_t most = percent ? 100 : kMostMoney;
  if (value && *value >= 0 && *value <= most) {
    return {percent ? Discount::Kind::kPercent : Discount::Kind::kFixed, *value};
  }
  reader.fault("discount",
               fmt::format("expected minor units (500) or a percentage (10%), got \"{}\"", text));
  return {};
}

void read_coupons(const config::Tree& tree, const std::string& path, Seed& seed,
                  config::Faults& faults) {
  if (!tree.is_list()) {
    faults.push_back({tree.origin, path, "expected a list such as [{discount: 10%, total: 100}]"});
    return;
  }
  if (tree.items.size() > kMostCoupons) {
    faults.push_back(
        {tree.origin, path,
         fmt::format("expected at most {} coupons, got {}", kMostCoupons, tree.items.size())});
  }
  seed.coupons.clear();
  for (std::size_t i = 0; i < tree.items.size(); ++i) {
    config::MapReader reader(&tree.items[i], fmt::format("{}[{}]", path, i), faults);
    reader.require("total");
    SeedCoupon read = coupon(read_discount(reader), reader.integer("total", 1, 0, kMostRows));
    read.held_by = reader.integer("held_by", 0, 0, kMostRows);
    if (read.held_by > read.total || read.held_by > seed.users) {
      reader.fault("held_by", fmt::format("expected at most total ({}) and users ({}), got {}",
                                          read.total, seed.users, read.held_by));
    }
    reader.finish();
    seed.coupons.push_back(read);
  }
}

}  // namespace

Seed read_data(const config::Tree* tree, const std::string& path, config::Faults& faults) {
  config::MapReader reader(tree, path, faults);
  Seed seed = seed_of(reader.choice("preset", Preset::kSmall, config::Choices<Preset>(kPresets)));
  seed.users = reader.integer("users", seed.users, 1, kMostRows);
  seed.balance = Money{reader.integer("balance", seed.balance.minor, 0, kMostMoney)};
  seed.products = reader.integer("products", seed.products, 1, kMostRows);
  seed.stock = reader.integer("stock", seed.stock, 0, kMostMoney);
  seed.price = Money{reader.integer("price", seed.price.minor, 0, kMostMoney)};
  auto cart = reader.map("cart");
  seed.cart_lines = cart.integer("lines", seed.cart_lines, 0, 20);
  seed.cart_quantity =
      cart.integer("quantity", std::max<std::int64_t>(1, seed.cart_quantity), 1, 1000);
  if (seed.cart_lines > seed.products) {
    cart.fault("lines", fmt::format("expected at most one line for each of the {} products, got {}",
                                    seed.products, seed.cart_lines));
  }
  cart.finish();
  if (const auto* coupons = reader.child("coupons")) {
    read_coupons(*coupons, path + ".coupons", seed, faults);
  }
  reader.finish();
  return seed;
}

std::string seed_json(const Seed& seed) {
  std::string coupons;
  for (const SeedCoupon& c : seed.coupons) {
    coupons += fmt::format(R"({}{{"discount":{{"kind":"{}","value":{}}},"total":{},"heldBy":{}}})",
                           coupons.empty() ? "" : ",",
                           c.discount.kind == Discount::Kind::kPercent ? "percent" : "fixed",
                           c.discount.value, c.total, c.held_by);
  }
  return fmt::format(
      R"({{"users":{},"balance":{},"products":{},"stock":{},"price":{},"cartLines":{},)"
      R"("cartQuantity":{},"coupons":[{}]}})",
      seed.users, seed.balance.minor, seed.products, seed.stock, seed.price.minor, seed.cart_lines,
      seed.cart_quantity, coupons);
}

}  // namespace stampede::plan
