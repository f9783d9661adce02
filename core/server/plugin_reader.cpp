#include "core/server/plugin_reader.hpp"

#include <algorithm>
#include <utility>

#include "core/config/dotted.hpp"
#include "core/config/text.hpp"

namespace stampede::server {

namespace {

// The keys of a section that belong to the host; the rest are the plugin's options.
std::vector<std::string> own_keys(plugin::Kind kind) {
  switch (kind) {
    case plugin::Kind::kLock:
      return {"use", "timeout"};
    case plugin::Kind::kFrontend:
      return {"use", "dialect"};
    case plugin::Kind::kTransport:
      return {"use", "key"};
    case plugin::Kind::kRanking:
      return {"use", "every"};
    case plugin::Kind::kStore:
    case plugin::Kind::kGate:
      break;
  }
  return {"use"};
}

bool declares(const plugin::PluginInfo& info, const std::string& option) {
  return std::any_of(info.options.begin(), info.options.end(),
                     [&](const OptionSpec& spec) { return spec.name == option; });
}

}  // namespace

void PluginReader::read(plugin::Kind kind, const std::string& section, PluginChoice& choice,
                        const std::function<void(config::MapReader&)>& read_own) {
  auto map = config::MapReader(root_.at(section), section, faults_);
  choice.use = map.text("use", choice.use);
  read_own(map);
  const auto own = own_keys(kind);
  Options options;
  if (const auto* tree = root_.at(section); tree != nullptr && tree->is_map()) {
    for (const auto& [key, value] : tree->entries) {
      if (std::find(own.begin(), own.end(), key) == own.end()) {
        flatten(value, section, key, options);
      }
    }
  }
  for (const auto& [name, option] : options) choice.settings[name] = option.text;
  check(kind, section, choice, options, own);
}

void PluginReader::flatten(const config::Tree& tree, const std::string& section,
                           const std::string& name, Options& options) {
  switch (tree.kind) {
    case config::Tree::Kind::kNull:
      options[name] = {"", tree.origin};
      return;
    case config::Tree::Kind::kScalar:
      options[name] = {tree.scalar, tree.origin};
      return;
    case config::Tree::Kind::kList:
      faults_.push_back({tree.origin, section + "." + name, "expected one value, got a list"});
      return;
    case config::Tree::Kind::kMap:
      for (const auto& [key, value] : tree.entries) {
        flatten(value, section, config::key_path(name, key), options);
      }
  }
}

void PluginReader::check(plugin::Kind kind, const std::string& section, const PluginChoice& choice,
                         const Options& options, const std::vector<std::string>& own) {
  const auto* written = root_.at(section + ".use");
  const auto origin = written == nullptr ? config::Origin{} : written->origin;
  const auto info = catalog_.describe(kind, choice.use);
  if (!info) {
    faults_.push_back({origin, section + ".use", info.error().message});
    return;
  }
  const auto wrong = catalog_.check(kind, choice.use, choice.settings);
  if (!wrong) {
    faults_.push_back({origin, section + ".use", wrong.error().message});
    return;
  }
  for (const auto& fault : *wrong) {
    auto nearest = fault.nearest;
    auto message = fault.message;
    if (nearest.empty() && !declares(*info, fault.option)) {
      if (const auto host = config::nearest(fault.option, own)) {
        nearest = *host;
        message = "unknown option";
      }
    }
    if (!nearest.empty()) message += "; did you mean \"" + nearest + "\"?";
    const auto option = options.find(fault.option);
    faults_.push_back({option == options.end() ? origin : option->second.origin,
                       section + "." + fault.option, std::move(message)});
  }
}

}  // namespace stampede::server
