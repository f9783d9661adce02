#include "plugins/stores/sqlite/fence_book.hpp"

#include <algorithm>

#include "plugins/stores/write_set.hpp"

namespace stampede::stores::sqlite {

Result<std::vector<Fence>> FenceBook::issue(std::span<const Resource> resources,
                                            Deadline deadline) {
  std::unique_lock held(mutex_);
  std::vector<Fence> fences;
  fences.reserve(resources.size());
  for (const auto& resource : resources) fences.push_back({resource, ++newest_[resource]});
  // From here on no batch takes up an older one; one may have done so before.
  if (!batch_ended_.wait_until(held, deadline, [&] { return !in_use(resources); })) {
    return fail(ErrorCode::kTimeout,
                "sqlite: a commit by the lock's last holder did not end before the deadline");
  }
  return fences;
}

Result<void> FenceBook::use(std::span<const Fence> fences) {
  if (fences.empty()) return {};
  const std::lock_guard guard(mutex_);
  for (const auto& fence : fences) {
    const auto found = newest_.find(fence.resource);
    if (found != newest_.end() && found->second == fence.token) continue;
    return fail(ErrorCode::kLeaseLost, "the lock on " + describe(fence.resource) +
                                           " passed to another holder before the commit");
  }
  for (const auto& fence : fences) in_use_.push_back(fence.resource);
  return {};
}

void FenceBook::end_batch() {
  {
    const std::lock_guard guard(mutex_);
    if (in_use_.empty()) return;
    in_use_.clear();
  }
  batch_ended_.notify_all();
}

bool FenceBook::in_use(std::span<const Resource> resources) const {
  return std::ranges::any_of(resources, [this](const Resource& resource) {
    return std::ranges::find(in_use_, resource) != in_use_.end();
  });
}

}  // namespace stampede::stores::sqlite
