#include "plugins/stores/sqlite/schema.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "plugins/stores/sqlite/rows.hpp"

namespace stampede::stores::sqlite {

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error("sqlite store '" + path + "': " + why);
}

std::string system_error(int number) { return std::generic_category().message(number); }

// Whoever holds a lock wrote its process id into the file.
std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const auto size = ::pread(descriptor, text.data(), text.size(), 0);
  return size <= 0 ? "another process"
                   : "process " + std::string(text.data(), static_cast<std::size_t>(size));
}

// Throws unless a query came to its end.
struct Must {
  Connection& connection;
  const std::string& path;

  template <typename Row>
  void run(Query query, Row row) const {
    check(query, connection.run(query, row));
  }
  template <typename... Parameters>
  void write(Query query, const Parameters&... parameters) const {
    check(query, connection.write(query, parameters...));
  }

 private:
  void check(Query query, int code) const {
    if (code != SQLITE_DONE) refuse(path, connection.error(code, query).message);
  }
};

// 0 for an empty file.
std::int64_t version_of(const Must& must) {
  std::int64_t tables = 0;
  std::int64_t versioned = 0;
  must.run(Query::kTables, [&](SQLite::Statement& row) {
    tables = integer(row, 0);
    versioned = integer(row, 1);
  });
  if (tables == 0) {
    must.connection.script(Query::kSchemaVersionCreate);
  } else if (versioned == 0) {
    refuse(must.path, "it is the database of another program (it has no table schema_version)");
  }
  std::int64_t version = 0;
  must.run(Query::kSchemaVersionRead, [&](SQLite::Statement& row) { version = integer(row, 0); });
  return version;
}

void migrate(const Must& must, std::span<const NamedText> migrations) {
  const auto newest = std::ssize(migrations);
  auto version = version_of(must);
  if (version > newest) {
    refuse(must.path, "its schema has version " + std::to_string(version) +
                          ", this program knows versions up to " + std::to_string(newest) +
                          "; use a newer program, or another file");
  }
  while (version < newest) {
    const auto& migration = migrations[static_cast<std::size_t>(version)];
    try {
      must.connection.script(migration.text);
    } catch (const SQLite::Exception& error) {
      refuse(must.path, std::string("migration ") + migration.name + " failed: " + error.what());
    }
    ++version;
    must.write(Query::kSchemaVersionWrite, version);
  }
}

}  // namespace

FileLock::FileLock(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!directory.empty()) std::filesystem::create_directories(directory, error);
  if (error) refuse(path, "cannot create its directory: " + error.message());
  const auto lock_path = path + ".lock";
  descriptor_ = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) refuse(path, "cannot open " + lock_path + ": " + system_error(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int number = errno;
    const auto who = holder(descriptor_);
    ::close(descriptor_);
    if (number != EWOULDBLOCK) refuse(path, "cannot lock it: " + system_error(number));
    refuse(path, "it is in use by " + who + "; one store at a time may have it");
  }
  const auto id = std::to_string(::getpid());
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, id.data(), id.size(), 0) < 0) {
    const int number = errno;
    ::close(descriptor_);
    refuse(path, "cannot write " + lock_path + ": " + system_error(number));
  }
}

FileLock::~FileLock() { ::close(descriptor_); }

void prepare_schema(Connection& connection, const std::string& path,
                    std::span<const NamedText> migrations) {
  const Must must{connection, path};
  if (sqlite3_db_readonly(connection.handle(), "main") == 1) refuse(path, "it is read-only");
  std::string mode;
  must.run(Query::kJournalModeWal,
           [&](SQLite::Statement& row) { mode = row.getColumn(0).getString(); });
  if (mode != "wal") refuse(path, "it cannot use a write-ahead log (it uses '" + mode + "')");
  must.write(Query::kBeginWrite);
  migrate(must, migrations);
  must.write(Query::kCommit);
}

void set_indexes(Connection& connection, const Options& options) {
  const auto set = [&](bool wanted, Query create, Query drop) {
    connection.script(wanted ? create : drop);
  };
  set(options.index_cart_items_cart_id, Query::kIndexCartItemsCartIdCreate,
      Query::kIndexCartItemsCartIdDrop);
  set(options.index_user_coupons_user_coupon, Query::kIndexUserCouponsUserCouponCreate,
      Query::kIndexUserCouponsUserCouponDrop);
  set(options.index_orders_user_created, Query::kIndexOrdersUserCreatedCreate,
      Query::kIndexOrdersUserCreatedDrop);
  set(options.index_orders_status_created, Query::kIndexOrdersStatusCreatedCreate,
      Query::kIndexOrdersStatusCreatedDrop);
  set(options.index_order_items_product, Query::kIndexOrderItemsProductCreate,
      Query::kIndexOrderItemsProductDrop);
  set(options.index_popular_covering, Query::kIndexOrderItemsPopularCreate,
      Query::kIndexOrderItemsPopularDrop);
}

}  // namespace stampede::stores::sqlite
