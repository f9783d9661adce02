// Reads the part of a configuration that chooses a plugin: `use`, keys of the host's own, and all
// else as options, which the plugin's declaration is asked about. Faults carry the line of the key.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/fault.hpp"
#include "core/config/map_reader.hpp"
#include "core/config/tree.hpp"
#include "core/plugin/catalog.hpp"
#include "core/server/config.hpp"

namespace stampede::server {

class PluginReader {
 public:
  // All three outlive the reader.
  PluginReader(plugin::Catalog& catalog, const config::Tree& root, config::Faults& faults)
      : catalog_(catalog), root_(root), faults_(faults) {}

  // Reads the section, a dotted path, into `choice`. `read_own` reads the host's own keys from the
  // section.
  void read(plugin::Kind kind, const std::string& section, PluginChoice& choice,
            const std::function<void(config::MapReader&)>& read_own);

 private:
  struct Option {
    std::string text;
    config::Origin origin;
  };
  using Options = std::map<std::string, Option>;

  void flatten(const config::Tree& tree, const std::string& section, const std::string& name,
               Options& options);
  void check(plugin::Kind kind, const std::string& section, const PluginChoice& choice,
             const Options& options, const std::vector<std::string>& own);

  plugin::Catalog& catalog_;
  const config::Tree& root_;
  config::Faults& faults_;
};

}  // namespace stampede::server
