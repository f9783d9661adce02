#include "core/server/secrets.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "core/config/dotted.hpp"

namespace stampede::server {

namespace {

constexpr std::string_view kFileSuffix = "_file";
// A shorter one would blank out half of every message, and protects nothing.
constexpr std::size_t kShortestSecret = 4;

class Resolver {
 public:
  Resolver(Secrets& secrets, config::Faults& faults) : secrets_(secrets), faults_(faults) {}

  config::Tree resolve(const config::Tree& tree, const std::string& path) {
    config::Tree resolved = tree;
    resolved.items.clear();
    resolved.entries.clear();
    if (tree.is_scalar()) resolved.scalar = expand(tree, path);
    for (const auto& item : tree.items) resolved.items.push_back(resolve(item, path));
    for (const auto& [key, value] : tree.entries) {
      const auto inner_path = config::key_path(path, key);
      if (key.size() > kFileSuffix.size() && key.ends_with(kFileSuffix) && value.is_scalar()) {
        const auto name = key.substr(0, key.size() - kFileSuffix.size());
        if (tree.find(name) != nullptr) {
          faults_.push_back(
              {value.origin, inner_path, "give either this or " + name + ", not both"});
          continue;
        }
        resolved.entries.emplace_back(name, read(value, inner_path));
      } else {
        resolved.entries.emplace_back(key, resolve(value, inner_path));
      }
    }
    return resolved;
  }

 private:
  std::string expand(const config::Tree& tree, const std::string& path) {
    std::string text;
    std::string_view rest = tree.scalar;
    for (auto start = rest.find("${"); start != std::string_view::npos; start = rest.find("${")) {
      const auto end = rest.find('}', start);
      if (end == std::string_view::npos) {
        faults_.push_back({tree.origin, path, "expected ${NAME}, but there is no closing brace"});
        return {};
      }
      const std::string name(rest.substr(start + 2, end - start - 2));
      const char* value = std::getenv(name.c_str());
      if (value == nullptr) {
        faults_.push_back({tree.origin, path, "the environment variable " + name + " is not set"});
        return {};
      }
      secrets_.add(value);
      text += rest.substr(0, start);
      text += value;
      rest.remove_prefix(end + 1);
    }
    return text.append(rest);
  }

  config::Tree read(const config::Tree& value, const std::string& path) {
    const auto name = expand(value, path);
    std::ifstream file(name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file || file.bad()) {
      faults_.push_back({value.origin, path, "cannot read the file " + name});
      return config::Tree::scalar_of("", value.origin);
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    secrets_.add(text);
    return config::Tree::scalar_of(std::move(text), value.origin);
  }

  Secrets& secrets_;
  config::Faults& faults_;
};

}  // namespace

void Secrets::add(std::string value) {
  if (value.size() < kShortestSecret) return;
  const auto shorter = [&](const std::string& other) { return other.size() < value.size(); };
  values_.insert(std::find_if(values_.begin(), values_.end(), shorter), std::move(value));
}

std::string Secrets::redact(std::string text) const {
  constexpr std::string_view kRedacted = "<redacted>";
  for (const auto& value : values_) {
    for (auto at = text.find(value); at != std::string::npos;
         at = text.find(value, at + kRedacted.size())) {
      text.replace(at, value.size(), kRedacted);
    }
  }
  return text;
}

bool is_secret_name(std::string_view key) {
  for (const std::string_view word : {"password", "secret", "token"}) {
    if (key.find(word) != std::string_view::npos) return true;
  }
  return false;
}

config::Tree resolve_secrets(const config::Tree& tree, Secrets& secrets, config::Faults& faults) {
  return Resolver(secrets, faults).resolve(tree, "");
}

}  // namespace stampede::server
