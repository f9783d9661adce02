// What the checks of lock strategies have in common: a sale made afresh, and a list of findings.

#pragma once

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/contract/lock_strategy_checks.hpp"
#include "tests/interleaving/books.hpp"
#include "tests/interleaving/sale.hpp"

namespace stampede::test {

class Findings {
 public:
  void expect(bool kept, const std::string& otherwise) {
    if (!kept) text_ += otherwise + '\n';
  }
  void expect_committed(const Result<Outcome>& outcome, const std::string& who) {
    expect(outcome && outcome->committed(), who + " should have committed: " + describe(outcome));
  }
  // Lines that somebody else found.
  void add(const std::string& lines) { text_ += lines; }
  std::string text() const { return text_; }

  static std::string describe(const Result<Outcome>& outcome) {
    if (!outcome)
      return std::string(to_string(outcome.error().code)) + ' ' + outcome.error().message;
    if (outcome->committed()) return "committed";
    return "refused, RefusalCode " + std::to_string(static_cast<int>(outcome->refusal));
  }

 private:
  std::string text_;
};

// A strategy, a store filled with a sale, and the books from before it.
struct Sale {
  explicit Sale(const Subject& subject, const Seed& seed = small_sale(10, 1000))
      : strategy(subject.make_strategy()), store(subject.make_store()), patience(subject.patience) {
    if (auto seeded = store->seed(seed); !seeded) {
      throw std::runtime_error(seeded.error().message);
    }
    before = Books::of(*store);
  }

  std::string contradictions_after(std::size_t acknowledged) {
    return contradictions(before, Books::of(*store), acknowledged);
  }
  // What differs from before, "" when nothing does.
  std::string changes() {
    const auto after = Books::of(*store).text();
    return after == before.text() ? "" : "the store was changed:\n" + after;
  }
  // Finds out whether whatever went before let go of its lock.
  void expect_free(Findings& findings) {
    Purchase next(9'000, kAda, {{kTea, 1}});
    findings.expect_committed(run(*strategy, *store, next, patience).outcome,
                              "the next order of the same user and product");
  }

  std::unique_ptr<LockStrategy> strategy;
  std::unique_ptr<Store> store;
  std::chrono::nanoseconds patience;
  Books before;
};

}  // namespace stampede::test
