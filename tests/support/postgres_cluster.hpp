// A private PostgreSQL server for one test program: its data lies in a directory of its own, it
// listens on a socket in there and on no port, and it ends with the program, however that ends. It
// does not force anything to disk.
//
// Started by the first who asks; safe for concurrent use after that.

#pragma once

#include <string>

namespace stampede::testing {

class PostgresCluster {
 public:
  // The server of this program; its first use takes about half a second.
  static PostgresCluster& instance();

  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  // Why there is none: "" when it runs. For GTEST_SKIP.
  const std::string& missing() const { return missing_; }

  // For the option `url`.
  std::string url() const;
  // The name of a schema that nobody has used yet.
  std::string fresh_schema();

  // Ends the server at once, as a crash would, and starts it again on the same data.
  void stop();
  void start();

 private:
  PostgresCluster();
  ~PostgresCluster();

  std::string missing_;
  std::string programs_;   // Their directory.
  std::string directory_;  // Data and socket.
  int process_ = -1;
};

}  // namespace stampede::testing
