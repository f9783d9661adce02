#include "tests/e2e/support.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

namespace stampede::e2e {

namespace fs = std::filesystem;

Folder::Folder() {
  auto name = (fs::temp_directory_path() / "stampede-e2e-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path Folder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name) << text;
  return path_ / name;
}

std::string read_text(const fs::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;  // A process that ends while its file is read is no exception here.
  text << stream.rdbuf();
  return text.str();
}

Program::Program(const Folder& folder, const std::string& name, std::vector<std::string> arguments)
    : log_(folder.path() / (name + ".err")),
      process_((fs::remove(log_),  // The log is appended to; each program begins its own.
                environment::Process::start({.program = fs::path(STAMPEDE_BINARY_DIR) / name,
                                             .arguments = std::move(arguments),
                                             .log = log_}))) {
  // Without the program nothing here means anything.
  if (!process_) throw std::runtime_error(process_.error().message);
}

Ended Program::end() {
  Ended ended;
  const auto deadline = Clock::now() + kPatience;
  for (;;) {
    const auto line = process_->read_line(deadline);
    if (!line) break;
    ended.out += *line + "\n";
  }
  const auto status = process_->wait(deadline);
  EXPECT_TRUE(status) << "it did not end:\n" << ended.out << error();
  ended.status = status.value_or(environment::ExitStatus{.code = -1});
  ended.error = error();
  return ended;
}

Ended run(const Folder& folder, const std::string& name, std::vector<std::string> arguments) {
  return Program(folder, name, std::move(arguments)).end();
}

std::vector<pid_t> processes_naming(const fs::path& path) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const auto name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size() || pid == ::getpid()) continue;
    const auto command = read_text(entry.path() / "cmdline");
    if (command.find(path.string()) != std::string::npos) found.push_back(pid);
  }
  return found;
}

}  // namespace stampede::e2e
