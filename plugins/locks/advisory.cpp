// Advisory locks: locks in the store that belong to no row, taken by name before anything is read
// and released with the transaction. Correct for any number of server instances. `scope` says what
// they name:
//   user     each user; stock and coupons are written conditionally, as under `per_user`
//   product  each product and each coupon; what belongs to users is written conditionally
//   global   one lock for everything, otherwise as `user`
//
// Locks are taken in one global order, so that none waits for another in a circle. Under an
// isolation that fixes what a transaction sees before it has its locks, the store refuses to write
// over what came in between; the work is then run again, a bounded number of times.
//
// guarded() runs before the locks are taken: they exist only inside the transaction, which does not
// stay open for a payment.
//
// Fairness is the store's: PostgreSQL serves who waits for one lock first come, first served.

#include <cstdint>
#include <stdexcept>
#include <string>

#include "core/plugin/export.hpp"
#include "plugins/locks/execution.hpp"
#include "plugins/locks/retries.hpp"
#include "plugins/locks/stock_form.hpp"

namespace {

using stampede::Resource;
using stampede::Scope;
using stampede::WriteForm;

constexpr stampede::OptionSpec kOptions[] = {
    {"scope", stampede::OptionType::kChoice, "user", "user|product|global",
     "What a lock is for; product covers coupons too"},
    stampede::locks::kStockOption,
    {"attempts", stampede::OptionType::kInteger, "10", "1..1000",
     "Most times the work of one operation is run; again only when the store broke it off"},
    stampede::locks::kBackoffBaseOption,
    stampede::locks::kBackoffMaxOption};

// Ids are positive: no user has this one.
constexpr stampede::UserId kEverybody{0};

class Advisory final : public stampede::LockStrategy {
 public:
  explicit Advisory(const stampede::PluginConfig& config)
      : breadth_(breadth(config)),
        forms_(forms(breadth_, stampede::locks::stock_form(config))),
        retries_("advisory", config) {}

  bool runs_on(const stampede::Store& store) const override {
    auto forms = forms_;
    const Scope any;
    forms.named_locks = &any;
    return store.supports(forms);
  }

  stampede::Result<stampede::Outcome> execute(stampede::Store& store, const Scope& scope,
                                              stampede::Operation& operation,
                                              stampede::Context& context) override {
    auto begun = stampede::locks::begin(operation, context);
    if (!begun || !begun->committed()) return begun;
    const Scope names = names_of(scope);
    auto forms = stampede::locks::forms_for(scope, forms_);
    if (!names.resources().empty()) forms.named_locks = &names;
    return retries_.transact(store, forms, operation, context);
  }

 private:
  enum class Breadth : std::uint8_t { kUser, kProduct, kGlobal };

  static Breadth breadth(const stampede::PluginConfig& config) {
    const auto& scope = config.text("scope");
    if (scope == "global") return Breadth::kGlobal;
    if (scope == "user") return Breadth::kUser;
    if (const auto& stock = config.text("stock"); stock != "atomic") {
      throw std::invalid_argument("stock: " + stock +
                                  " is for locks that leave stock out; scope: product locks it");
    }
    return Breadth::kProduct;
  }

  static stampede::TransactionOptions forms(Breadth breadth, WriteForm stock) {
    if (breadth == Breadth::kProduct) {
      return {.user = WriteForm::kAtomic,
              .product = WriteForm::kReadThenWrite,
              .coupon = WriteForm::kReadThenWrite};
    }
    return {.user = WriteForm::kReadThenWrite, .product = stock, .coupon = WriteForm::kAtomic};
  }

  Scope names_of(const Scope& scope) const {
    Scope names;
    if (breadth_ == Breadth::kGlobal) return names.add(kEverybody);
    for (const auto& [kind, id] : scope.resources()) {
      const bool is_user = kind == Resource::Kind::kUser;
      if (is_user != (breadth_ == Breadth::kUser)) continue;
      if (is_user) names.add(stampede::UserId{id});
      if (kind == Resource::Kind::kProduct) names.add(stampede::ProductId{id});
      if (kind == Resource::Kind::kCoupon) names.add(stampede::CouponId{id});
    }
    return names;
  }

  const Breadth breadth_;
  const stampede::TransactionOptions forms_;
  stampede::locks::Retries retries_;
};

}  // namespace

STAMPEDE_PLUGIN(Advisory, stampede::LockStrategy, "advisory",
                "Named locks in the store, held until the commit", kOptions)
