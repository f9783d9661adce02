#include "experiments/faults/suite.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <ostream>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/config/tree.hpp"
#include "experiments/faults/scenario.hpp"
#include "experiments/plan/read_experiment.hpp"
#include "experiments/runner/backing.hpp"
#include "experiments/runner/injector.hpp"
#include "experiments/runner/run_block.hpp"

namespace stampede::faults {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// These cannot always tell, and say so: who was refused may have been right at that moment.
constexpr std::array<std::string_view, 2> kMayBeUnknown{"undersold", "fairness"};

constexpr int kMoreTries = 2;
constexpr std::size_t kWidth = 300;  // Of a reason; verdict.txt has all of it.

enum class State : std::uint8_t { kPassed, kFailed, kSkipped };

struct Verdict {
  State state = State::kPassed;
  std::vector<std::string> reasons;  // Why not.
  std::string figures;               // What was done: "812 done, 14 refused, 3 unknown".

  void fail(std::string why) {
    state = State::kFailed;
    reasons.push_back(std::move(why));
  }
  bool has_missed_its_fault() const {
    return !reasons.empty() && reasons.front().starts_with(runner::kMissed);
  }
};

void judge_audits(const runner::BlockOutcome& outcome, Verdict& verdict) {
  for (const auto& finding : outcome.findings) {
    const bool failed = finding.verdict == audit::Verdict::kFail && !finding.informative;
    const bool cannot_tell = finding.verdict == audit::Verdict::kUnknown &&
                             std::ranges::find(kMayBeUnknown, finding.name) == kMayBeUnknown.end();
    if (!failed && !cannot_tell) continue;
    verdict.fail(fmt::format("audit {} is {}: {}", finding.name, to_string(finding.verdict),
                             finding.summary));
    for (const auto& evidence : finding.evidence) verdict.reasons.push_back("  " + evidence);
  }
}

Verdict judge(const runner::BlockOutcome& outcome) {
  Verdict verdict;
  if (!outcome.failure.empty()) {
    verdict.fail(outcome.failure);
    return verdict;
  }
  const auto& overall = outcome.load->overall;
  const auto count = [&](load::OutcomeKind kind) { return overall.count(kind); };
  const auto done = count(load::OutcomeKind::kSuccess);
  verdict.figures = fmt::format(
      "{} done, {} refused, {} errors, {} resent", done, count(load::OutcomeKind::kRefusal),
      count(load::OutcomeKind::kError) + count(load::OutcomeKind::kTimeout) +
          count(load::OutcomeKind::kReset) + count(load::OutcomeKind::kCensored),
      outcome.replays.sent);
  if (done == 0) verdict.fail("nothing was done: such a run shows nothing");
  judge_audits(outcome, verdict);
  return verdict;
}

std::string_view word_of(State state) {
  switch (state) {
    case State::kPassed:
      return "pass";
    case State::kFailed:
      return "FAIL";
    case State::kSkipped:
      return "skip";
  }
  return "";
}

class Suite {
 public:
  Suite(const SuiteOptions& options, const plan::Checks& checks, std::ostream& out,
        std::stop_token stop)
      : options_(options),
        checks_(checks),
        out_(out),
        stop_(std::move(stop)),
        backing_(fmt::format("faults-{}", ::getpid())) {}

  Tally run() {
    const auto began = Clock::now();
    for (std::size_t i = 0; i < options_.runs; ++i) {
      const bool is_over = options_.budget && Clock::now() - began >= *options_.budget;
      if (is_over || stop_.stop_requested() || !run_one(i)) {
        tally_.left_out = options_.runs - i;
        break;
      }
    }
    summarize(std::chrono::duration<double>(Clock::now() - began).count());
    return tally_;
  }

 private:
  // False when the user ended it.
  bool run_one(std::size_t index) {
    const auto seed = options_.seed + index;
    const auto scenario = draw_scenario(seed);
    const auto folder = fs::absolute(options_.results) / "faults" / fmt::format("seed-{}", seed);
    const auto began = Clock::now();
    auto verdict = try_one(scenario, folder);
    // A busy machine can be late with a fault; without it the run has shown nothing.
    for (int again = 0; again < kMoreTries && verdict.has_missed_its_fault(); ++again) {
      verdict = try_one(scenario, folder);
    }
    if (stop_.stop_requested()) return false;
    const double took = std::chrono::duration<double>(Clock::now() - began).count();
    out_ << fmt::format("{:>4}/{}  seed {:<6} {}  {:4.1f} s  {}{}{}\n", index + 1, options_.runs,
                        seed, word_of(verdict.state), took, scenario.title,
                        verdict.figures.empty() ? "" : "; ", verdict.figures);
    for (const auto& reason : verdict.reasons) {
      out_ << "        " << reason.substr(0, std::min(reason.find('\n'), kWidth)) << '\n';
    }
    std::error_code ignored;
    if (verdict.state == State::kFailed) {
      keep(scenario, verdict, folder);
      tally_.failed.push_back(seed);
    } else {
      fs::remove_all(folder, ignored);
      ++(verdict.state == State::kPassed ? tally_.passed : tally_.skipped);
    }
    out_.flush();
    return true;
  }

  Verdict try_one(const Scenario& scenario, const fs::path& folder) {
    Verdict verdict;
    config::Faults faults;
    const auto tree =
        config::parse_yaml(scenario.yaml, fmt::format("seed-{}.yaml", scenario.seed), faults);
    std::optional<plan::Experiment> experiment;
    if (tree) {
      experiment = plan::experiment_from(*tree, {.settings = options_.settings}, checks_, faults);
    }
    if (!experiment) {
      verdict.fail("the scenario cannot be run: " + config::describe(faults));
      return verdict;
    }
    const auto& cell = experiment->cells.front();
    auto missing = cell.needs.skipped.empty() ? cell.needs.not_applicable : cell.needs.skipped;
    if (const auto ready = runner::Backing::check(*experiment); !ready) {
      missing = ready.error().message;
    }
    if (!missing.empty()) return {.state = State::kSkipped, .reasons = {missing}, .figures = {}};
    return judge(runner::run_block({.cell = cell,
                                    .block = 0,
                                    .seed = experiment->seed,
                                    .server_program = options_.server_program,
                                    .folder = folder / "run",
                                    .cpus = cell.bench.cpus},
                                   backing_, stop_, [](const auto&, const auto*) {}));
  }

  // The folder has the run's own files already.
  void keep(const Scenario& scenario, const Verdict& verdict, const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    std::ofstream yaml(folder / "experiment.yaml");
    yaml << scenario.yaml;
    std::ofstream reasons(folder / "verdict.txt");
    reasons << scenario.title << '\n';
    for (const auto& reason : verdict.reasons) reasons << reason << '\n';
    out_ << fmt::format("        again: {}\n", replay_command(options_, scenario.seed));
    if (!yaml.flush() || !reasons.flush()) {
      out_ << fmt::format("        could not be kept in {}\n", folder.string());
      return;
    }
    out_ << fmt::format("        kept:  {}\n", folder.string());
  }

  void summarize(double seconds) {
    out_ << fmt::format("{} passed, {} failed, {} skipped", tally_.passed, tally_.failed.size(),
                        tally_.skipped);
    if (tally_.left_out > 0) out_ << fmt::format(", {} not begun", tally_.left_out);
    out_ << fmt::format(" in {:.0f} s\n", seconds);
    for (const auto seed : tally_.failed) {
      out_ << fmt::format("failed: {}\n", replay_command(options_, seed));
    }
    out_.flush();
  }

  const SuiteOptions& options_;
  const plan::Checks& checks_;
  std::ostream& out_;
  const std::stop_token stop_;
  runner::Backing backing_;
  Tally tally_;
};

}  // namespace

std::string replay_command(const SuiteOptions& options, std::uint64_t seed) {
  auto command = fmt::format("./dev bench --faults --seed {} --runs 1", seed);
  for (const auto& setting : options.settings) command += fmt::format(" --set '{}'", setting);
  return command;
}

Tally run_suite(const SuiteOptions& options, const plan::Checks& checks, std::ostream& out,
                const std::stop_token& stop) {
  return Suite(options, checks, out, stop).run();
}

}  // namespace stampede::faults
