#include "core/server/dispatcher.hpp"

#include <utility>

namespace stampede::server {

namespace {

using http::Lane;
using std::chrono::steady_clock;

// Few: they answer operators and the bench, not customers.
constexpr std::size_t kThreadsBeside = 2;
constexpr std::size_t kQueueBeside = 256;
// What they do is bounded by the store, not by a customer's patience.
constexpr std::chrono::seconds kTimeoutBeside{60};

}  // namespace

Dispatcher::Dispatcher(http::Api& api, telemetry::RequestRecorder& recorder, telemetry::Log& log,
                       const DispatcherOptions& options)
    : api_(api),
      recorder_(recorder),
      log_(log),
      timeout_(options.timeout),
      beside_(kThreadsBeside, kQueueBeside, [this](Job& job) { run_beside(job); }),
      workers_(options.workers, options.queue, [this](Job& job) { run_on_worker(job); }) {}

void Dispatcher::handle(const HttpRequest& request, Responder responder) {
  Job job{request, api_.match(request), std::move(responder)};
  if (job.match.kind != http::RouteMatch::Kind::kFound) {
    std::string made;
    answer(job, http::Api::answer_unmatched(job.match), api_.correlation_of(request, made), {});
    return;
  }
  switch (http::routes()[job.match.route].lane) {
    case Lane::kInline: {
      Phases phases;
      Context context{request.received + timeout_, phases};
      run(job, context);
      return;
    }
    case Lane::kBeside:
      if (!beside_.try_submit(std::move(job))) answer_overload(job);
      return;
    case Lane::kWorker:
      in_flight_.fetch_add(1, std::memory_order_relaxed);
      if (!workers_.try_submit(std::move(job))) {
        answer_overload(job);
        leave();
      }
      return;
  }
}

void Dispatcher::run_on_worker(Job& job) {
  Phases phases;
  phases.add(Phase::kQueue, steady_clock::now() - job.request.received);
  Context context{job.request.received + timeout_, phases};
  run(job, context);
  leave();
}

void Dispatcher::run_beside(Job& job) {
  Phases phases;
  Context context{steady_clock::now() + kTimeoutBeside, phases};
  run(job, context);
}

void Dispatcher::run(Job& job, Context& context) {
  std::string made;
  const auto correlation = api_.correlation_of(job.request, made);
  if (steady_clock::now() >= context.deadline) {
    answer(
        job,
        http::refuse({ErrorCode::kTimeout, "The request waited for a worker until its deadline"}),
        correlation, context.phases);
    return;
  }
  answer(job, api_.answer(job.request, job.match, context, correlation), correlation,
         context.phases);
}

void Dispatcher::answer_overload(Job& job) {
  std::string made;
  answer(job, http::refuse({ErrorCode::kOverloaded, "The queue for workers is full"}),
         api_.correlation_of(job.request, made), {});
}

// Recorded before it is sent: whoever has the answer finds it in the statistics.
void Dispatcher::answer(Job& job, http::Answer answer, std::string_view correlation,
                        const Phases& phases) {
  const auto outcome = http::outcome_index(answer);
  const auto route = http::route_index(job.match);
  const bool failed =
      answer.problem != nullptr && answer.problem->kind == http::ProblemType::Kind::kFailure;
  const auto internal = log_.wants(correlation, failed) ? answer.internal : std::string();
  auto response = http::respond(std::move(answer), correlation, phases,
                                {.server_started = started_, .received = job.request.received});
  const auto latency = steady_clock::now() - job.request.received;
  // The phases of the sale are measured, not those of whoever looks at it.
  const bool on_worker =
      route < http::routes().size() && http::routes()[route].lane == Lane::kWorker;
  recorder_.record({.route = route,
                    .outcome = outcome,
                    .latency = latency,
                    .phases = on_worker ? phases : Phases()});
  log_.request({.correlation = correlation,
                .method = job.request.method,
                .route = recorder_.names().routes[route],
                .status = response.status,
                .outcome = recorder_.names().outcomes[outcome],
                .failed = failed,
                .message = internal,
                .latency = latency,
                .phases = phases});
  job.responder.send(std::move(response));
}

void Dispatcher::leave() {
  if (in_flight_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  // Taken so that a waiter is not between its check and its wait.
  const std::lock_guard lock(quiet_mutex_);
  quiet_.notify_all();
}

telemetry::Load Dispatcher::load() const {
  return {.in_flight = in_flight_.load(std::memory_order_acquire),
          .queued = static_cast<std::int64_t>(workers_.queued()),
          .queue_capacity = static_cast<std::int64_t>(workers_.capacity()),
          .workers = static_cast<std::int64_t>(workers_.workers())};
}

bool Dispatcher::wait_until_quiet(steady_clock::time_point deadline) {
  std::unique_lock lock(quiet_mutex_);
  return quiet_.wait_until(lock, deadline,
                           [this] { return in_flight_.load(std::memory_order_acquire) == 0; });
}

}  // namespace stampede::server
