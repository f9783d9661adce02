// How things are written that a strategy's lock leaves out: the option `stock` of strategies whose
// scope has no products in it, and which of a strategy's forms an operation needs.
// Stateless, safe for concurrent use.

#pragma once

#include <algorithm>
#include <string_view>

#include "core/api/operation.hpp"
#include "core/api/plugin_config.hpp"
#include "core/api/store.hpp"

namespace stampede::locks {

inline constexpr OptionSpec kStockOption{
    "stock", OptionType::kChoice, "atomic", "atomic|row_lock|unprotected",
    "How stock, which this lock leaves out, is taken; unprotected oversells"};

// What the option says.
inline WriteForm stock_form(const PluginConfig& config) {
  const std::string_view stock = config.text("stock");
  if (stock == "row_lock") return WriteForm::kLockedRead;
  if (stock == "unprotected") return WriteForm::kReadThenWrite;
  return WriteForm::kAtomic;
}

// The forms as an operation of this scope needs them. What a scope does not name is only read (the
// product that goes into a cart, the coupon that gives a discount): a locked read of it would make
// those who write it wait for nothing.
inline TransactionOptions forms_for(const Scope& scope, TransactionOptions forms) {
  const auto relax = [&scope](Resource::Kind kind, WriteForm& form) {
    if (form != WriteForm::kLockedRead) return;
    const auto resources = scope.resources();
    if (std::ranges::find(resources, kind, &Resource::kind) == resources.end()) {
      form = WriteForm::kAtomic;
    }
  };
  relax(Resource::Kind::kUser, forms.user);
  relax(Resource::Kind::kProduct, forms.product);
  relax(Resource::Kind::kCoupon, forms.coupon);
  return forms;
}

}  // namespace stampede::locks
