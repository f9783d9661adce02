#include "experiments/load/ledger.hpp"

#include <algorithm>
#include <limits>

namespace stampede::load {

std::string_view to_string(LedgerOutcome outcome) {
  switch (outcome) {
    case LedgerOutcome::kUnknown:
      return "unknown";
    case LedgerOutcome::kAcknowledged:
      return "acknowledged";
    case LedgerOutcome::kRefused:
      return "refused";
  }
  return "unknown";
}

Ledger::Ledger(std::shared_ptr<const JourneyBook> book) : book_(std::move(book)) {}

std::size_t Ledger::begin(std::size_t step, const Values& values, Duration sent) {
  if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<Chunk>());
  const auto index = size_++;
  auto& record = (*chunks_[index / kChunk])[index % kChunk];
  record.sequence = values.sequence;
  record.iteration = values.iteration;
  record.sent_ns = sent.count();
  record.user = UserId{values.user};
  record.step = static_cast<std::uint16_t>(step);
  const auto& used = book_->steps()[step].uses;
  record.kind = book_->steps()[step].spec.kind;
  if (used.coupon || used.coupon_field) record.coupon = CouponId{values.coupon};
  if (used.amount) record.amount = Money{values.amount};
  record.items_at = items_.size();
  const auto lines = used.items     ? values.items.size()
                     : used.product ? std::min<std::size_t>(1, values.items.size())
                                    : 0;
  record.item_count = static_cast<std::uint8_t>(lines);
  items_.insert(items_.end(), values.items.begin(),
                values.items.begin() + static_cast<std::ptrdiff_t>(lines));
  record.texts_at = static_cast<std::uint32_t>(texts_.size());
  if (used.captured) texts_.insert(texts_.end(), values.captured.begin(), values.captured.end());
  return index;
}

void Ledger::finish(std::size_t index, const LedgerAnswer& answer) {
  auto& record = (*chunks_[index / kChunk])[index % kChunk];
  record.outcome = answer.outcome;
  record.status = static_cast<std::uint16_t>(answer.status);
  record.code = code_index(answer.code);
  record.received_us = answer.received_us;
  record.order = answer.order;
  if (record.kind == OperationKind::kOrder) record.amount = answer.total;
}

std::uint8_t Ledger::code_index(std::string_view code) {
  if (code.empty()) return 0;
  const auto found = std::ranges::find(codes_, code);
  const auto index = static_cast<std::size_t>(found - codes_.begin());
  if (found == codes_.end()) {
    if (codes_.size() == std::numeric_limits<std::uint8_t>::max()) return 0;  // No sane server.
    codes_.emplace_back(code);
  }
  return static_cast<std::uint8_t>(index);
}

std::span<const Item> Ledger::items(const LedgerRecord& record) const {
  return std::span(items_).subspan(record.items_at, record.item_count);
}

std::string Ledger::key(const LedgerRecord& record) const {
  std::string key;
  append_key(key, book_->key_prefix(), record.sequence);
  return key;
}

const std::string& Ledger::journey(const LedgerRecord& record) const {
  return book_->journeys()[book_->steps()[record.step].journey].name;
}

Values Ledger::values_of(const LedgerRecord& record) const {
  const auto lines = items(record);
  const auto& step = book_->steps()[record.step];
  const auto count = step.uses.captured ? book_->journeys()[step.journey].capture_count : 0;
  const auto texts = std::span(texts_).subspan(record.texts_at, count);
  return {.iteration = record.iteration,
          .sequence = record.sequence,
          .user = value_of(record.user),
          .coupon = value_of(record.coupon),
          .amount = record.amount.minor,
          .items = {lines.begin(), lines.end()},
          .captured = {texts.begin(), texts.end()}};
}

RequestParts Ledger::request(const LedgerRecord& record) const {
  return book_->parts(book_->steps()[record.step], values_of(record));
}

std::string Ledger::request_text(const LedgerRecord& record) const {
  RequestBuffer buffer;
  return std::string(book_->request(book_->steps()[record.step], values_of(record), buffer));
}

std::size_t Ledger::bytes() const {
  auto bytes = size_ * sizeof(LedgerRecord) + items_.size() * sizeof(Item);
  for (const auto& text : texts_) {
    bytes += sizeof(std::string) + (text.capacity() > 15 ? text.capacity() + 1 : 0);
  }
  return bytes;
}

}  // namespace stampede::load
