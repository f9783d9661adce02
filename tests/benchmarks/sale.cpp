#include "tests/benchmarks/sale.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace stampede::benchmarks {

namespace {

constexpr std::int64_t kPlenty = 1'000'000'000'000;

}  // namespace

void give_up(const std::string& reason) {
  std::fprintf(stderr, "benchmark: %s\n", reason.c_str());
  std::_Exit(2);  // Other threads may be in the middle of anything.
}

plugin::Catalog make_catalog() { return plugin::Catalog({STAMPEDE_PLUGIN_DIR}); }

void fill(Store& store) {
  must(store.seed({.users = kUsers,
                   .balance = Money{kPlenty},
                   .products = kProducts,
                   .stock = kPlenty,
                   .price = Money{100},
                   .cart_lines = 0,
                   .cart_quantity = 0,
                   .coupons = {}}));
}

ScratchDirectory::ScratchDirectory() {
  auto name = (std::filesystem::temp_directory_path() / "stampede-benchmark-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) give_up("cannot create a directory " + name);
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;  // What is left in a temporary directory harms nobody.
  std::filesystem::remove_all(path_, ignored);
}

bool place_order(pipeline::Business& business, UserId user, ProductId product,
                 const std::string& key) {
  Phases phases;
  Context context{Clock::now() + std::chrono::seconds(30), phases};
  const pipeline::PlaceOrder request{
      .user = user, .items = {{product, 1}}, .coupon = {}, .tag = {.key = key, .correlation = {}}};
  const auto reply = business.place_order(request, context);
  if (!reply) {
    if (reply.error().code == ErrorCode::kConflict) return false;
    give_up(reply.error().message);
  }
  if (!reply->value) give_up("an order was refused");
  return true;
}

Sale::Sale(const SaleOptions& options)
    : catalog_(make_catalog()),
      store_(must(catalog_.create<Store>(options.store, options.store_settings))),
      lock_(must(catalog_.create<LockStrategy>(options.lock))),
      pipeline_(*store_, *lock_, payments_, clock_, ids_, {}) {
  fill(*store_);
}

}  // namespace stampede::benchmarks
