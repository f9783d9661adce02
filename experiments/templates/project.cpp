#include "experiments/templates/project.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <regex>
#include <system_error>

#include "core/config/text.hpp"

namespace stampede::templates {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 40;  // The note of a plugin holds 63 characters.

// "per_shelf" becomes "PerShelf".
std::string class_name(const std::string& name) {
  std::string result;
  bool starts_word = true;
  for (const char c : name) {
    if (c == '_') {
      starts_word = true;
      continue;
    }
    const bool raise = starts_word && c >= 'a' && c <= 'z';
    result += raise ? static_cast<char>(c - 'a' + 'A') : c;
    starts_word = false;
  }
  return result;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

Unexpected cannot(const std::string& what, const fs::path& path, int error) {
  return fail(ErrorCode::kUnavailable,
              "cannot " + what + " " + path.string() + ": " + std::strerror(error));
}

Unexpected taken(const fs::path& place) {
  return fail(ErrorCode::kInvalid, place.string() + " is there already; nothing was changed");
}

// A directory beside its final place, removed unless it was moved there.
class Draft {
 public:
  explicit Draft(const fs::path& parent) {
    auto name = (parent / ".stampede-new-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Draft() {
    std::error_code nothing_left_to_do;
    if (!path_.empty()) fs::remove_all(path_, nothing_left_to_do);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const fs::path& path() const { return path_; }

  // Replaces nothing, not even an empty directory.
  Result<fs::path> move_to(const fs::path& place) {
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, place.c_str(), RENAME_NOREPLACE) != 0) {
      if (errno == EEXIST) return taken(place);
      return cannot("make", place, errno);
    }
    path_.clear();
    return place;
  }

 private:
  fs::path path_;
};

Result<void> write(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text << std::flush;
  if (!out) return cannot("write", path, errno);
  return {};
}

}  // namespace

std::vector<std::string> kinds() {
  std::vector<std::string> found;
  for (const auto& file : files()) {
    if (found.empty() || found.back() != file.kind) found.emplace_back(file.kind);
  }
  return found;
}

std::string fault_of_name(std::string_view name) {
  static const std::regex kName("[a-z][a-z0-9]*(_[a-z0-9]+)*");
  if (name.size() > kLongestName) {
    return "is longer than " + std::to_string(kLongestName) + " characters";
  }
  if (!std::regex_match(name.begin(), name.end(), kName)) {
    return "is no name for a plugin; expected small letters, digits and single underscores, "
           "beginning with a letter, as in per_shelf";
  }
  return {};
}

Result<fs::path> make_project(const std::string& kind, const std::string& name,
                              const fs::path& parent) {
  const auto known = kinds();
  if (std::ranges::find(known, kind) == known.end()) {
    return fail(ErrorCode::kInvalid, "there is no template for a \"" + kind + "\"; expected " +
                                         config::one_of(known) + config::suggestion(kind, known));
  }
  if (const auto fault = fault_of_name(name); !fault.empty()) {
    return fail(ErrorCode::kInvalid, "\"" + name + "\" " + fault);
  }
  const auto place = parent / name;
  std::error_code is_absent;
  if (fs::exists(fs::symlink_status(place, is_absent))) return taken(place);
  Draft draft(parent);
  if (draft.path().empty()) return cannot("write in", parent, errno);
  fs::permissions(draft.path(), fs::perms(0755));
  for (const auto& file : files()) {
    if (file.kind != kind) continue;
    const auto path = draft.path() / replaced(std::string(file.path), "NAME", name);
    auto text = replaced(std::string(file.text), "@NAME@", name);
    text = replaced(std::move(text), "@CLASS@", class_name(name));
    if (const auto written = write(path, text); !written) return Unexpected(written.error());
  }
  return draft.move_to(place);
}

}  // namespace stampede::templates
