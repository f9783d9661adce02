// `stampede load`: sends a load to any HTTP server and says what came back.

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "core/config/text.hpp"
#include "core/config/tree.hpp"
#include "experiments/cli/interrupts.hpp"
#include "experiments/cli/subcommands.hpp"
#include "experiments/load/load_run.hpp"
#include "experiments/load/plan_reader.hpp"
#include "experiments/load/summary.hpp"

namespace stampede::cli {

namespace {

struct KeyOption {
  const char* option;
  const char* key;  // Of the `load:` block.
  const char* help;
};

constexpr KeyOption kKeyOptions[] = {
    {"--executor", "executor", "constant-vus (default), ramping-vus, constant-arrival-rate, ..."},
    {"--vus", "vus", "Virtual users"},
    {"--duration", "duration", "Of the measured window, such as 10s"},
    {"--warmup", "warmup", "Before the window"},
    {"--iterations", "iterations", "For per-vu-iterations and shared-iterations"},
    {"--max-duration", "maxDuration", "Bounds counted iterations"},
    {"--rate", "rate", "Iterations per time unit"},
    {"--time-unit", "timeUnit", "Of the rate; 1s"},
    {"--start-vus", "startVUs", "Where ramping-vus begins"},
    {"--start-rate", "startRate", "Where ramping-arrival-rate begins"},
    {"--pre-allocated-vus", "preAllocatedVUs", "Connected before the start, under open load"},
    {"--max-vus", "maxVUs", "How many there may be, under open load"},
    {"--backlog", "backlog", "Arrivals that may wait for a free user"},
    {"--spin", "spin", "Busy-wait before an arrival, such as 80us"},
    {"--think", "think", "Pause after an iteration: 100ms or 0ms..200ms"},
    {"--timeout", "timeout", "Of one request"},
    {"--graceful-stop", "gracefulStop", "What requests in flight get at the end"},
    {"--users", "range.users", "User ids are drawn from 1..n"},
    {"--products", "range.products", "Product ids are drawn from 1..n"},
    {"--coupons", "range.coupons", "Coupon ids are drawn from 1..n"},
    {"--items", "items", "Different products in an order: 3 or 1..5"},
    {"--quantity", "quantity", "Of each item"},
    {"--amount", "amount", "Of a charge"},
    {"--coupon-share", "coupon_share", "Orders that use a coupon, 0..1"},
    {"--seed", "seed", "Of everything drawn"},
    {"--prefix", "prefix", "Of the request keys; a fresh one each time by default"},
    {"--scale", "scale", "Factor for users, rates and durations"},
};

struct LoadOptions {
  std::vector<std::string> urls;
  std::string file;
  std::string path;  // Of a fixed request.
  std::vector<std::pair<const KeyOption*, std::string>> keys;
  std::vector<std::string> mix;
  std::vector<std::string> stages;
  std::vector<std::string> settings;
  bool json = false;
};

std::string fresh_prefix() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device random;
  std::string prefix = "load-";
  for (int i = 0; i < 12; ++i) prefix += kDigits[random() % kDigits.size()];
  return prefix;
}

// "10s:100" is {duration: 10s, target: 100}, as k6's command line has it.
std::string stage_yaml(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) return "{duration: " + text + "}";
  return "{duration: " + text.substr(0, colon) + ", target: " + text.substr(colon + 1) + "}";
}

// The file's `load:` block with the command line over it; nothing when the file cannot be read.
std::optional<config::Tree> load_block(const LoadOptions& options, config::Faults& faults) {
  auto load = config::Tree::map({"command line", 0});
  if (!options.file.empty()) {
    const auto file = config::load_yaml(options.file, faults);
    if (!file) return std::nullopt;
    const auto* found = file->find("load");
    for (const auto& [key, value] : file->entries) {
      if (key != "load") faults.push_back({value.origin, key, "expected only load: in this file"});
    }
    if (found == nullptr) {
      faults.push_back({file->origin, "load", "is missing"});
    } else {
      load = *found;
    }
  }
  if (load.find("prefix") == nullptr) {
    config::set_at(load, "prefix", config::Tree::scalar_of(fresh_prefix()));
  }
  const auto set = [&](const std::string& setting, const std::string& origin) {
    config::apply_setting(load, setting, origin, faults);
  };
  for (const auto& [option, value] : options.keys) {
    set(std::string(option->key) + "=" + value, option->option);
  }
  if (!options.mix.empty()) set("mix={}", "--mix");
  for (const auto& share : options.mix) {
    set(share.find('=') == std::string::npos ? "mix." + share + "=1" : "mix." + share, "--mix");
  }
  std::string stages;
  for (const auto& stage : options.stages) {
    stages += (stages.empty() ? "" : ", ") + stage_yaml(stage);
  }
  if (!stages.empty()) set("stages=[" + stages + "]", "--stage");
  for (const auto& setting : options.settings) set(setting, "--set");
  return load;
}

Result<load::LoadPlan> make_plan(const LoadOptions& options) {
  std::vector<load::Target> targets;
  for (const auto& url : options.urls) {
    auto target = load::parse_url(url);
    if (!target) return tl::unexpected(target.error());
    targets.push_back(std::move(*target));
  }
  config::Faults faults;
  const auto block = load_block(options, faults);
  auto plan = block ? load::read_plan(&*block, "load", std::nullopt, faults) : load::LoadPlan();
  if (!faults.empty()) {
    auto text = config::describe(faults);
    while (text.ends_with('\n')) text.pop_back();
    return fail(ErrorCode::kInvalid, text);
  }
  plan.target = targets.front();
  plan.more_targets.assign(targets.begin() + 1, targets.end());
  if (!options.path.empty()) load::use_fixed_request(plan, options.path);
  return plan;
}

ExitCode refuse(const Error& error, Console& console) {
  const bool many = error.message.find('\n') != std::string::npos;
  console.error << "stampede load:" << (many ? '\n' : ' ') << error.message << '\n';
  return error.code == ErrorCode::kInvalid ? ExitCode::kUsage : ExitCode::kEnvironment;
}

ExitCode run(const LoadOptions& options, Console& console) {
  auto plan = make_plan(options);
  if (!plan) return refuse(plan.error(), console);
  const Interrupts interrupts;
  const auto result = load::run_load(std::move(*plan), interrupts.token());
  if (!result) return refuse(result.error(), console);
  console.out << (options.json ? load::summary_json(*result) : load::summary_text(*result));
  return ExitCode::kPassed;
}

}  // namespace

Body declare_load(CLI::App& app) {
  auto options = std::make_shared<LoadOptions>();
  options->urls = {"http://127.0.0.1:8080"};
  app.add_option("--url", options->urls,
                 "The server, http://HOST[:PORT][/PATH]; again for each instance of it")
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_option("--file", options->file, "YAML with a load: block; options override it");
  app.add_option("--path", options->path, "Only GET this path, the same bytes every time");
  for (const auto& option : kKeyOptions) {
    const auto keep = [options, &option](const std::string& value) {
      options->keys.emplace_back(&option, value);
    };
    app.add_option_function<std::string>(option.option, keep, option.help);
  }
  app.add_option("--mix", options->mix, "JOURNEY=WEIGHT, again for each journey");
  app.add_option("--stage", options->stages, "DURATION:TARGET, again for each stage");
  app.add_option("--set", options->settings, "KEY=VALUE of the load: block, again for each");
  app.add_flag("--json", options->json, "Print one JSON object");
  return [options](Console& console) { return run(*options, console); };
}

}  // namespace stampede::cli
