// Makes a file ready for the store: exclusive to this process, at the newest version of the schema,
// with the indexes that the options ask for.

#pragma once

#include <span>
#include <string>

#include "plugins/stores/sqlite/connection.hpp"

namespace stampede::stores::sqlite {

// Holds "<path>.lock" for its lifetime. The kernel lets go of it when the process ends, however it
// ends, so that a restart after a crash finds the way free. Creates the directory when it is
// missing. Throws std::runtime_error when another store has the file.
class FileLock {
 public:
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

// Switches to the write-ahead log and applies the migrations that the file lacks, all or none.
// Throws std::runtime_error for the database of another program and for one of a newer version, and
// SQLite::Exception for what SQLite itself refuses.
void prepare_schema(Connection& connection, const std::string& path,
                    std::span<const NamedText> migrations = kMigrations);

// Creates and drops indexes. Throws SQLite::Exception.
void set_indexes(Connection& connection, const Options& options);

}  // namespace stampede::stores::sqlite
