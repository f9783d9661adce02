#include "experiments/plan/data.hpp"

#include <gtest/gtest.h>

#include "tests/experiments/plan/parsing.hpp"

namespace stampede::plan {
namespace {

Seed seed_of(const std::string& yaml) {
  config::Faults faults;
  const auto tree = parsed(yaml);
  const auto seed = read_data(&tree, "data", faults);
  EXPECT_TRUE(faults.empty()) << config::describe(faults);
  return seed;
}

TEST(Data, HasPresetsWhoseNumbersCanBeReplaced) {
  const auto plain = seed_of("preset: s2");
  EXPECT_EQ(plain.users, 100'000);
  EXPECT_EQ(plain.products, 10);
  EXPECT_EQ(plain.stock, 10'000);
  EXPECT_EQ(plain.cart_lines, 3);
  EXPECT_EQ(plain.cart_quantity, 2);
  const auto replaced = seed_of("preset: s2\nusers: 500\ncart: {lines: 1, quantity: 9}");
  EXPECT_EQ(replaced.users, 500);
  EXPECT_EQ(replaced.products, 10);
  EXPECT_EQ(replaced.cart_quantity, 9);
  EXPECT_EQ(seed_of("preset: s5").coupons.at(0).total, 25'000);
  EXPECT_EQ(seed_of("stock: 10").users, 1'000);
  EXPECT_EQ(seed_of("cart: {lines: 2}").cart_quantity, 1);
}

TEST(Data, IsSentAsTheSeedThatTheServerReads) {
  EXPECT_EQ(seed_json(seed_of("users: 2\nproducts: 1\nstock: 3\nprice: 4\nbalance: 5\n"
                              "cart: {lines: 1, quantity: 2}\n"
                              "coupons: [{discount: 10%, total: 7, held_by: 2}, {discount: 500, "
                              "total: 1}]")),
            R"({"users":2,"balance":5,"products":1,"stock":3,"price":4,"cartLines":1,)"
            R"("cartQuantity":2,"coupons":[{"discount":{"kind":"percent","value":10},"total":7,)"
            R"("heldBy":2},{"discount":{"kind":"fixed","value":500},"total":1,"heldBy":0}]})");
}

TEST(Data, ReportsEveryFault) {
  config::Faults faults;
  const auto tree = parsed(
      "preset: s4\nusers: 0\nstok: 3\nproducts: 2\ncart: {lines: 3}\n"
      "coupons:\n- {discount: 101%, total: 5}\n- {total: 1, held_by: 2}\n- {discount: 5}");
  read_data(&tree, "data", faults);
  EXPECT_EQ(config::describe(faults),
            "x.yaml:1: data.preset: expected \"small\", \"s2\", \"s3\" or \"s5\", got \"s4\"; did "
            "you mean \"s2\"?\n"
            "x.yaml:2: data.users: expected 1 to 10000000, got 0\n"
            "x.yaml:3: data.stok: unknown key; did you mean \"stock\"?\n"
            "x.yaml:5: data.cart.lines: expected at most one line for each of the 2 products, got "
            "3\n"
            "x.yaml:7: data.coupons[0].discount: expected minor units (500) or a percentage (10%), "
            "got \"101%\"\n"
            "x.yaml:8: data.coupons[1].held_by: expected at most total (1) and users (1000), got "
            "2\n"
            "x.yaml:9: data.coupons[2].total: is missing\n");
}

}  // namespace
}  // namespace stampede::plan
