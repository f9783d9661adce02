// Saga steps by key: found by hash, because sagas read and write them and their keys share a long
// beginning, and in the order of their keys only for whoever lists them. No step is ever removed.
//
// Not safe for concurrent use: a stripe's mutex guards it.

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/api/entities.hpp"
#include "plugins/stores/memory/key_hash.hpp"

namespace stampede::stores::memory {

class StepRows {
 public:
  // The steps in order, as an ordered container has them.
  class Ordered {
   public:
    using Iterator = std::vector<const SagaStep*>::const_iterator;

    Iterator cbegin() const { return steps_.cbegin(); }
    Iterator cend() const { return steps_.cend(); }
    Iterator upper_bound(std::string_view key) const {
      return std::ranges::upper_bound(steps_, key, {}, key_of);
    }

   private:
    friend class StepRows;
    static std::string_view key_of(const SagaStep* step) { return step->key; }

    // What came since the last time is sorted and merged in.
    void sort() {
      const auto middle = steps_.begin() + static_cast<std::ptrdiff_t>(sorted_);
      std::ranges::sort(middle, steps_.end(), {}, key_of);
      std::ranges::inplace_merge(steps_.begin(), middle, steps_.end(), {}, key_of);
      sorted_ = steps_.size();
    }

    std::vector<const SagaStep*> steps_;
    std::size_t sorted_ = 0;
  };

  bool empty() const { return rows_.empty(); }

  // Null when there is none.
  SagaStep* find(std::string_view key) {
    const auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : &found->second;
  }

  void put(SagaStep step) {
    auto key = step.key;
    const auto [row, is_new] = rows_.insert_or_assign(std::move(key), std::move(step));
    if (is_new) ordered_.steps_.push_back(&row->second);  // Rows stay where they are.
  }

  const Ordered& in_order() {
    if (ordered_.sorted_ < ordered_.steps_.size()) ordered_.sort();
    return ordered_;
  }

 private:
  std::unordered_map<std::string, SagaStep, KeyHash, std::equal_to<>> rows_;
  Ordered ordered_;
};

}  // namespace stampede::stores::memory
