#include "experiments/runner/run_folder.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <vector>

#include "experiments/report/result_file.hpp"

namespace stampede::runner {

namespace fs = std::filesystem;

namespace {

std::tm now_utc() {
  return fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
}

void point_latest_at(const fs::path& folder) {
  const auto results = folder.parent_path().parent_path();
  const auto link = results / "latest";
  const auto fresh = results / ".latest";
  std::error_code ignored;  // A convenience: a run is no worse without it.
  fs::remove(fresh, ignored);
  fs::create_directory_symlink(fs::relative(folder, results, ignored), fresh, ignored);
  fs::rename(fresh, link, ignored);
}

}  // namespace

std::string timestamp_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", now_utc()); }

Result<fs::path> make_run_folder(const fs::path& results, const std::string& experiment) {
  std::error_code error;
  const auto parent = results / experiment;
  fs::create_directories(parent, error);
  const auto name = fmt::format("{:%Y%m%d-%H%M%S}", now_utc());
  for (int i = 1; !error && i < 100; ++i) {
    auto folder = parent / (i == 1 ? name : fmt::format("{}-{}", name, i));
    if (fs::create_directory(folder, error)) return folder;
  }
  return fail(ErrorCode::kUnavailable, fmt::format("cannot make a folder for results in {}: {}",
                                                   parent.string(), error.message()));
}

Result<Found> find_resumable(const fs::path& results, const plan::Experiment& experiment) {
  std::vector<fs::path> runs;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(results / experiment.name, error)) {
    if (fs::exists(entry.path() / "run.json")) runs.push_back(entry.path());
  }
  if (runs.empty()) {
    return fail(ErrorCode::kInvalid, fmt::format("there is no run to resume in {}",
                                                 (results / experiment.name).string()));
  }
  const auto folder = *std::ranges::max_element(runs);
  auto found = report::read_result(folder / "run.json");
  if (!found) return Unexpected(found.error());
  const auto fresh = report::begin_result(experiment);
  const auto same_cell = [](const report::Cell& a, const report::Cell& b) {
    return a.name == b.name && a.server == b.server && a.load == b.load && a.data == b.data &&
           a.bench == b.bench;
  };
  if (found->seed != fresh.seed || found->blocks != fresh.blocks ||
      !std::ranges::equal(found->cells, fresh.cells, same_cell)) {
    return fail(ErrorCode::kInvalid,
                fmt::format("{} was another experiment (its cells, blocks or seed differ); run "
                            "without --resume to begin a new one",
                            folder.string()));
  }
  return Found{folder, std::move(*found)};
}

Result<void> save(const report::RunResult& result, const fs::path& folder) {
  if (auto written = report::write_file(folder / "run.json", report::to_json(result)); !written)
    return written;
  point_latest_at(folder);
  return {};
}

}  // namespace stampede::runner
