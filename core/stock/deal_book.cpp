#include "core/stock/deal_book.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "core/stock/patient.hpp"

namespace stampede::stock {

namespace {

constexpr std::int64_t kPage = 1'000;
constexpr std::string_view kRunning = R"({"deal":"RUNNING"})";
constexpr std::string_view kEnding = R"({"deal":"ENDING"})";
constexpr std::string_view kEnded = R"({"deal":"ENDED"})";

std::string step_key(ProductId product) {
  return std::string(DealBook::kStepPrefix) + std::to_string(value_of(product));
}

std::optional<ProductId> product_of(std::string_view key) {
  if (!key.starts_with(DealBook::kStepPrefix)) return std::nullopt;
  key.remove_prefix(DealBook::kStepPrefix.size());
  std::int64_t id = 0;
  const auto* end = key.data() + key.size();
  const auto parsed = std::from_chars(key.data(), end, id);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return ProductId{id};
}

DealState state_of(const SagaStep& step) {
  if (step.detail == kRunning) return DealState::kRunning;
  if (step.detail == kEnding) return DealState::kEnding;
  return DealState::kNone;
}

std::string_view detail_of(DealState state) {
  switch (state) {
    case DealState::kRunning:
      return kRunning;
    case DealState::kEnding:
      return kEnding;
    case DealState::kNone:
      break;
  }
  return kEnded;
}

class Move final : public Operation {
 public:
  Move(std::string key, std::vector<DealState> from, DealState to, TimePoint at)
      : key_(std::move(key)), from_(std::move(from)), to_(to), at_(at) {}

  Result<Outcome> work(Transaction& transaction) override {
    auto read = transaction.saga_step(key_);
    if (!read) return Unexpected(read.error());
    const auto& step = *read;
    before_ = step ? state_of(*step) : DealState::kNone;
    if (std::ranges::find(from_, before_) == from_.end())
      return Outcome::refuse(RefusalCode::kNone);
    auto put = transaction.put_saga_step(
        {.key = key_,
         .state = to_ == DealState::kNone ? SagaStep::State::kUndone : SagaStep::State::kDone,
         .detail = std::string(detail_of(to_)),
         .at = at_,
         .version = step ? step->version : 0});
    if (!put) return Unexpected(put.error());
    return Outcome::commit();
  }

  DealState before() const { return before_; }

 private:
  const std::string key_;
  const std::vector<DealState> from_;
  const DealState to_;
  const TimePoint at_;
  DealState before_ = DealState::kNone;
};

}  // namespace

Result<Deals> DealBook::all(Deadline deadline) {
  auto view = store_.read_view(deadline);
  if (!view) return Unexpected(view.error());
  Deals deals;
  for (std::string after(kStepPrefix);;) {
    const auto steps = (*view)->saga_steps_after(after, kPage);
    if (!steps) return Unexpected(steps.error());
    for (const auto& step : *steps) {
      const auto product = product_of(step.key);
      if (!product) return deals;  // Steps of other kinds follow.
      after = step.key;
      const auto state = state_of(step);
      if (state == DealState::kNone) continue;
      const auto row = (*view)->product(*product);
      if (!row) return Unexpected(row.error());
      if (*row) deals[*product] = {state, (*row)->price, step.at};
    }
    if (std::ssize(*steps) < kPage) return deals;
  }
}

Result<DealState> DealBook::move(ProductId product, std::initializer_list<DealState> from,
                                 DealState to, Deadline deadline) {
  Move operation(step_key(product), from, to, clock_.now());
  Phases phases;
  Context context{deadline, phases};
  if (auto done = transact_patiently(store_, operation, context); !done) {
    return Unexpected(std::move(done.error()));
  }
  return operation.before();
}

}  // namespace stampede::stock
