#include "experiments/check/ranking_trial.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <stdexcept>

namespace stampede::check {

namespace {

std::string show(const Position& at) { return at ? std::to_string(*at) : "nothing"; }

std::string show(const std::optional<Best>& best) {
  if (!best) return "nothing yet";
  std::vector<std::string> each;
  for (const auto& [product, sold] : *best) {
    each.push_back(fmt::format("{} of product {}", sold, product));
  }
  return each.empty() ? "no product" : fmt::format("{}", fmt::join(each, ", "));
}

std::string show(const std::vector<Sale>& sales) {
  std::vector<std::string> each;
  for (const auto& [product, quantity, at] : sales) {
    each.push_back(fmt::format("{} of product {}", quantity, value_of(product)));
  }
  return each.empty() ? "no sales" : fmt::format("{}", fmt::join(each, ", "));
}

template <typename T>
T value_of_answer(Result<T> answer, const std::string& call) {
  if (answer) return *std::move(answer);
  throw std::runtime_error(call + " failed: " + answer.error().message);
}

}  // namespace

RankingTrial::RankingTrial(const Subject& subject)
    : subject_(subject),
      today_(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())),
      ranking_(subject.make_ranking()) {}

void RankingTrial::note(const std::string& what) const {
  if (subject_.history != nullptr) subject_.history->note(what);
}

Result<void> RankingTrial::try_add(Ranking& ranking, Position from, std::int64_t to,
                                   const std::vector<Sale>& sales, bool complete) {
  auto done =
      ranking.add({.from = from, .to = to, .sales = sales, .complete = complete}, in_time());
  note(fmt::format("a step from {} to {}{} with {}: {}", show(from), to,
                   complete ? ", complete," : "", show(sales),
                   done ? "made" : std::string(to_string(done.error().code))));
  return done;
}

void RankingTrial::add(Position from, std::int64_t to, const std::vector<Sale>& sales,
                       bool complete) {
  const auto done = try_add(*ranking_, from, to, sales, complete);
  if (!done) throw std::runtime_error("add() failed: " + done.error().message);
}

RankingPosition RankingTrial::position(Ranking& ranking) {
  return value_of_answer(ranking.position(in_time()), "position()");
}

std::optional<Best> RankingTrial::best(Ranking& ranking, TimePoint since, std::int64_t limit) {
  const auto found = value_of_answer(ranking.best(since, limit, in_time()), "best()");
  std::optional<Best> best;
  if (found) {
    best.emplace();
    for (const auto& [product, sold] : *found) best->emplace_back(value_of(product), sold);
  }
  note("the best are " + show(best));
  return best;
}

bool RankingTrial::expect(bool kept, const std::string& otherwise) {
  const std::lock_guard lock(mutex_);
  findings_.expect(kept, otherwise);
  return kept;
}

void RankingTrial::expect_position(const std::string& when, Position at, bool complete) {
  const auto found = position();
  const auto text = [](const Position& where, bool is_complete) {
    return show(where) + (is_complete ? ", complete" : ", not complete");
  };
  expect(found.at == at && found.complete == complete,
         fmt::format("{} it should stand at {}, not at {}", when, text(at, complete),
                     text(found.at, found.complete)));
}

void RankingTrial::expect_best(const std::string& when, const std::optional<Best>& expected,
                               TimePoint since, std::int64_t limit) {
  const auto found = best(*ranking_, since, limit);
  expect(found == expected,
         fmt::format("{} the best should be {}; it says {}", when, show(expected), show(found)));
}

void RankingTrial::expect_conflict(const std::string& which, Position from, std::int64_t to) {
  const auto done = try_add(*ranking_, from, to, {sale(1, 1)});
  const auto code = done ? "made" : std::string(to_string(done.error().code));
  expect(!done && done.error().code == ErrorCode::kConflict,
         fmt::format("a step {} should be a conflict; it was: {}", which, code));
}

void RankingTrial::does_not_apply(const std::string& because) {
  const std::lock_guard lock(mutex_);
  findings_.does_not_apply(because);
}

Findings RankingTrial::findings() const {
  const std::lock_guard lock(mutex_);
  return findings_;
}

}  // namespace stampede::check
