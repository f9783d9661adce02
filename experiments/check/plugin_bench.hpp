// A plugin from its file, ready to be checked: makes strategies, stores, transports, gates and
// rankings through the Catalog, each store with data of its own, and removes afterwards what they
// kept in files.
//
// Not safe for concurrent use; outlives what it made.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/plugin/catalog.hpp"
#include "experiments/check/check.hpp"

namespace stampede::check {

class PluginBench {
 public:
  struct Wanted {
    std::string plugin;  // A file, or kind/name of one that the search path has.
    plugin::Settings settings;
    std::string store = "memory";  // That a strategy is checked on.
    // "{n}" in a value becomes another number for each store or transport that is made, and for
    // each check of a gate or a ranking.
    plugin::Settings store_settings;
  };

  // kInvalid or kNotFound for a plugin that does not exist, does not fit or does not load, of a
  // kind that has no checks, for settings that it does not take, for a strategy that does not run
  // on the store, and for a gate or a ranking that lacks what it needs to answer; kUnavailable
  // without a place for files, and when the server of a gate or a ranking does not answer.
  static Result<std::unique_ptr<PluginBench>> open(const Wanted& wanted);

  ~PluginBench();
  PluginBench(const PluginBench&) = delete;
  PluginBench& operator=(const PluginBench&) = delete;

  plugin::Kind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  const std::string& store() const { return wanted_.store; }

  // Valid as long as the bench.
  Subject subject();

 private:
  PluginBench(Wanted wanted, std::filesystem::path scratch);

  // What kind and name the wanted plugin has, and where the Catalog finds it.
  Result<std::vector<std::filesystem::path>> locate();
  Result<void> prepare();
  Result<void> try_once();
  Result<void> try_gate();
  Result<void> try_ranking();
  Unexpected does_not_answer(const Error& error) const;

  Result<std::unique_ptr<LockStrategy>> make_strategy(const plugin::Settings& over);
  Result<std::unique_ptr<Store>> make_store(const std::string& name,
                                            const plugin::Settings& settings);
  Result<std::unique_ptr<Transport>> make_transport(const std::string& realm,
                                                    const plugin::Settings& over);
  Result<std::unique_ptr<Gate>> make_gate(const plugin::Settings& over);
  Result<std::unique_ptr<Ranking>> make_ranking(const plugin::Settings& over,
                                                const std::string& realm);
  bool declares(std::string_view option) const;

  Wanted wanted_;
  const std::filesystem::path scratch_;
  plugin::Kind kind_{};
  std::string name_;
  int stores_made_ = 0;
  int rankings_made_ = 0;  // For checks of options.
  std::unique_ptr<plugin::Catalog> catalog_;
  plugin::PluginInfo info_;
};

}  // namespace stampede::check
