// The Catalog turns a plugin's name into an object: kind "lock" and name "optimistic" become
// <directory>/locks/optimistic.so, checked against this build, its options validated, constructed.
//
// A file that does not fit is refused before any of its code runs, with a message that names the
// file and the difference. Libraries stay open for the life of the process: any object, closure or
// exception from a plugin is useless once its code is unmapped. Objects may therefore outlive the
// Catalog. Not safe for concurrent use; the wiring uses one thread.

#pragma once

#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/plugin/export.hpp"
#include "core/plugin/kind.hpp"
#include "core/plugin/options.hpp"

namespace stampede::plugin {

struct PluginInfo {
  Kind kind;
  std::string name;
  std::string summary;
  std::span<const OptionSpec> options;  // Valid for the life of the process.
  std::filesystem::path path;
  std::string unusable;  // Why it cannot be used, or "".
};

class Catalog {
 public:
  // Directories that hold locks/, stores/, frontends/; the first that has a plugin wins.
  explicit Catalog(std::vector<std::filesystem::path> search_path);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  // kNotFound for a name that no directory has, kInvalid for a plugin that does not fit, for
  // settings that it does not take (all faults in one message), and for a constructor that failed.
  template <typename Interface>
  Result<std::unique_ptr<Interface>> create(const std::string& name,
                                            const Settings& settings = {}) {
    constexpr Kind kKind = kKindOf<Interface>;
    auto prepared = prepare(kKind, name, settings);
    if (!prepared) return Unexpected(prepared.error());
    const auto factory = reinterpret_cast<Factory<Interface>*>(prepared->factory);
    try {
      auto object = factory(prepared->config);
      if (!object) return construction_failed(kKind, name, object.error());
      if (*object == nullptr) {
        return construction_failed(kKind, name, {ErrorCode::kInvalid, "its factory gave nothing"});
      }
      return object;
    } catch (const std::exception& error) {
      return construction_failed(kKind, name, {ErrorCode::kInvalid, error.what()});
    } catch (...) {  // The edge of a plugin: whatever comes out of it ends here.
      return construction_failed(kKind, name,
                                 {ErrorCode::kInvalid, "threw what is not a std::exception"});
    }
  }

  // What create() would refuse about the settings, without constructing anything. An Error when the
  // plugin itself is unknown or unusable.
  Result<std::vector<OptionFault>> check(Kind kind, const std::string& name,
                                         const Settings& settings);

  // Every plugin in the search path, unusable ones included, by kind and name.
  std::vector<PluginInfo> list();

  // One plugin, perhaps unusable; kNotFound with the nearest known name and the directories
  // searched.
  Result<PluginInfo> describe(Kind kind, const std::string& name);

  // The names that the search path has for a kind, sorted.
  std::vector<std::string> names(Kind kind) const;

 private:
  using AnyFactory = void (*)();
  struct Prepared {
    AnyFactory factory;
    PluginConfig config;
  };
  struct Library;
  struct Libraries;

  Result<std::filesystem::path> find(Kind kind, const std::string& name) const;
  Error unknown_name(Kind kind, const std::string& name) const;

  // Checks the file, then opens it; once per path.
  Result<const Library*> open(Kind kind, const std::string& name,
                              const std::filesystem::path& path);

  // Finds, opens and checks the library, then validates the settings against its options.
  Result<Prepared> prepare(Kind kind, const std::string& name, const Settings& settings);

  PluginInfo info(Kind kind, const std::string& name, const std::filesystem::path& path);

  static Unexpected construction_failed(Kind kind, const std::string& name, const Error& error);

  const std::vector<std::filesystem::path> search_path_;
  const std::unique_ptr<Libraries> libraries_;
};

}  // namespace stampede::plugin
