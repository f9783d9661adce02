#include "experiments/load/engine.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <exception>

namespace stampede::load {

namespace {

constexpr std::size_t kBurst = 64;  // Arrivals sent before answers get a turn.

template <typename Handler>
class ParkedHandler final : public Parked {
 public:
  explicit ParkedHandler(Handler&& handler) : handler_(std::move(handler)) {}
  void resume() override { std::move(handler_)(); }

 private:
  Handler handler_;
};

// What leaves a coroutine leaves run().
void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

Duration house_period(const LoadPlan& plan) {
  return std::clamp<Duration>(plan.timeout / 20, std::chrono::milliseconds(5),
                              std::chrono::milliseconds(20));
}

}  // namespace

auto Engine::park(Vu& vu) {
  return asio::async_initiate<const asio::use_awaitable_t<IoExecutor>&, void()>(
      [&vu](auto handler) {
        vu.parked = std::make_unique<ParkedHandler<decltype(handler)>>(std::move(handler));
      },
      kUse);
}

void Engine::resume(Vu& vu) {
  if (const auto parked = std::move(vu.parked)) parked->resume();
}

Engine::Engine(const LoadPlan& plan, std::shared_ptr<const JourneyBook> book,
               std::vector<Tcp::endpoint> endpoints, const std::atomic<bool>& stop,
               std::function<void(const LoadProgress&)> publish)
    : plan_(plan),
      book_(std::move(book)),
      endpoints_(std::move(endpoints)),
      stop_(stop),
      publish_(std::move(publish)),
      open_(is_open(plan.executor)),
      end_(planned_length(plan)),
      idle_(endpoints_.size() / plan.groups),
      recorder_(*book_, plan.warmup, planned_length(plan)),
      ledger_(book_) {}

LoadResult Engine::run() {
  prctl(PR_SET_TIMERSLACK, 1);  // Of this thread: sleeping is then precise to some 25 us.
  thread_timer_ = std::make_unique<ThreadTimer>();
  const auto first = open_ ? plan_.pre_allocated_vus : vu_steps_of(plan_).front().vus;
  for (std::int64_t i = 0; i < first; ++i) spawn_vu();
  asio::co_spawn(io_.get_executor(), control(), rethrow);
  asio::co_spawn(io_.get_executor(), housekeep(), rethrow);
  io_.run();
  return collect();
}

void Engine::spawn_vu() {
  const auto index = vus_.size();
  const auto instances = idle_.size();
  auto& vu = *vus_.emplace_back(
      std::make_unique<Vu>(io_, static_cast<std::int64_t>(index), index % instances));
  vu.links.reserve(plan_.groups);
  for (std::size_t group = 0; group < plan_.groups; ++group) {
    vu.links.emplace_back(io_, endpoints_[group * instances + vu.instance]);
  }
  ++live_vus_;
  asio::co_spawn(io_.get_executor(), live(vu), rethrow);
}

Task<void> Engine::live(Vu& vu) {
  co_await connect_all(vu);  // A failure shows again, and counts, at the first request.
  ++ready_vus_;
  if (!started_ && ready_vus_ == static_cast<std::int64_t>(vus_.size())) control_timer_.cancel();
  if (open_) {
    co_await serve_arrivals(vu);
  } else {
    co_await loop(vu);
  }
  close_all(vu);
  --live_vus_;
  note_vus();
  if (live_vus_ == 0) control_timer_.cancel();
}

Task<void> Engine::loop(Vu& vu) {
  while (!ended_) {
    if (!started_ || vu.index >= target_vus_) {
      co_await park(vu);
      continue;
    }
    const auto intended = now();
    if (intended >= end_ || !take_iteration(vu)) break;
    co_await iterate(vu, intended);
    if (plan_.think.max.count() > 0) co_await think(vu);
  }
}

bool Engine::take_iteration(Vu& vu) {
  switch (plan_.executor) {
    case ExecutorKind::kPerVuIterations:
      return vu.iterations_done++ < plan_.iterations;
    case ExecutorKind::kSharedIterations:
      return next_iteration_ < static_cast<std::uint64_t>(plan_.iterations);
    default:
      return true;
  }
}

Task<void> Engine::think(Vu& vu) {
  if (ended_) co_return;
  // From a stream of its own: the next iteration's values do not depend on it.
  Random random(~plan_.seed, vu.values.iteration);
  const Duration wanted(random.between(plan_.think.min.count(), plan_.think.max.count()));
  recorder_.thought(wanted);
  boost::system::error_code cancelled;  // At the end, by finish().
  vu.timer.expires_after(wanted);
  co_await vu.timer.async_wait(asio::redirect_error(kUse, cancelled));
}

Task<void> Engine::serve_arrivals(Vu& vu) {
  while (!ended_) {
    if (!backlog_.empty()) {
      vu.arrival = backlog_.front();
      backlog_.pop_front();
    } else {
      idle_[vu.instance].push_back(&vu);
      co_await park(vu);
    }
    const auto arrival = std::exchange(vu.arrival, std::nullopt);
    if (!arrival) continue;
    ++busy_vus_;
    note_vus();
    co_await iterate(vu, *arrival);
    --busy_vus_;
    note_vus();
  }
}

void Engine::note_vus() {
  const auto count = open_ ? busy_vus_ : std::min(target_vus_, live_vus_);
  recorder_.vus(now(), count);
}

Task<void> Engine::sleep_until(Steady::time_point when) {
  boost::system::error_code cancelled;
  control_timer_.expires_at(when);
  co_await control_timer_.async_wait(asio::redirect_error(kUse, cancelled));
}

Task<void> Engine::control() {
  while (!ended_ && ready_vus_ < static_cast<std::int64_t>(vus_.size())) {
    co_await sleep_until(Steady::time_point::max());
  }
  start_ = Steady::now();
  slot_began_ = start_;
  slot_used_ = thread_timer_->read();
  started_ = true;
  if (open_) {
    co_await dispatch();
  } else {
    co_await ramp();
  }
  // What an open load's last arrivals and a closed load's users still do is theirs to finish.
  while (!ended_ && live_vus_ > 0 && now() < end_) co_await sleep_until(start_ + end_);
  if (!ended_) finish();
  control_done_ = true;
}

Task<void> Engine::ramp() {
  for (const auto& step : vu_steps_of(plan_)) {
    if (now() < step.offset) co_await sleep_until(start_ + step.offset);
    if (ended_) co_return;
    set_target(step.vus);
  }
}

void Engine::set_target(std::int64_t vus) {
  target_vus_ = vus;
  const auto known = static_cast<std::int64_t>(vus_.size());
  for (std::int64_t i = 0; i < std::min(vus, known); ++i) {
    resume(*vus_[static_cast<std::size_t>(i)]);
  }
  for (auto i = known; i < vus; ++i) spawn_vu();
  note_vus();
}

Task<void> Engine::dispatch() {
  auto schedule = arrivals_of(plan_);
  auto next = schedule.next();
  while (next && !ended_) {
    const auto due = start_ + *next;
    if (Steady::now() < due - plan_.spin) co_await sleep_until(due - plan_.spin);
    while (!ended_ && Steady::now() < due) co_await asio::post(io_.get_executor(), kUse);
    for (std::size_t sent = 0; next && sent < kBurst && !ended_; ++sent) {
      const auto moment = now();
      if (*next > moment) break;
      if (recorder_.in_window(*next)) health_.arrival(moment - *next);
      arrive(*next);
      next = schedule.next();
    }
    if (next && Steady::now() >= start_ + *next) co_await asio::post(io_.get_executor(), kUse);
  }
}

// Of the instance whose turn it is, else of the next one that has an idle user; null when all are
// busy.
Vu* Engine::take_idle() {
  for (std::size_t i = 0; i < idle_.size(); ++i) {
    const auto instance = (next_instance_ + i) % idle_.size();
    if (idle_[instance].empty()) continue;
    auto* const vu = idle_[instance].back();
    idle_[instance].pop_back();
    next_instance_ = (instance + 1) % idle_.size();
    return vu;
  }
  return nullptr;
}

void Engine::arrive(Duration intended) {
  if (auto* const vu = take_idle()) {
    vu->arrival = intended;
    resume(*vu);
    return;
  }
  if (static_cast<std::int64_t>(vus_.size()) < plan_.max_vus) {
    spawn_vu();  // It takes its arrival from the backlog once it is connected.
  } else if (static_cast<std::int64_t>(backlog_.size()) >= plan_.backlog) {
    if (recorder_.in_window(intended)) health_.dropped(1);
    return;
  }
  backlog_.push_back(intended);
}

Task<void> Engine::housekeep() {
  const auto period = house_period(plan_);
  boost::system::error_code ignored;  // Nobody cancels this timer.
  while (live_vus_ > 0 || !control_done_) {
    house_timer_.expires_after(period);
    co_await house_timer_.async_wait(asio::redirect_error(kUse, ignored));
    const auto moment = Steady::now();
    if (!ended_ && stop_.load(std::memory_order_relaxed)) {
      stopped_ = true;
      finish();
    }
    if (!ended_ && started_ && now() >= end_) finish();
    close_overdue(moment);
    if (started_ && moment - slot_began_ >= HealthMonitor::kSlot) end_slot(moment);
  }
}

void Engine::close_overdue(Steady::time_point moment) {
  const bool give_up = ended_ && moment >= give_up_;
  for (const auto& vu : vus_) {
    if (!vu->busy || (!give_up && moment < vu->deadline)) continue;
    vu->abort = give_up ? Abort::kEnd : Abort::kTimeout;
    close(*vu);
  }
}

void Engine::end_slot(Steady::time_point moment) {
  const auto used = thread_timer_->read();
  const bool in_window = recorder_.in_window(slot_began_ - start_);
  health_.slot(in_window, moment - slot_began_,
               {used.running - slot_used_.running, used.waiting - slot_used_.waiting},
               !backlog_.empty());
  slot_used_ = used;
  slot_began_ = moment;
  recorder_.advance(now());
  const auto& timeline = recorder_.timeline();
  const auto shown = std::min<std::size_t>(timeline.size(), 60);
  publish_({.elapsed = now(),
            .planned = planned_length(plan_),
            .warming_up = now() < recorder_.window_begin(),
            .answered = recorder_.answered(),
            .successes = recorder_.successes(),
            .errors = recorder_.errors(),
            .vus = open_ ? busy_vus_ : std::min(target_vus_, live_vus_),
            .timeline = {timeline.end() - static_cast<std::ptrdiff_t>(shown), timeline.end()}});
}

void Engine::finish() {
  ended_ = true;
  give_up_ = Steady::now() + plan_.graceful_stop;
  if (counts_iterations(plan_.executor) && !stopped_ && now() < end_) {
    recorder_.end_window(last_completed_);
  } else {
    recorder_.end_window(now());
  }
  for (const auto intended : backlog_) {
    if (recorder_.in_window(intended)) health_.dropped(1);
  }
  backlog_.clear();
  for (auto& idle : idle_) idle.clear();
  control_timer_.cancel();
  for (const auto& vu : vus_) {
    vu->timer.cancel();
    // Resumed from the event loop, not from here: a user that ends may call back.
    if (vu->parked) asio::post(io_, [&vu = *vu] { resume(vu); });
  }
}

LoadResult Engine::collect() {
  LoadResult result{.ledger = std::move(ledger_)};
  result.executor = to_string(plan_.executor);
  recorder_.write_to(result, now());
  result.iterations = next_iteration_;
  result.generator = health_.judge();
  result.connections = connections_;
  result.stopped = stopped_;
  if (const auto records = result.ledger.size(); records > 0) {
    const auto typical = ledger_begin_.quantile(0.5) + ledger_finish_.quantile(0.5);
    result.ledger_cost = {records,
                          static_cast<double>(result.ledger.bytes()) / static_cast<double>(records),
                          static_cast<double>(typical.count())};
  }
  return result;
}

}  // namespace stampede::load
