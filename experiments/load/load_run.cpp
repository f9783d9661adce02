#include "experiments/load/load_run.hpp"

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "experiments/load/engine.hpp"
#include "experiments/load/schedule.hpp"

namespace stampede::load {

namespace {

constexpr auto kConnectTimeout = std::chrono::seconds(5);

std::string where(const Target& target) { return target.host + ":" + std::to_string(target.port); }

// Resolves the host and proves that one of its addresses accepts a connection.
Result<Tcp::endpoint> find(const Target& target) {
  asio::io_context io{1};
  boost::system::error_code error;
  Tcp::resolver resolver(io);
  const auto found = resolver.resolve(target.host, std::to_string(target.port), error);
  if (error) {
    return fail(ErrorCode::kUnavailable,
                "cannot resolve the host \"" + target.host + "\": " + error.message());
  }
  Tcp::socket socket(io);
  Tcp::endpoint reached;
  error = asio::error::timed_out;
  asio::async_connect(socket, found,
                      [&](const boost::system::error_code& outcome, const Tcp::endpoint& endpoint) {
                        error = outcome;
                        reached = endpoint;
                      });
  io.run_for(kConnectTimeout);
  if (error) {
    return fail(ErrorCode::kUnavailable,
                "cannot connect to " + where(target) + ": " + error.message());
  }
  return reached;
}

}  // namespace

struct LoadRun::Shared {
  LoadPlan plan;
  std::atomic<bool> stop{false};
  std::atomic<bool> finished{false};
  mutable std::mutex mutex;
  LoadProgress progress;  // Guarded by the mutex.
  Result<LoadResult> result = fail(ErrorCode::kInternal, "the load has not run");
  std::thread thread;

  void run(const std::shared_ptr<const JourneyBook>& book, const Tcp::endpoint& endpoint) {
    try {
      Engine engine(plan, book, endpoint, stop, [this](const LoadProgress& now) {
        const std::lock_guard lock(mutex);
        progress = now;
      });
      result = engine.run();
    } catch (const std::exception& error) {  // The edge of this thread.
      result = fail(ErrorCode::kInternal, std::string("the load broke off: ") + error.what());
    }
    finished.store(true, std::memory_order_release);
  }
};

LoadRun::LoadRun(std::unique_ptr<Shared> shared) : shared_(std::move(shared)) {}

Result<std::unique_ptr<LoadRun>> LoadRun::start(LoadPlan plan) {
  auto book = JourneyBook::compile(plan);
  if (!book) return tl::unexpected(book.error());
  const auto endpoint = find(plan.target);
  if (!endpoint) return tl::unexpected(endpoint.error());
  auto shared = std::make_unique<Shared>();
  shared->progress.planned = planned_length(plan);
  shared->progress.warming_up = plan.warmup.count() > 0;
  shared->plan = std::move(plan);
  auto& running = *shared;
  running.thread = std::thread([&running, endpoint = *endpoint,
                                ready = std::make_shared<const JourneyBook>(std::move(*book))] {
    running.run(ready, endpoint);
  });
  return std::unique_ptr<LoadRun>(new LoadRun(std::move(shared)));
}

LoadRun::~LoadRun() {
  stop();
  if (shared_->thread.joinable()) shared_->thread.join();
}

LoadProgress LoadRun::progress() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->progress;
}

bool LoadRun::finished() const { return shared_->finished.load(std::memory_order_acquire); }

void LoadRun::stop() noexcept { shared_->stop.store(true, std::memory_order_relaxed); }

Result<LoadResult> LoadRun::wait() {
  if (shared_->thread.joinable()) shared_->thread.join();
  return std::move(shared_->result);
}

Result<LoadResult> run_load(LoadPlan plan, const std::stop_token& stop) {
  auto run = LoadRun::start(std::move(plan));
  if (!run) return tl::unexpected(run.error());
  const std::stop_callback on_stop(stop, [&run] { (*run)->stop(); });
  return (*run)->wait();
}

}  // namespace stampede::load
