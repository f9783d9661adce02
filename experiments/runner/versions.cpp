#include "experiments/runner/versions.hpp"

#include <fmt/core.h>

#include <boost/version.hpp>

#include "experiments/runner/git_commit.hpp"  // Written by each build.

namespace stampede::runner {

std::string git_commit() { return STAMPEDE_GIT_COMMIT; }

std::vector<std::pair<std::string, std::string>> versions() {
  return {{"stampede", STAMPEDE_VERSION},
          {"build", STAMPEDE_BUILD_TYPE},
          {"g++", fmt::format("{}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__)},
          {"boost", fmt::format("{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000)}};
}

bool built_with_sanitizers() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

}  // namespace stampede::runner
