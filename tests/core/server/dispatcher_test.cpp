// The dispatcher: overload, recovery, deadlines and what goes on beside blocked workers. Workers
// are blocked by a lock strategy that waits until it is told to go on.

#include "core/server/dispatcher.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/pipeline/simulated_payments.hpp"
#include "core/pipeline/system_sources.hpp"
#include "core/plugin/catalog.hpp"

namespace stampede::server {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kPatience{30};
constexpr std::string_view kOrder = R"({"userId":1,"items":[{"productId":1,"quantity":1}]})";

// Holds every execution back until it is opened.
class GateLock final : public LockStrategy {
 public:
  bool runs_on(const Store&) const override { return true; }
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    {
      std::unique_lock lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      if (!changed_.wait_for(lock, kPatience, [this] { return open_; })) {
        return fail(ErrorCode::kInternal, "the gate was never opened");
      }
    }
    return store.transact({}, operation, context);
  }
  bool wait_for(int waiting) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return waiting_ >= waiting; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

class PromiseSink final : public Responder::Sink {
 public:
  void send(HttpResponse response) noexcept override { promise.set_value(std::move(response)); }
  std::promise<HttpResponse> promise;
};

class DispatcherTest : public testing::Test, private telemetry::Instruments {
 protected:
  static constexpr std::size_t kWorkers = 3;
  static constexpr std::size_t kQueue = 2;

  void SetUp() override {
    ASSERT_TRUE(store_->seed({.users = 1,
                              .balance = Money{1'000'000},
                              .products = 1,
                              .stock = 1'000,
                              .price = Money{1}}));
    start({.workers = kWorkers, .queue = kQueue, .timeout = kPatience});
  }
  // A failed test must not wait for its blocked workers.
  void TearDown() override { gate_.open(); }

  void start(const DispatcherOptions& options) {
    dispatcher_ = std::make_unique<Dispatcher>(api_, recorder_, *log_, options);
  }

  std::future<HttpResponse> send(std::string_view method, std::string_view path,
                                 std::string_view body = "",
                                 steady_clock::time_point received = steady_clock::now()) {
    auto sink = std::make_shared<PromiseSink>();
    auto future = sink->promise.get_future();
    dispatcher_->handle({.method = method,
                         .path = path,
                         .query = {},
                         .headers = {},
                         .body = body,
                         .remote = "127.0.0.1:1",
                         .received = received},
                        Responder(sink));
    return future;
  }
  static HttpResponse answered(std::future<HttpResponse>& future) {
    if (future.wait_for(kPatience) != std::future_status::ready) {
      ADD_FAILURE() << "no answer in time";
      return {.status = 0};
    }
    return future.get();
  }
  HttpResponse ask(std::string_view path) {
    auto future = send("GET", path);
    return answered(future);
  }

  // Blocks every worker and fills the queue; returns what will be answered once the gate opens.
  std::vector<std::future<HttpResponse>> saturate() {
    std::vector<std::future<HttpResponse>> accepted;
    for (std::size_t i = 0; i < kWorkers; ++i) accepted.push_back(send("POST", "/orders", kOrder));
    EXPECT_TRUE(gate_.wait_for(static_cast<int>(kWorkers)));
    for (std::size_t i = 0; i < kQueue; ++i) accepted.push_back(send("POST", "/orders", kOrder));
    return accepted;
  }

  telemetry::Load load() const override { return dispatcher_->load(); }
  telemetry::Readings read(Span) const override {
    return {.names = &recorder_.names(),
            .requests = recorder_.total(),
            .store = store_->stats(),
            .load = load()};
  }
  void start_window() override { recorder_.start_window(); }

  plugin::Catalog catalog_{{STAMPEDE_PLUGIN_DIR}};
  std::unique_ptr<Store> store_ = std::move(catalog_.create<Store>("memory").value());
  GateLock gate_;
  pipeline::SystemClock clock_;
  pipeline::UuidGenerator ids_{clock_, 1};
  pipeline::SimulatedPayments payments_{{}};
  pipeline::Pipeline pipeline_{*store_, gate_, payments_, clock_, ids_, {}};
  telemetry::RequestRecorder recorder_{http::request_names()};
  std::unique_ptr<telemetry::Log> log_ =
      std::move(telemetry::Log::open({.level = telemetry::LogLevel::kOff}).value());
  http::Api api_{{pipeline_, *store_, *this}, {.admin = true, .seed = 1}};
  std::unique_ptr<Dispatcher> dispatcher_;
};

std::string header(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST_F(DispatcherTest, AnswersOverloadAtOnceAndRecovers) {
  auto accepted = saturate();
  EXPECT_EQ(dispatcher_->load().in_flight, static_cast<std::int64_t>(kWorkers + kQueue));
  EXPECT_EQ(dispatcher_->load().queued, static_cast<std::int64_t>(kQueue));
  for (int i = 0; i < 10; ++i) {
    auto refused = send("POST", "/orders", kOrder);
    // On the caller's own thread: it is there before handle() returns.
    ASSERT_EQ(refused.wait_for(seconds(0)), std::future_status::ready);
    const auto response = refused.get();
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(header(response, "Retry-After"), "1");
    EXPECT_NE(response.body.find("\"code\":\"OVERLOADED\""), std::string::npos);
    EXPECT_FALSE(header(response, "X-Correlation-Id").empty());
  }
  gate_.open();
  for (auto& future : accepted) EXPECT_EQ(answered(future).status, 201);
  EXPECT_TRUE(dispatcher_->wait_until_quiet(steady_clock::now() + kPatience));
  auto after = send("POST", "/orders", kOrder);
  EXPECT_EQ(answered(after).status, 201);
}

TEST_F(DispatcherTest, AnswersHealthAndMetricsWhileAllWorkersAreBlocked) {
  auto accepted = saturate();
  EXPECT_EQ(ask("/healthz").status, 200);
  EXPECT_EQ(ask("/readyz").status, 200);
  EXPECT_NE(ask("/metrics").body.find("\nstampede_queue_depth 2\n"), std::string::npos);
  EXPECT_EQ(ask("/admin/stats").status, 200);
  EXPECT_EQ(
      ask("/admin/quiet").body,
      R"({"quiet":false,"inFlight":5,"queued":2,"outbox":0,"lag":0,"openSagas":0,"events":0})");
  EXPECT_EQ(ask("/nothing").status, 404);
  EXPECT_FALSE(dispatcher_->wait_until_quiet(steady_clock::now()));
  gate_.open();
  for (auto& future : accepted) EXPECT_EQ(answered(future).status, 201);
  EXPECT_TRUE(dispatcher_->wait_until_quiet(steady_clock::now() + kPatience));
  EXPECT_EQ(
      ask("/admin/quiet").body,
      R"({"quiet":true,"inFlight":0,"queued":0,"outbox":0,"lag":0,"openSagas":0,"events":0})");
}

TEST_F(DispatcherTest, RunsNothingForARequestWhoseDeadlineHasPassed) {
  gate_.open();
  auto late = send("POST", "/orders", kOrder, steady_clock::now() - 2 * kPatience);
  const auto response = answered(late);
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("\"code\":\"TIMEOUT\""), std::string::npos);
  EXPECT_NE(header(response, "Server-Timing").find("queue;dur=60"), std::string::npos);
  EXPECT_EQ(store_->read_view(steady_clock::now() + kPatience)
                .value()
                ->product(ProductId{1})
                .value()
                ->stock,
            1'000);
}

TEST_F(DispatcherTest, CountsTheTimeInTheQueueAsAPhase) {
  auto accepted = saturate();
  gate_.open();
  for (auto& future : accepted) {
    EXPECT_NE(header(answered(future), "Server-Timing").find("queue;dur="), std::string::npos);
  }
}

TEST_F(DispatcherTest, RecordsEachAnswerBeforeItIsSent) {
  gate_.open();
  auto order = send("POST", "/orders", kOrder);
  answered(order);
  auto bad = send("POST", "/orders", "{}");
  answered(bad);
  ask("/nothing");
  std::string seen;
  for (const auto& series : recorder_.window().latencies) {
    seen += std::string(recorder_.names().routes[series.route]) + "=" +
            std::string(recorder_.names().outcomes[series.outcome]) + " ";
  }
  EXPECT_EQ(seen, "POST /orders=OK POST /orders=INVALID unmatched=ROUTE_NOT_FOUND ");
}

TEST_F(DispatcherTest, AnswersEverythingThatIsQueuedWhenItIsDestroyed) {
  auto accepted = saturate();
  gate_.open();
  dispatcher_.reset();
  for (auto& future : accepted) EXPECT_EQ(answered(future).status, 201);
}

}  // namespace
}  // namespace stampede::server
