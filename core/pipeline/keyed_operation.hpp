// An Operation whose effect may carry an Idempotency-Key. The key is looked up inside the
// transaction that makes the effect, and recorded by it, so the two exist together or not at all.
//
// A known key ends the work with a refusal, because nothing is to be committed; replayed() then
// says that this refusal is an answer. Belongs to one request and one thread.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/api/operation.hpp"
#include "core/api/store.hpp"
#include "core/pipeline/idempotency.hpp"
#include "core/pipeline/pipeline.hpp"

namespace stampede::pipeline {

template <typename T>
Reply<T> refused(RefusalCode code) {
  return {.value = std::nullopt, .refusal = code, .replayed = false};
}

template <typename T>
class KeyedOperation : public Operation {
 public:
  KeyedOperation(RequestRecord::Kind kind, const RequestTag& tag, std::uint64_t fingerprint)
      : kind_(kind), tag_(tag), fingerprint_(fingerprint) {}

  Result<Outcome> work(Transaction& transaction) final {
    value_.reset();
    if (auto known = recall_key(transaction); !known || !known->committed()) return known;
    return apply(transaction);
  }

  // Commits when the request's key is new or it has none. Otherwise refuses, with kRequestKeyReused
  // or with the answer of the first time loaded.
  Result<Outcome> recall_key(Transaction& transaction) {
    replayed_ = false;
    if (tag_.key.empty()) return Outcome::commit();
    auto read = transaction.request(tag_.key);
    if (!read) return Unexpected(read.error());
    const auto& record = *read;
    if (!record) return Outcome::commit();
    if (record->kind != kind_ || record->fingerprint != fingerprint_) {
      return Outcome::refuse(RefusalCode::kRequestKeyReused);
    }
    auto recalled = recall(transaction, record->entity);
    if (!recalled) return Unexpected(recalled.error());
    auto& first = *recalled;
    if (!first) {
      return fail(ErrorCode::kInternal, "the key \"" + tag_.key + "\" stands for \"" +
                                            record->entity + "\", which does not exist");
    }
    return replay(*std::move(first));
  }

  // Whether this very effect was committed; it is then loaded. Answers what an execution in doubt
  // really did. By key here: without a key there is nothing to look up.
  virtual Result<bool> find_effect(Transaction& transaction) {
    auto known = recall_key(transaction);
    if (!known) return Unexpected(known.error());
    return replayed_;
  }

  bool replayed() const { return replayed_; }

  // Of an execution that ended with `outcome`; call once.
  Reply<T> reply(const Outcome& outcome) {
    if (outcome.committed() || replayed_) {
      return {.value = std::move(value_), .refusal = RefusalCode::kNone, .replayed = replayed_};
    }
    return refused<T>(outcome.refusal);
  }

 protected:
  // The business itself: sets the value, ends with remember().
  virtual Result<Outcome> apply(Transaction& transaction) = 0;

  // What an earlier request under this key made, by the name it was remembered under.
  virtual Result<std::optional<T>> recall(Transaction& transaction, const std::string& entity) = 0;

  // The effect is this already: ends the work with it.
  Outcome replay(T value) {
    value_ = std::move(value);
    replayed_ = true;
    return Outcome::refuse(RefusalCode::kRequestInProgress);
  }

  // Records the key, if there is one, and tells the world.
  Result<Outcome> remember(Transaction& transaction, T value, std::string entity, Event event) {
    if (!tag_.key.empty()) {
      auto recorded = transaction.record_request({.key = tag_.key,
                                                  .fingerprint = fingerprint_,
                                                  .kind = kind_,
                                                  .entity = std::move(entity)});
      if (!recorded) return Unexpected(recorded.error());
    }
    if (!event.topic.empty()) {
      event.correlation = tag_.correlation;
      if (auto told = transaction.emit(std::move(event)); !told) return Unexpected(told.error());
    }
    value_ = std::move(value);
    return Outcome::commit();
  }

  const RequestTag& tag() const { return tag_; }
  std::uint64_t fingerprint() const { return fingerprint_; }
  const std::optional<T>& value() const { return value_; }
  void set_value(T value) { value_ = std::move(value); }

 private:
  const RequestRecord::Kind kind_;
  const RequestTag& tag_;
  const std::uint64_t fingerprint_;
  std::optional<T> value_;
  bool replayed_ = false;
};

}  // namespace stampede::pipeline
