// Collects what an audit finds wrong: counts all, keeps the first few as evidence.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "experiments/audit/audit.hpp"

namespace stampede::audit {

class Violations {
 public:
  void add(std::string what) {
    ++count_;
    if (evidence_.size() < kKept) evidence_.push_back(std::move(what));
  }
  std::int64_t count() const { return count_; }

  Finding finding(std::string name, std::string summary) && {
    return {.name = std::move(name),
            .verdict = count_ == 0 ? Verdict::kPass : Verdict::kFail,
            .summary = std::move(summary),
            .evidence = std::move(evidence_)};
  }

 private:
  static constexpr std::size_t kKept = 5;
  std::int64_t count_ = 0;
  std::vector<std::string> evidence_;
};

}  // namespace stampede::audit
