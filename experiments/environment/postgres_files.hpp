// Making the files of a private PostgreSQL cluster. What initdb writes is kept in the cache, by the
// version of the server, and copied: that takes a tenth of the time.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/environment/account.hpp"

namespace stampede::environment {

// The folder of `postgres` and `initdb`: $STAMPEDE_POSTGRES_BIN, else where Debian's postgresql-15
// puts them. kNotFound, with the package's name, when they are not there.
Result<std::filesystem::path> find_postgres();

struct ClusterFiles {
  std::filesystem::path programs;
  std::filesystem::path folder;    // Exists; gets `data`, and the socket.
  std::optional<Account> account;  // Who the server runs as.
  int port = 0;
  bool fsync = true;
  std::vector<std::pair<std::string, std::string>> settings;  // Win over the bench's own.
};

inline constexpr char kSuperuser[] = "postgres";

// The superuser comes in by the socket, which only the account can reach; everyone else by TCP with
// a password.
Result<void> make_cluster(const ClusterFiles& files);

// Settings that belong to the bench, so that nobody else may set them.
const std::vector<std::string>& reserved_settings();

}  // namespace stampede::environment
