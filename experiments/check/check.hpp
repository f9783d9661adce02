// A check is one promise of a contract in core/api/, put to a plugin: it makes what it needs
// afresh, forces the situation that the promise is about, and says how the promise was broken.
// Checks are plain functions, so that `stampede check` and the tests of the built-in plugins run
// the same ones, and plugins that are broken on purpose can show that they notice.
//
// Stateless; one check at a time in a process, because some count its threads.

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/api/gate.hpp"
#include "core/api/lock_strategy.hpp"
#include "core/api/plugin_config.hpp"
#include "core/api/ranking.hpp"
#include "core/api/store.hpp"
#include "core/api/transport.hpp"
#include "experiments/check/history.hpp"

namespace stampede::check {

// Only bounds how long something broken can hang a check.
inline constexpr std::chrono::seconds kPatience{20};
// How long an operation that stands before a lock waits before it counts as kept out.
inline constexpr std::chrono::milliseconds kBrief{25};

using Settings = std::map<std::string, std::string>;  // Of a plugin's options, by name.

// What a check is about. The functions throw std::runtime_error when they cannot make it.
struct Subject {
  std::function<std::unique_ptr<LockStrategy>()> make_strategy = {};  // Of no use to store checks.
  std::function<std::unique_ptr<Store>()> make_store = {};  // Empty, with data of its own.
  // The same with these settings over the usual ones; for the plugin that is checked, if it is one.
  std::function<Result<std::unique_ptr<LockStrategy>>(const Settings&)> make_strategy_with = {};
  std::function<Result<std::unique_ptr<Store>>(const Settings&)> make_store_with = {};
  std::function<Result<std::unique_ptr<Transport>>(const Settings&)> make_transport_with = {};
  // For transport checks: an instance that shares services and events with the others of its realm,
  // a short word, as far as instances of it share at all.
  std::function<std::unique_ptr<Transport>(const std::string& realm)> make_transport = {};
  bool instances_share = false;
  // For gate checks: another instance, which shares what it knows if it says that it does.
  std::function<std::unique_ptr<Gate>()> make_gate = {};
  std::function<Result<std::unique_ptr<Gate>>(const Settings&)> make_gate_with = {};
  // For ranking checks: another instance; the first one of a check is empty.
  std::function<std::unique_ptr<Ranking>()> make_ranking = {};
  std::function<Result<std::unique_ptr<Ranking>>(const Settings&)> make_ranking_with = {};
  std::span<const OptionSpec> options = {};  // That it declares.

  // After this, a check no longer waits for an operation that should have ended.
  std::chrono::nanoseconds patience = kPatience;
  History* history = nullptr;  // Set while a check runs.
};

// What a check found.
class Findings {
 public:
  void expect(bool kept, const std::string& otherwise) {
    if (!kept) text_ += otherwise + '\n';
  }
  void expect_committed(const Result<Outcome>& outcome, const std::string& who) {
    expect(outcome && outcome->committed(), who + " should have committed: " + show(outcome));
  }
  // Lines that somebody else found.
  void add(const std::string& lines) { text_ += lines; }
  // The promise is not one that this plugin makes.
  void does_not_apply(const std::string& because) { not_applicable_ = because; }

  // How the promise was broken, a line for each way; "" when it was kept.
  const std::string& text() const { return text_; }
  // Why there was nothing to check, or "".
  const std::string& not_applicable() const { return not_applicable_; }

 private:
  std::string text_;
  std::string not_applicable_;
};

struct Check {
  const char* promise;
  Findings (*run)(const Subject&);
};

struct Report {
  std::string broken;          // How, a line for each way; "" when the promise was kept.
  std::string not_applicable;  // Why, or "".
  std::string history;         // What happened.
};

// Runs a check. What it throws is one more way in which the promise was broken.
Report run(const Check& check, Subject subject);

// The check of this promise. Throws std::out_of_range when there is none.
const Check& check_of(std::string_view promise, std::span<const std::span<const Check>> groups);

}  // namespace stampede::check
