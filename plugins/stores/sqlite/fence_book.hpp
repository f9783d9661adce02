// The newest fence of each resource. In memory, since the state of an SQLite store belongs to one
// process: no holder of a lock survives a restart, and none comes from elsewhere.
//
// A commit must not be under way with a fence that issue() has made stale. The writer says which
// fences its batch rests on, and issue() waits for the end of that batch where it is concerned.
//
// Safe for concurrent use.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "core/api/store.hpp"

namespace stampede::stores::sqlite {

class FenceBook {
 public:
  // See FenceStore. kTimeout when the writer did not end its batch before the deadline.
  Result<std::vector<Fence>> issue(std::span<const Resource> resources, Deadline deadline);

  // For the writer: kLeaseLost when one is not the newest. Else all of them count as in use until
  // end_batch().
  Result<void> use(std::span<const Fence> fences);
  void end_batch();

 private:
  bool in_use(std::span<const Resource> resources) const;

  std::mutex mutex_;
  std::condition_variable batch_ended_;
  std::map<Resource, std::int64_t> newest_;
  std::vector<Resource> in_use_;
};

}  // namespace stampede::stores::sqlite
