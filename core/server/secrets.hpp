// Values that came from outside the configuration, `${NAME}` or a `..._file` key, because nobody is
// to read them. Whatever text leaves the process is passed through redact() first.
//
// A plain value; const use is safe for concurrent use.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"

namespace stampede::server {

class Secrets {
 public:
  void add(std::string value);

  // `text` with every secret replaced by "<redacted>", longest first.
  std::string redact(std::string text) const;

 private:
  std::vector<std::string> values_;  // By falling length.
};

// A key whose name says that its value is a secret, however it was given: "password".
bool is_secret_name(std::string_view key);

// Replaces each `${NAME}` by the environment variable, and each `key_file: path` by `key:` with the
// file's text. A variable that is not set and a file that cannot be read are faults. What was
// filled in becomes a secret. `log.file` and other keys named just `file` stay as they are.
config::Tree resolve_secrets(const config::Tree& tree, Secrets& secrets, config::Faults& faults);

}  // namespace stampede::server
