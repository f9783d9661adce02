#include "experiments/check/plugin_bench.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/plugin/elf_note.hpp"
#include "core/plugin/search_path.hpp"

namespace stampede::check {

namespace {

namespace fs = std::filesystem;

// In memory where the system has a place for that: checks make hundreds of databases, and what a
// disk keeps is not what they are about. Empty when there is no place at all.
fs::path make_scratch() {
  const fs::path in_memory = "/dev/shm";
  std::error_code ignored;
  const auto parent =
      ::access(in_memory.c_str(), W_OK | X_OK) == 0 ? in_memory : fs::temp_directory_path(ignored);
  auto name = (parent / "stampede-check-XXXXXX").string();
  return ::mkdtemp(name.data()) == nullptr ? fs::path() : fs::path(name);
}

template <typename T>
std::unique_ptr<T> made(Result<std::unique_ptr<T>> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

// "{n}" in a value becomes what no other store of any run has, so that each can have a schema of
// its own.
std::string numbered(std::string value, const std::string& number) {
  constexpr std::string_view kMark = "{n}";
  for (auto at = value.find(kMark); at != std::string::npos; at = value.find(kMark)) {
    value.replace(at, kMark.size(), number);
  }
  return value;
}

}  // namespace

PluginBench::PluginBench(Wanted wanted, fs::path scratch)
    : wanted_(std::move(wanted)), scratch_(std::move(scratch)) {}

PluginBench::~PluginBench() {
  std::error_code left_for_the_system_to_clean;
  fs::remove_all(scratch_, left_for_the_system_to_clean);
}

Result<std::unique_ptr<PluginBench>> PluginBench::open(const Wanted& wanted) {
  auto scratch = make_scratch();
  if (scratch.empty()) return fail(ErrorCode::kUnavailable, "there is no place for files");
  std::unique_ptr<PluginBench> bench(new PluginBench(wanted, std::move(scratch)));
  if (auto ready = bench->prepare(); !ready) return Unexpected(ready.error());
  return bench;
}

Result<std::vector<fs::path>> PluginBench::locate() {
  auto directories = plugin::search_path();
  const auto& text = wanted_.plugin;
  const fs::path file = text;
  const auto slash = text.find('/');
  const auto kind = plugin::parse_kind(text.substr(0, slash));
  if (kind && slash != std::string::npos && file.extension() != ".so") {
    kind_ = *kind;
    name_ = text.substr(slash + 1);
    return directories;
  }
  std::error_code problem;
  if (!fs::exists(file, problem)) {
    return fail(ErrorCode::kNotFound, text +
                                          " does not exist; expected the file of a plugin, or "
                                          "kind/name of one that is installed");
  }
  const auto note = plugin::read_note(file);
  if (!note) {
    return fail(ErrorCode::kInvalid, "plugin " + text + " " + note.error().message);
  }
  kind_ = note->kind;
  name_ = note->name;
  const auto folder = fs::path(plugin::folder_of(kind_));
  auto place = fs::absolute(file).lexically_normal();
  if (place.parent_path().filename() != folder || place.stem() != name_) {
    // The Catalog goes by folder and name; what lies elsewhere gets a place where it looks.
    const auto link = scratch_ / "plugins" / folder / (name_ + ".so");
    fs::create_directories(link.parent_path(), problem);
    fs::create_symlink(place, link, problem);
    if (problem)
      return fail(ErrorCode::kUnavailable, "cannot link " + text + ": " + problem.message());
    place = link;
  }
  directories.insert(directories.begin(), place.parent_path().parent_path());
  return directories;
}

Result<void> PluginBench::prepare() {
  auto directories = locate();
  if (!directories) return Unexpected(directories.error());
  if (kind_ == plugin::Kind::kFrontend) {
    return fail(ErrorCode::kInvalid,
                "there are no checks for a frontend; there are for a lock, a store, a transport, a "
                "gate and a ranking");
  }
  catalog_ = std::make_unique<plugin::Catalog>(std::move(*directories));
  auto info = catalog_->describe(kind_, name_);
  if (!info) return Unexpected(info.error());
  if (!info->unusable.empty()) return fail(ErrorCode::kInvalid, info->unusable);
  info_ = std::move(*info);
  return try_once();
}

// What cannot be made once is no finding but a wrong question.
Result<void> PluginBench::try_once() {
  if (kind_ == plugin::Kind::kStore) {
    const auto store = make_store(name_, wanted_.settings);
    if (!store) return Unexpected(store.error());
    return {};
  }
  if (kind_ == plugin::Kind::kTransport) {
    const auto transport = make_transport("once", {});
    if (!transport) return Unexpected(transport.error());
    return {};
  }
  if (kind_ == plugin::Kind::kGate) return try_gate();
  if (kind_ == plugin::Kind::kRanking) return try_ranking();
  const auto strategy = make_strategy({});
  if (!strategy) return Unexpected(strategy.error());
  const auto store = make_store(wanted_.store, wanted_.store_settings);
  if (!store) return Unexpected(store.error());
  if (!(*strategy)->runs_on(**store)) {
    return fail(ErrorCode::kInvalid, "lock \"" + name_ + "\" does not run on store \"" +
                                         wanted_.store + "\"; choose another with --store");
  }
  return {};
}

// A gate can be made without the server that it asks.
Result<void> PluginBench::try_gate() {
  const auto gate = make_gate({});
  if (!gate) return Unexpected(gate.error());
  const auto state =
      (*gate)->state({Resource::Kind::kCoupon, 1}, Clock::now() + std::chrono::seconds(5));
  return state ? Result<void>() : does_not_answer(state.error());
}

Result<void> PluginBench::try_ranking() {
  const auto ranking = make_ranking({}, "once");
  if (!ranking) return Unexpected(ranking.error());
  const auto position = (*ranking)->position(Clock::now() + std::chrono::seconds(5));
  return position ? Result<void>() : does_not_answer(position.error());
}

Unexpected PluginBench::does_not_answer(const Error& error) const {
  const bool is_wrong = error.code == ErrorCode::kInvalid;
  return fail(is_wrong ? ErrorCode::kInvalid : ErrorCode::kUnavailable,
              std::string(plugin::name_of(kind_)) + " \"" + name_ + "\" does not answer: " +
                  error.message + (is_wrong ? "; give it what it needs with --set" : ""));
}

Result<std::unique_ptr<LockStrategy>> PluginBench::make_strategy(const plugin::Settings& over) {
  auto settings = over;
  settings.insert(wanted_.settings.begin(), wanted_.settings.end());
  return catalog_->create<LockStrategy>(name_, settings);
}

Result<std::unique_ptr<Store>> PluginBench::make_store(const std::string& name,
                                                       const plugin::Settings& settings) {
  const auto info = catalog_->describe(plugin::Kind::kStore, name);
  if (!info) return Unexpected(info.error());
  const auto number = std::to_string(::getpid()) + "_" + std::to_string(++stores_made_);
  plugin::Settings complete;
  for (const auto& [key, value] : settings) complete[key] = numbered(value, number);
  const bool has_path = std::ranges::any_of(info->options, [](const OptionSpec& option) {
    return std::string_view(option.name) == "path" && option.type == OptionType::kText;
  });
  if (has_path) {
    const auto file = scratch_ / (number + ".db");
    complete.emplace("path", file.string());
  }
  return catalog_->create<Store>(name, complete);
}

bool PluginBench::declares(std::string_view option) const {
  return std::ranges::any_of(info_.options,
                             [option](const OptionSpec& spec) { return spec.name == option; });
}

// Instances of one realm meet under its names, and each check in a process has its own.
Result<std::unique_ptr<Transport>> PluginBench::make_transport(const std::string& realm,
                                                               const plugin::Settings& over) {
  auto settings = over;
  settings.insert(wanted_.settings.begin(), wanted_.settings.end());
  const auto number = std::to_string(::getpid()) + "-" + realm;
  for (auto& [name, value] : settings) value = numbered(value, number);
  for (const auto* prefix : {"topic.prefix", "group.prefix"}) {
    if (declares(prefix)) settings.emplace(prefix, "stampede-check-" + number + ".");
  }
  return catalog_->create<Transport>(name_, settings);
}

// Instances meet where they are told to; the checks use resources of their own there.
Result<std::unique_ptr<Gate>> PluginBench::make_gate(const plugin::Settings& over) {
  auto settings = over;
  settings.insert(wanted_.settings.begin(), wanted_.settings.end());
  for (auto& [name, value] : settings) value = numbered(value, std::to_string(::getpid()));
  return catalog_->create<Gate>(name_, settings);
}

// Each check in a process has keys of its own where there is a prefix for them, and instances of
// one realm meet under it.
Result<std::unique_ptr<Ranking>> PluginBench::make_ranking(const plugin::Settings& over,
                                                           const std::string& realm) {
  auto settings = over;
  settings.insert(wanted_.settings.begin(), wanted_.settings.end());
  const auto number = std::to_string(::getpid()) + "-" + realm;
  for (auto& [name, value] : settings) value = numbered(value, number);
  if (declares("prefix")) settings.emplace("prefix", "stampede-check-" + number + ":");
  return catalog_->create<Ranking>(name_, settings);
}

Subject PluginBench::subject() {
  Subject subject;
  subject.options = info_.options;
  if (kind_ == plugin::Kind::kTransport) {
    subject.make_transport_with = [this](const Settings& over) {
      return make_transport("options", over);
    };
    subject.make_transport = [this](const std::string& realm) {
      return made(make_transport(realm, {}));
    };
    // What meets at no address outside of this process, instances do not share.
    const auto brokers = wanted_.settings.find("brokers");
    subject.instances_share = brokers != wanted_.settings.end() && brokers->second != "embedded";
    return subject;
  }
  if (kind_ == plugin::Kind::kStore) {
    subject.make_store_with = [this](const Settings& over) {
      auto settings = over;
      settings.insert(wanted_.settings.begin(), wanted_.settings.end());
      return make_store(name_, settings);
    };
    subject.make_store = [this] { return made(make_store(name_, wanted_.settings)); };
    return subject;
  }
  if (kind_ == plugin::Kind::kGate) {
    subject.make_gate_with = [this](const Settings& over) { return make_gate(over); };
    subject.make_gate = [this] { return made(make_gate({})); };
    return subject;
  }
  if (kind_ == plugin::Kind::kRanking) {
    subject.make_ranking_with = [this](const Settings& over) {
      return make_ranking(over, "options" + std::to_string(++rankings_made_));
    };
    subject.make_ranking = [this] { return made(make_ranking({}, "sale")); };
    return subject;
  }
  subject.make_strategy_with = [this](const Settings& over) { return make_strategy(over); };
  subject.make_strategy = [this] { return made(make_strategy({})); };
  subject.make_store = [this] { return made(make_store(wanted_.store, wanted_.store_settings)); };
  return subject;
}

}  // namespace stampede::check
