// What the store tests share: a store made by name through the Catalog, a small seed, and
// operations made from lambdas.

#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/api/store.hpp"
#include "core/plugin/catalog.hpp"
#include "experiments/check/store_rows.hpp"

namespace stampede::testing {

using namespace std::chrono_literals;

// Far enough away that reaching it means that something hangs.
inline Deadline far_deadline() { return Clock::now() + 60s; }

// A directory of this test's own, removed when it ends.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "stampede-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline plugin::Catalog& catalog() {
  static plugin::Catalog instance({STAMPEDE_PLUGIN_DIR});
  return instance;
}

inline Result<std::unique_ptr<Store>> open_store(const std::string& name,
                                                 const plugin::Settings& settings = {}) {
  return catalog().create<Store>(name, settings);
}

using check::at;
using check::make_grant;
using check::make_order;
using check::order_id;
using check::small_seed;
using check::Work;

inline Result<Outcome> run(Store& store, const TransactionOptions& options, Work::Body body,
                           Deadline deadline = far_deadline()) {
  Work operation(std::move(body));
  Phases phases;
  Context context{deadline, phases};
  return store.transact(options, operation, context);
}

inline Result<Outcome> run(Store& store, Work::Body body) {
  return run(store, TransactionOptions{}, std::move(body));
}

inline std::unique_ptr<ReadView> view_of(Store& store) {
  auto view = store.read_view(far_deadline());
  EXPECT_TRUE(view) << view.error().message;
  return std::move(*view);
}

}  // namespace stampede::testing
