#include "core/saga/inbox.hpp"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace stampede::saga {

namespace {

constexpr std::size_t kMostFailing = 10'000;

// Whether the same attempt may go well later; otherwise it is the event, or a bug.
bool is_passing(ErrorCode code) {
  return code != ErrorCode::kInvalid && code != ErrorCode::kInternal &&
         code != ErrorCode::kNotFound;
}

// Whether another attempt at once makes sense. What has waited until the deadline has not.
bool is_worth_another(ErrorCode code) {
  return code == ErrorCode::kConflict || code == ErrorCode::kInternal ||
         code == ErrorCode::kInDoubt || code == ErrorCode::kLeaseLost;
}

// Adds what is not in the scope yet, as long as there is room. False, and nothing added, when there
// is not.
bool join(Scope& scope, const Scope& other) {
  const auto had = scope.resources();
  const auto is_new = [&](const Resource& resource) {
    return !std::ranges::binary_search(had, resource);
  };
  const auto added = std::ranges::count_if(other.resources(), is_new);
  if (had.size() + static_cast<std::size_t>(added) > Scope::kMost) return false;
  for (const auto& resource : other.resources()) {
    switch (resource.kind) {
      case Resource::Kind::kUser:
        scope.add(UserId{resource.id});
        break;
      case Resource::Kind::kProduct:
        scope.add(ProductId{resource.id});
        break;
      case Resource::Kind::kCoupon:
        scope.add(CouponId{resource.id});
        break;
    }
  }
  return true;
}

}  // namespace

// The reactions to some events as one operation. With `refusal`, the one reaction's answer to it.
class Inbox::Delivery final : public Operation {
 public:
  Delivery(std::span<Item> items, RefusalCode refusal, Outbox& outbox)
      : items_(items), refusal_(refusal), telling_(outbox), notes_(items.size()) {}

  Result<Outcome> work(Transaction& transaction) override {
    telling_.restart();
    duplicates_.assign(items_.size(), false);
    bool is_news = false;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      auto is_new = transaction.receive(items_[i].event->id);
      if (!is_new) return Unexpected(is_new.error());
      duplicates_[i] = !*is_new;
      if (!*is_new) continue;
      is_news = true;
      notes_[i].clear();
      Act act{transaction, telling_, notes_[i]};
      auto outcome = react(items_[i].reaction, act);
      if (!outcome || !outcome->committed()) return outcome;
    }
    // Nothing to commit, which is fine.
    return is_news ? Outcome::commit() : Outcome::refuse(RefusalCode::kNone);
  }

  Outbox::Telling& telling() { return telling_; }
  const std::string& note(std::size_t index) const { return notes_[index]; }
  bool is_duplicate(std::size_t index) const { return duplicates_[index]; }

 private:
  Result<Outcome> react(const Reaction& reaction, Act& act) const {
    if (refusal_ == RefusalCode::kNone) return reaction.apply(act);
    if (auto kept = reaction.refuse(act, refusal_); !kept) return Unexpected(kept.error());
    return Outcome::commit();
  }

  const std::span<Item> items_;
  const RefusalCode refusal_;
  Outbox::Telling telling_;
  std::vector<std::string> notes_;
  std::vector<bool> duplicates_;
};

Inbox::Inbox(const ServiceContext& service, Transport& transport, InboxOptions options)
    : service_(service), transport_(transport), options_(options) {}

Result<void> Inbox::handle(const Subscription& subscription, std::span<const Event> events,
                           Deadline deadline) {
  std::vector<Item> items;
  items.reserve(events.size());
  for (const auto& event : events) {
    auto reaction = subscription.react(event);
    if (!reaction) {
      if (auto aside = put_aside(event, reaction.error(), deadline); !aside) return aside;
    } else if (*reaction) {
      items.push_back({&event, **std::move(reaction)});
    }
  }
  for (std::span<Item> rest = items; !rest.empty();) {
    // As many as one scope can name.
    Scope scope;
    const auto beyond = std::ranges::find_if_not(
        rest, [&](const Item& item) { return join(scope, item.reaction.scope); });
    const auto together = rest.first(static_cast<std::size_t>(beyond - rest.begin()));
    if (auto handled = handle_together(together, scope, deadline); !handled) return handled;
    rest = rest.subspan(together.size());
  }
  return {};
}

// All or none: what is refused, and what conflicts, is sorted out one by one.
Result<void> Inbox::handle_together(std::span<Item> items, const Scope& scope, Deadline deadline) {
  if (items.size() > 1) {
    const auto all = run(items, scope, RefusalCode::kNone, deadline);
    if (all && (all->committed() || all->refusal == RefusalCode::kNone)) return {};
  }
  for (auto& item : items) {
    if (auto handled = handle_one(item, deadline); !handled) return handled;
  }
  return {};
}

Result<void> Inbox::handle_one(Item& item, Deadline deadline) {
  auto refusal = RefusalCode::kNone;
  for (int attempt_number = 1;; ++attempt_number) {
    auto outcome = run({&item, 1}, item.reaction.scope, refusal, deadline);
    if (outcome && !outcome->committed() && outcome->refusal != RefusalCode::kNone) {
      if (item.reaction.refuse && refusal == RefusalCode::kNone) {
        refusal = outcome->refusal;
        attempt_number = 0;
        continue;
      }
      outcome = fail(ErrorCode::kInternal, "was refused, code " +
                                               std::to_string(static_cast<int>(outcome->refusal)) +
                                               ", where no refusal is expected");
    }
    if (outcome) {
      forget_failures(item.event->id);
      return {};
    }
    const auto& error = outcome.error();
    if (!is_passing(error.code) &&
        (!is_worth_another(error.code) || count_failure(item.event->id) >= options_.attempts)) {
      forget_failures(item.event->id);
      return put_aside(*item.event, error, deadline);
    }
    const bool goes_on = is_worth_another(error.code) && attempt_number < options_.attempts &&
                         Clock::now() < deadline;
    if (!goes_on) return Unexpected(error);
    service_.journal.retried(service_.index, *item.event, error);
    back_off(attempt_number, deadline);
  }
}

Result<Outcome> Inbox::run(std::span<Item> items, const Scope& scope, RefusalCode refusal,
                           Deadline deadline) {
  const auto started = Clock::now();
  Delivery delivery(items, refusal, service_.outbox);
  Phases phases;
  Context context{deadline, phases};
  Result<Outcome> outcome = Outcome::commit();
  try {
    outcome = service_.lock.execute(service_.store, scope, delivery, context);
  } catch (const std::exception& error) {  // The edge of a delivery.
    outcome = fail(ErrorCode::kInternal, error.what());
  }
  if (!outcome) return outcome;
  if (!outcome->committed() && outcome->refusal != RefusalCode::kNone) return outcome;
  const auto took = Clock::now() - started;
  for (std::size_t i = 0; i < items.size(); ++i) {
    service_.journal.handled(service_.index, {.event = *items[i].event,
                                              .order = items[i].reaction.order,
                                              .note = delivery.note(i),
                                              .duplicate = delivery.is_duplicate(i),
                                              .took = took});
    if (!delivery.is_duplicate(i) && items[i].reaction.committed) items[i].reaction.committed();
  }
  if (outcome->committed()) delivery.telling().committed(deadline);
  return outcome;
}

// A delivery may end before it has made all attempts: a deadline is no fault of the event.
int Inbox::count_failure(const std::string& event) {
  const std::lock_guard lock(mutex_);
  // Of events that went on elsewhere: better too many attempts than to remember for ever.
  if (failures_.size() == kMostFailing) failures_.clear();
  return ++failures_[event];
}

void Inbox::forget_failures(const std::string& event) {
  const std::lock_guard lock(mutex_);
  if (!failures_.empty()) failures_.erase(event);
}

Result<void> Inbox::put_aside(const Event& event, const Error& error, Deadline deadline) {
  auto dead = event;
  dead.topic += topic::kDeadLetterSuffix;
  if (auto taken = transport_.publish({&dead, 1}, deadline); !taken) return taken;
  service_.journal.dead_letter(service_.index, event, error);
  return {};
}

void Inbox::back_off(int attempt, Deadline deadline) const {
  const auto wait = options_.backoff * (1LL << std::min(attempt - 1, 10));
  std::this_thread::sleep_until(std::min<Deadline>(deadline, Clock::now() + wait));
}

}  // namespace stampede::saga
