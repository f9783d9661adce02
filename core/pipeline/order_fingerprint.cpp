#include "core/pipeline/order_fingerprint.hpp"

#include <algorithm>

#include "core/pipeline/idempotency.hpp"

namespace stampede::pipeline {

std::uint64_t fingerprint_of(const PlaceOrder& request) {
  if (request.tag.key.empty()) return 0;
  auto items = request.items;
  std::sort(items.begin(), items.end(),
            [](const ItemRequest& a, const ItemRequest& b) { return a.product < b.product; });
  Fingerprint fingerprint(RequestRecord::Kind::kOrder);
  fingerprint.add(value_of(request.user));
  fingerprint.add(request.coupon ? value_of(*request.coupon) : 0);
  fingerprint.add(static_cast<std::int64_t>(items.size()));
  for (const auto& item : items) fingerprint.add(value_of(item.product)).add(item.quantity);
  return fingerprint.value();
}

}  // namespace stampede::pipeline
