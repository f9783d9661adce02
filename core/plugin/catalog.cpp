#include "core/plugin/catalog.hpp"

#include <boost/dll/shared_library.hpp>
#include <exception>

namespace stampede::plugin {

namespace dll = boost::dll;

struct Catalog::Libraries {
  std::map<std::filesystem::path, dll::shared_library> open;
};

const char* folder_of(Kind kind) {
  switch (kind) {
    case Kind::kLock:
      return "locks";
    case Kind::kStore:
      return "stores";
    case Kind::kFrontend:
      return "frontends";
  }
  return "";
}

Catalog::Catalog(std::vector<std::filesystem::path> search_path)
    : search_path_(std::move(search_path)), libraries_(std::make_unique<Libraries>()) {}
Catalog::~Catalog() = default;

Result<Catalog::Prepared> Catalog::prepare(Kind kind, const std::string& name,
                                           const Settings& settings) {
  for (const auto& directory : search_path_) {
    const auto path = directory / folder_of(kind) / (name + ".so");
    if (!std::filesystem::exists(path)) continue;
    auto& library = libraries_->open[path];
    try {
      if (!library.is_loaded()) {
        library.load(path, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
      }
    } catch (const std::exception& error) {
      return fail(ErrorCode::kInvalid, error.what());
    }
    const auto& descriptor = library.get_alias<const Descriptor>(kDescriptorSymbol);
    std::map<std::string, OptionValue, std::less<>> values;
    for (std::uint32_t i = 0; i < descriptor.option_count; ++i) {
      const auto& spec = descriptor.options[i];
      const auto given = settings.find(spec.name);
      const std::string text = given == settings.end() ? spec.fallback : given->second;
      switch (spec.type) {
        case OptionType::kBoolean:
          values[spec.name] = text == "true";
          break;
        case OptionType::kInteger:
          values[spec.name] = static_cast<std::int64_t>(std::stoll(text));
          break;
        case OptionType::kReal:
          values[spec.name] = std::stod(text);
          break;
        case OptionType::kDuration: {
          std::size_t used = 0;
          const double number = std::stod(text, &used);
          const auto unit = text.substr(used);
          const double scale = unit == "s" ? 1e9 : unit == "ms" ? 1e6 : unit == "us" ? 1e3 : 1;
          values[spec.name] = std::chrono::nanoseconds(static_cast<std::int64_t>(number * scale));
          break;
        }
        case OptionType::kText:
        case OptionType::kChoice:
          values[spec.name] = text;
          break;
      }
    }
    auto& factory = library.get_alias<void()>(kFactorySymbol);
    return Prepared{&factory, PluginConfig(std::move(values))};
  }
  return fail(ErrorCode::kNotFound, "no plugin " + name);
}

}  // namespace stampede::plugin
