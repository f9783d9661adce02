#include "experiments/check/option_checks.hpp"

#include <string_view>
#include <vector>

#include "experiments/check/gate_trial.hpp"
#include "experiments/check/lock_sale.hpp"
#include "experiments/check/store_rows.hpp"

namespace stampede::check {
namespace {

std::pair<std::string, std::string> bounds_of(std::string_view range) {
  const auto dots = range.find("..");
  if (dots == std::string_view::npos) return {};
  return {std::string(range.substr(0, dots)), std::string(range.substr(dots + 2))};
}

// The default, and the ends of the range, or every choice.
std::vector<std::string> allowed_values(const OptionSpec& option) {
  std::vector<std::string> values{option.fallback};
  if (option.type == OptionType::kBoolean) return {"true", "false"};
  if (option.type == OptionType::kText) return values;
  if (option.type == OptionType::kChoice) {
    std::string_view left = option.range;
    while (!left.empty()) {
      const auto end = std::min(left.find('|'), left.size());
      values.emplace_back(left.substr(0, end));
      left.remove_prefix(std::min(end + 1, left.size()));
    }
    return values;
  }
  const auto [lowest, highest] = bounds_of(option.range);
  for (const auto& bound : {lowest, highest}) {
    if (!bound.empty()) values.push_back(bound);
  }
  return values;
}

// Just outside the range, or of another type.
std::vector<std::string> forbidden_values(const OptionSpec& option) {
  const auto [lowest, highest] = bounds_of(option.range);
  switch (option.type) {
    case OptionType::kBoolean:
      return {"perhaps"};
    case OptionType::kText:
      return {};
    case OptionType::kChoice:
      return {"none_of_the_choices"};
    case OptionType::kInteger:
    case OptionType::kReal: {
      std::vector<std::string> values{"many"};
      if (!lowest.empty()) values.push_back(std::to_string(std::stod(lowest) - 1));
      if (!highest.empty()) values.push_back(std::to_string(std::stod(highest) + 1));
      return values;
    }
    case OptionType::kDuration: {
      std::vector<std::string> values{"soon"};
      if (!highest.empty()) values.push_back(highest + "1ns");
      return values;
    }
  }
  return {};
}

std::string setting(const OptionSpec& option, const std::string& value) {
  return std::string(option.name) + " = \"" + value + "\"";
}

// A quiet deposit: it commits, or is an error that left nothing behind.
void try_strategy(const Subject& subject, std::unique_ptr<LockStrategy> strategy,
                  const std::string& with, Findings& findings) {
  Sale sale(subject);
  sale.strategy = std::move(strategy);
  Deposit deposit(1, kAda, Money{1});
  const auto outcome = run(*sale.strategy, *sale.store, deposit, subject.patience).outcome;
  if (outcome && outcome->committed()) return;
  findings.expect(!outcome, "with " + with + " a deposit was " + show(outcome));
  findings.add(sale.changes());
}

void try_store(Store& store, const std::string& with, Findings& findings) {
  const auto seeded = store.seed(small_seed());
  findings.expect(seeded.has_value(), "with " + with + " the store takes no seed");
  Work operation([](Transaction& t) -> Result<Outcome> {
    const auto added = t.add_to_cart(UserId{1}, ProductId{9}, 1);
    if (!added) return Unexpected(added.error());
    return Outcome::commit();
  });
  Phases phases;
  Context context{.deadline = Clock::now() + kPatience, .phases = phases};
  findings.expect_committed(store.transact({}, operation, context), "with " + with + " a write");
}

// What says that it cannot answer now, or not in time, works as far as it is asked to here.
bool is_passing(const Error& error) {
  return error.code == ErrorCode::kTimeout || error.code == ErrorCode::kUnavailable ||
         error.code == ErrorCode::kInDoubt;
}

void try_gate(const Subject& subject, std::unique_ptr<Gate> gate, const std::string& with,
              Findings& findings) {
  auto changed = subject;
  changed.make_gate = [&gate] { return std::move(gate); };
  GateTrial trial(changed);
  const auto loaded = trial.try_load(trial.coupon(), 1'000);
  findings.expect(loaded || is_passing(loaded.error()), "with " + with + " it cannot be loaded: " +
                                                            (loaded ? "" : loaded.error().message));
  if (!loaded) return;
  const auto decision = trial.decide(trial.claim(1, "a"));
  const bool is_granted = decision && *decision == Decision::kGranted;
  findings.expect(is_granted || (!decision && is_passing(decision.error())),
                  "with " + with + " the first claim is answered " + show(decision));
}

void try_ranking(Ranking& ranking, const std::string& with, Findings& findings) {
  const stampede::Sale sale{
      ProductId{1}, 1,
      std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())};
  const auto done =
      ranking.add({.from = std::nullopt, .to = 1, .sales = {&sale, 1}, .complete = true},
                  Clock::now() + kPatience);
  findings.expect(done || is_passing(done.error()),
                  "with " + with + " the first step fails: " + (done ? "" : done.error().message));
}

Findings every_default_and_every_bound_is_accepted(const Subject& subject) {
  Findings findings;
  if (subject.options.empty()) findings.does_not_apply("it declares no options");
  for (const auto& option : subject.options) {
    // A text may be a place or an address; what the user set is what is tried.
    if (option.type == OptionType::kText) continue;
    for (const auto& value : allowed_values(option)) {
      const auto with = setting(option, value);
      if (subject.make_strategy_with) {
        auto made = subject.make_strategy_with({{option.name, value}});
        findings.expect(made.has_value(), made ? "" : "with " + with + ": " + made.error().message);
        if (made) try_strategy(subject, std::move(*made), with, findings);
      } else if (subject.make_store_with) {
        auto made = subject.make_store_with({{option.name, value}});
        findings.expect(made.has_value(), made ? "" : "with " + with + ": " + made.error().message);
        if (made) try_store(**made, with, findings);
      } else if (subject.make_gate_with) {
        auto made = subject.make_gate_with({{option.name, value}});
        findings.expect(made.has_value(), made ? "" : "with " + with + ": " + made.error().message);
        if (made) try_gate(subject, std::move(*made), with, findings);
      } else if (subject.make_ranking_with) {
        auto made = subject.make_ranking_with({{option.name, value}});
        findings.expect(made.has_value(), made ? "" : "with " + with + ": " + made.error().message);
        if (made) try_ranking(**made, with, findings);
      } else if (subject.make_transport_with) {
        auto made = subject.make_transport_with({{option.name, value}});
        findings.expect(made.has_value(), made ? "" : "with " + with + ": " + made.error().message);
      }
    }
  }
  return findings;
}

bool accepts(const Subject& subject, const Settings& settings) {
  if (subject.make_strategy_with) return subject.make_strategy_with(settings).has_value();
  if (subject.make_store_with) return subject.make_store_with(settings).has_value();
  if (subject.make_gate_with) return subject.make_gate_with(settings).has_value();
  if (subject.make_ranking_with) return subject.make_ranking_with(settings).has_value();
  return subject.make_transport_with && subject.make_transport_with(settings).has_value();
}

Findings what_is_out_of_range_is_refused(const Subject& subject) {
  Findings findings;
  if (subject.options.empty()) findings.does_not_apply("it declares no options");
  for (const auto& option : subject.options) {
    for (const auto& value : forbidden_values(option)) {
      findings.expect(!accepts(subject, {{option.name, value}}),
                      "takes " + setting(option, value) + ", which is not within " + option.range);
    }
  }
  return findings;
}

constexpr Check kChecks[] = {
    {"EveryDefaultAndEveryBoundIsAccepted", every_default_and_every_bound_is_accepted},
    {"WhatIsOutOfRangeIsRefused", what_is_out_of_range_is_refused},
};

}  // namespace

std::span<const Check> option_checks() { return kChecks; }

}  // namespace stampede::check
