// The Catalog turns a plugin's name into an object: kind "lock" and name "optimistic" become
// <directory>/locks/optimistic.so, checked against this build, its options validated, constructed.
//
// Libraries stay open for the life of the process: any object, closure or exception from a plugin
// is useless once its code is unmapped. Not safe for concurrent use; the wiring uses one thread.

#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/plugin/export.hpp"

namespace stampede::plugin {

// Option values as the user wrote them, by (dotted) option name.
using Settings = std::map<std::string, std::string>;

// The folder of a kind: "locks", "stores", "frontends".
const char* folder_of(Kind kind);

class Catalog {
 public:
  // Directories that hold locks/, stores/, frontends/; the first that has a plugin wins.
  explicit Catalog(std::vector<std::filesystem::path> search_path);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  template <typename Interface>
  Result<std::unique_ptr<Interface>> create(const std::string& name,
                                            const Settings& settings = {}) {
    auto made = prepare(kKindOf<Interface>, name, settings);
    if (!made) return Unexpected(made.error());
    const auto factory = reinterpret_cast<Factory<Interface>*>(made->factory);
    return factory(made->config);
  }

 private:
  using AnyFactory = void (*)();
  struct Prepared {
    AnyFactory factory;
    PluginConfig config;
  };
  struct Libraries;

  // Opens and checks the library, then validates the settings against its options.
  Result<Prepared> prepare(Kind kind, const std::string& name, const Settings& settings);

  const std::vector<std::filesystem::path> search_path_;
  const std::unique_ptr<Libraries> libraries_;
};

}  // namespace stampede::plugin
