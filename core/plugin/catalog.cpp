#include "core/plugin/catalog.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <map>
#include <set>
#include <utility>

#include "core/config/text.hpp"
#include "core/plugin/elf_note.hpp"
#include "core/plugin/fit.hpp"

namespace stampede::plugin {

namespace {

namespace dll = boost::dll;
namespace fs = std::filesystem;

constexpr char kSuffix[] = ".so";

// Resolves every symbol at once, so that a missing one is found here and not in mid-load. Never
// unmaps the code. RTLD_LOCAL is the default.
const auto kLoadMode = static_cast<dll::load_mode::type>(RTLD_NOW | RTLD_NODELETE);

Unexpected refuse(const fs::path& path, const std::string& reason) {
  return fail(ErrorCode::kInvalid, "plugin " + path.string() + " " + reason);
}

std::string label(Kind kind, const std::string& name) {
  return std::string(name_of(kind)) + " \"" + name + "\"";
}

// A name is part of a file name: "../../elsewhere" is none.
bool is_plugin_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// What the dynamic loader said about the file, without the words that Boost puts around it:
// "... (dlerror system message: <path>: undefined symbol: f): Bad file descriptor".
std::string loader_message(const std::exception& error, const fs::path& path) {
  std::string text = error.what();
  const auto file = path.string() + ": ";
  const auto start = text.find(file);
  const auto end = text.rfind("): ");
  if (start == std::string::npos || end == std::string::npos || end < start) return text;
  return text.substr(start + file.size(), end - start - file.size());
}

}  // namespace

struct Catalog::Library {
  dll::shared_library library;
  const Descriptor* descriptor = nullptr;
  AnyFactory factory = nullptr;

  std::span<const OptionSpec> options() const {
    return {descriptor->options, descriptor->option_count};
  }
};

struct Catalog::Libraries {
  std::map<fs::path, Library> open;
};

Catalog::Catalog(std::vector<fs::path> search_path)
    : search_path_(std::move(search_path)), libraries_(std::make_unique<Libraries>()) {}
Catalog::~Catalog() = default;

Result<std::vector<OptionFault>> Catalog::check(Kind kind, const std::string& name,
                                                const Settings& settings) {
  const auto path = find(kind, name);
  if (!path) return Unexpected(path.error());
  const auto library = open(kind, name, *path);
  if (!library) return Unexpected(library.error());
  return check_settings((*library)->options(), settings);
}

std::vector<PluginInfo> Catalog::list() {
  std::vector<PluginInfo> plugins;
  for (const auto kind : all_kinds()) {
    for (const auto& name : names(kind)) {
      if (const auto path = find(kind, name)) plugins.push_back(info(kind, name, *path));
    }
  }
  return plugins;
}

Result<PluginInfo> Catalog::describe(Kind kind, const std::string& name) {
  const auto path = find(kind, name);
  if (!path) return Unexpected(path.error());
  return info(kind, name, *path);
}

std::vector<std::string> Catalog::names(Kind kind) const {
  std::set<std::string> names;
  for (const auto& directory : search_path_) {
    // A directory that is absent or closed to us holds no plugins; unknown_name() says so.
    std::error_code ignored;
    for (fs::directory_iterator entry(directory / folder_of(kind), ignored), end; entry != end;
         entry.increment(ignored)) {
      const auto& path = entry->path();
      if (path.extension() == kSuffix) names.insert(path.stem());
    }
  }
  return {names.begin(), names.end()};
}

Result<fs::path> Catalog::find(Kind kind, const std::string& name) const {
  for (const auto& directory : search_path_) {
    const auto path = directory / folder_of(kind) / (name + kSuffix);
    std::error_code ignored;
    // Of a link without a target, too, people want to hear what is wrong.
    const auto status = fs::symlink_status(path, ignored);
    if (is_plugin_name(name) && fs::exists(status)) return path;
  }
  return Unexpected(unknown_name(kind, name));
}

Error Catalog::unknown_name(Kind kind, const std::string& name) const {
  auto message = "no " + label(kind, name) + config::suggestion(name, names(kind)) + " (searched ";
  for (std::size_t i = 0; i < search_path_.size(); ++i) {
    const auto directory = search_path_[i] / folder_of(kind);
    std::error_code problem;
    const fs::directory_iterator attempt(directory, problem);
    message += (i > 0 ? ", " : "") + directory.string();
    if (problem) message += ": " + problem.message();
  }
  return {ErrorCode::kNotFound, message + ")"};
}

Result<const Catalog::Library*> Catalog::open(Kind kind, const std::string& name,
                                              const fs::path& path) {
  if (const auto found = libraries_->open.find(path); found != libraries_->open.end()) {
    return &found->second;
  }
  const auto note = read_note(path);
  if (!note) return refuse(path, note.error().message);
  if (const auto difference = misfit(*note, kind, name); !difference.empty()) {
    return refuse(path, difference);
  }

  Library opened;
  try {  // The overload that throws is the one that reports what the loader said.
    opened.library.load(path, kLoadMode);
  } catch (const std::exception& error) {
    return refuse(path, "cannot be loaded: " + loader_message(error, path));
  }
  if (!opened.library.has(kDescriptorSymbol) || !opened.library.has(kFactorySymbol)) {
    return refuse(path, "has no descriptor and factory; does it use STAMPEDE_PLUGIN?");
  }
  opened.descriptor = &opened.library.get_alias<const Descriptor>(kDescriptorSymbol);
  opened.factory = &opened.library.get_alias<void()>(kFactorySymbol);
  if (const auto faults = check_specs(opened.options()); !faults.empty()) {
    return refuse(path, "declares its options wrongly: " + plugin::describe(faults));
  }
  return &libraries_->open.emplace(path, std::move(opened)).first->second;
}

Result<Catalog::Prepared> Catalog::prepare(Kind kind, const std::string& name,
                                           const Settings& settings) {
  const auto path = find(kind, name);
  if (!path) return Unexpected(path.error());
  const auto library = open(kind, name, *path);
  if (!library) return Unexpected(library.error());
  const auto faults = check_settings((*library)->options(), settings);
  if (!faults.empty()) {
    return fail(ErrorCode::kInvalid, label(kind, name) + ": " + plugin::describe(faults));
  }
  return Prepared{(*library)->factory, convert((*library)->options(), settings)};
}

PluginInfo Catalog::info(Kind kind, const std::string& name, const fs::path& path) {
  PluginInfo info{.kind = kind, .name = name, .path = path};
  const auto library = open(kind, name, path);
  if (!library) {
    info.unusable = library.error().message;
    return info;
  }
  info.summary = (*library)->descriptor->summary;
  info.options = (*library)->options();
  return info;
}

Unexpected Catalog::construction_failed(Kind kind, const std::string& name, const Error& error) {
  return fail(error.code, label(kind, name) + " cannot be constructed: " + error.message);
}

}  // namespace stampede::plugin
