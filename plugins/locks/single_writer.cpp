// One writer for each product: all work for a product, or for a coupon that is issued, is done by
// one thread, in order of arrival. Nobody locks anything and nobody conflicts; and what queues up
// while the writer is busy can be done together: where the store places many orders in one call
// (BatchStore) and the operation can be said as data, up to `batch` of them are, each granted or
// refused on its own.
//
// A product belongs to one of `writers` threads by its id; an order over several products goes to
// the writer of the first. Everything is written conditionally, so that orders which meet in the
// store all the same (at their further products, at the user's wallet, from another server
// instance) are correct; the writer is there for speed and order. Work that touches no product and
// no coupon is done by its caller.
//
// guarded() runs on the writer too, in order, because it belongs under the lock: a payment there
// holds up everybody who wants one of this writer's products.
//
// Several server instances: each writer owns its products against the same writer of the others,
// by a fence that its transactions carry, for turns of `lease` (ownership.hpp). Instances with
// different numbers of `writers` do not take turns, and are correct all the same.
//
// A full line is said at once (kOverloaded). Who waits may leave at the deadline; work that was
// begun is waited for. Fairness: strictly first come, first served for each writer.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"
#include "plugins/locks/writer.hpp"

namespace {

using stampede::Resource;
using stampede::locks::Writer;

constexpr auto kForms = stampede::TransactionOptions::all(stampede::WriteForm::kAtomic);

constexpr std::int64_t kMostWriters = 64;

constexpr stampede::OptionSpec kOptions[] = {
    {"writers", stampede::OptionType::kInteger, "4", "1..64", "Threads; each product has one"},
    {"queue", stampede::OptionType::kInteger, "1024", "1..1000000",
     "Most operations that wait for one writer; further ones are refused at once"},
    {"batch", stampede::OptionType::kInteger, "64", "1..1024",
     "Most orders placed in one call, where the store can"},
    {"lease", stampede::OptionType::kDuration, "20ms", "0us..10s",
     "How long an instance leaves products to another that took them"}};

class SingleWriter final : public stampede::LockStrategy {
 public:
  explicit SingleWriter(const stampede::PluginConfig& config) {
    const Writer::Options options{.queue = static_cast<std::size_t>(config.integer("queue")),
                                  .batch = static_cast<std::size_t>(config.integer("batch")),
                                  .lease = config.duration("lease")};
    const auto writers = config.integer("writers");
    for (std::int64_t i = 0; i < writers; ++i) {
      // No product has a negative id. Equal numbers of writers share names, others do not.
      const Resource name{Resource::Kind::kProduct, -(writers * kMostWriters + i)};
      writers_.push_back(std::make_unique<Writer>(name, options));
    }
  }

  bool runs_on(const stampede::Store& store) const override { return store.supports(kForms); }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const stampede::Scope& scope,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    // The scope's order: products come before coupons.
    for (const auto& resource : scope.resources()) {
      if (resource.kind == Resource::Kind::kUser) continue;
      return writer_of(resource).execute(store, resource, operation, context);
    }
    return stampede::locks::run_once(store, kForms, operation, context);
  }

 private:
  // Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4): neighbouring ids spread.
  Writer& writer_of(const Resource& resource) {
    const auto key =
        static_cast<std::uint64_t>(resource.id) * 4U + static_cast<std::uint64_t>(resource.kind);
    return *writers_[((key * 0x9E3779B97F4A7C15ULL) >> 32U) % writers_.size()];
  }

  std::vector<std::unique_ptr<Writer>> writers_;
};

}  // namespace

STAMPEDE_PLUGIN(SingleWriter, stampede::LockStrategy, "single_writer",
                "One thread for each product, which works in batches", kOptions)
