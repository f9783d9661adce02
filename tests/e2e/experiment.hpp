// Experiments small enough for a test, and running them through the real `stampede`.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/support.hpp"

namespace stampede::e2e {

// Two cells, "memory" and "sqlite", of less than a second each; `more` is added at the end.
inline std::string tiny_experiment(const std::string& more,
                                   const std::string& times = "warmup: 200ms, duration: 500ms") {
  return "experiment: tiny\n"
         "base: {server: {workers: 8}, lock: {use: per_user, timeout: 20s}}\n"
         "data: {users: 50, products: 3, stock: 1000000}\n"
         "load: {executor: constant-vus, vus: 4, " +
         times +
         ", mix: {order: 100}}\n"
         "variants:\n"
         "  memory: {store: {use: memory}}\n"
         "  sqlite: {store: {use: sqlite}}\n" +
         more + "\n";
}

inline std::vector<std::string> run_arguments(const Folder& folder, const std::string& yaml,
                                              const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"run", folder.write("experiment.yaml", yaml).string(),
                                     "--results", (folder.path() / "results").string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

inline Ended run_experiment(const Folder& folder, const std::string& yaml,
                            const std::vector<std::string>& more = {}) {
  return run(folder, "stampede", run_arguments(folder, yaml, more));
}

}  // namespace stampede::e2e
