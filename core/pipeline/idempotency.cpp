#include "core/pipeline/idempotency.hpp"

namespace stampede::pipeline {

std::optional<InFlightKeys::Lease> InFlightKeys::acquire(std::string_view key) {
  if (key.empty()) return Lease(nullptr, {});
  std::string owned(key);
  {
    const std::lock_guard lock(mutex_);
    if (!keys_.insert(owned).second) return std::nullopt;
  }
  return Lease(this, std::move(owned));
}

void InFlightKeys::release(const std::string& key) {
  const std::lock_guard lock(mutex_);
  keys_.erase(key);
}

}  // namespace stampede::pipeline
