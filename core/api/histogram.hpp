// A log-linear histogram of durations in nanoseconds: each power of two is divided into 128 equal
// buckets, so a quantile is off by at most 1/256 (0.39 %) of its value. Values of 2^42 ns (73
// minutes) and more count as that. 36 KB; histograms merge, percentiles are never averaged.
//
// After Gil Tene's HdrHistogram (http://hdrhistogram.org). Not safe for concurrent use.

#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace stampede {

class Histogram {
 public:
  void record(std::chrono::nanoseconds value) {
    const auto v = clamp(value);
    ++counts_[index_of(v)];
    ++count_;
    sum_ += static_cast<double>(v);
    min_ = std::min(min_, v);
    max_ = std::max(max_, v);
  }

  void merge(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }

  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds min() const { return nanoseconds(count_ == 0 ? 0 : min_); }
  std::chrono::nanoseconds max() const { return nanoseconds(max_); }
  std::chrono::nanoseconds mean() const {
    return nanoseconds(count_ == 0 ? 0 : std::llround(sum_ / static_cast<double>(count_)));
  }

  // The smallest recorded value that a share `q` (0..1) of all values does not exceed: the middle
  // of its bucket. Zero when nothing was recorded.
  std::chrono::nanoseconds quantile(double q) const {
    if (count_ == 0) return nanoseconds(0);
    const auto rank = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))));
    if (rank >= count_) return max();
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= rank) return nanoseconds(std::clamp(middle_of(i), min_, max_));
    }
    return max();
  }

  // Calls visit(lowest value in ns, count) for each bucket that is not empty, in order.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) visit(lowest_of(i), counts_[i]);
    }
  }

  // The histogram that these were told by: for_each(), min(), max() and mean(). `buckets` is a
  // range of pairs (lowest value in ns, count).
  template <typename Buckets>
  static Histogram restore(const Buckets& buckets, std::chrono::nanoseconds min,
                           std::chrono::nanoseconds max, std::chrono::nanoseconds mean) {
    Histogram histogram;
    for (const auto& [lowest, count] : buckets) {
      histogram.counts_[index_of(clamp(nanoseconds(lowest)))] += count;
      histogram.count_ += count;
    }
    if (histogram.count_ == 0) return histogram;
    histogram.sum_ = static_cast<double>(mean.count()) * static_cast<double>(histogram.count_);
    histogram.min_ = clamp(min);
    histogram.max_ = clamp(max);
    return histogram;
  }

 private:
  static constexpr unsigned kSubBits = 7;
  static constexpr unsigned kMaxBits = 42;
  static constexpr std::int64_t kSub = std::int64_t{1} << kSubBits;

  static std::chrono::nanoseconds nanoseconds(std::int64_t v) {
    return std::chrono::nanoseconds(v);
  }
  static std::int64_t clamp(std::chrono::nanoseconds value) {
    return std::clamp<std::int64_t>(value.count(), 0, (std::int64_t{1} << kMaxBits) - 1);
  }
  static std::size_t index_of(std::int64_t v) {
    if (v < kSub) return static_cast<std::size_t>(v);
    const auto shift =
        static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(v))) - 1 - kSubBits;
    return static_cast<std::size_t>((shift + 1) * kSub + ((v >> shift) - kSub));
  }
  static std::int64_t lowest_of(std::size_t index) {
    const auto i = static_cast<std::int64_t>(index);
    return i < kSub ? i : (kSub + i % kSub) << (i / kSub - 1);
  }
  static std::int64_t middle_of(std::size_t index) {
    const auto i = static_cast<std::int64_t>(index);
    return lowest_of(index) + (i < kSub ? 0 : (std::int64_t{1} << (i / kSub - 1)) / 2);
  }

  std::vector<std::uint64_t> counts_ =
      std::vector<std::uint64_t>(static_cast<std::size_t>((kMaxBits - kSubBits + 1) * kSub), 0);
  std::uint64_t count_ = 0;
  double sum_ = 0;
  std::int64_t min_ = std::int64_t{1} << kMaxBits;
  std::int64_t max_ = 0;
};

}  // namespace stampede
