// The generator itself: one I/O thread, one coroutine and one connection for each virtual user, and
// a few coroutines that start, time and end them. Internal to this folder: it drags Asio in.
//
// All of it runs on the thread that calls run(), so nothing here needs a lock; `stop` and the
// progress are the only things shared, and the caller guards those.

#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp uses std::exchange without it.

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/load/health.hpp"
#include "experiments/load/journey.hpp"
#include "experiments/load/ledger.hpp"
#include "experiments/load/load_run.hpp"
#include "experiments/load/recorder.hpp"
#include "experiments/load/schedule.hpp"

namespace stampede::load {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Steady = std::chrono::steady_clock;
// The concrete executor, not any_io_executor: it saves an indirection on every operation.
using IoExecutor = asio::io_context::executor_type;
template <typename T>
using Task = asio::awaitable<T, IoExecutor>;
inline constexpr asio::use_awaitable_t<IoExecutor> kUse{};
using Socket = asio::basic_stream_socket<Tcp, IoExecutor>;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, IoExecutor>;

// A coroutine that is waiting to be resumed by name.
class Parked {
 public:
  virtual ~Parked() = default;
  virtual void resume() = 0;
};

// Why the housekeeping closed a connection under a request.
enum class Abort : std::uint8_t { kNone, kTimeout, kEnd };

// A connection to one of the endpoints.
struct Link {
  Link(asio::io_context& io, const Tcp::endpoint& to) : endpoint(to), socket(io.get_executor()) {}

  Tcp::endpoint endpoint;
  Socket socket;
  bool connected = false;
  std::uint64_t carried = 0;  // Requests on this connection.
  Steady::time_point last_used;
};

struct Vu {
  Vu(asio::io_context& io, std::int64_t vu_index, std::size_t vu_instance)
      : index(vu_index), instance(vu_instance), timer(io.get_executor()), buffer(4'096) {}

  Link& link() { return links[group]; }

  const std::int64_t index;
  const std::size_t instance;  // Which one of each group it talks to.
  std::vector<Link> links;     // By group of services,
  std::size_t group = 0;       // and the one in use.
  Timer timer;
  std::vector<char> buffer;
  Values values;
  RequestBuffer request;
  std::string body;
  std::string server_timing;
  std::string fault;
  std::unique_ptr<Parked> parked;
  std::optional<Duration> arrival;  // Given by whoever resumes a parked one under open load.
  std::int64_t iterations_done = 0;
  bool busy = false;  // Something of it is on the wire until `deadline`.
  Steady::time_point deadline;
  Abort abort = Abort::kNone;
};

class Engine {
 public:
  // The plan and everything else passed in outlive the engine. The endpoints are the targets', in
  // their order.
  Engine(const LoadPlan& plan, std::shared_ptr<const JourneyBook> book,
         std::vector<Tcp::endpoint> endpoints, const std::atomic<bool>& stop,
         std::function<void(const LoadProgress&)> publish);

  LoadResult run();

 private:
  // One answer as far as it concerns the rest of the engine.
  struct Answer {
    OutcomeKind outcome = OutcomeKind::kReset;
    int status = 0;
    std::int64_t received_us = -1;
    std::string code;
  };

  // engine.cpp: who runs when.
  void spawn_vu();
  Task<void> live(Vu& vu);
  Task<void> loop(Vu& vu);
  Task<void> serve_arrivals(Vu& vu);
  Task<void> think(Vu& vu);
  bool take_iteration(Vu& vu);
  Task<void> control();
  Task<void> ramp();
  Task<void> dispatch();
  Task<void> sleep_until(Steady::time_point when);
  void arrive(Duration intended);
  Vu* take_idle();
  void set_target(std::int64_t vus);
  Task<void> housekeep();
  void close_overdue(Steady::time_point now);
  void end_slot(Steady::time_point now);
  void finish();
  LoadResult collect();
  Duration now() const { return Steady::now() - start_; }
  void note_vus();
  auto park(Vu& vu);
  static void resume(Vu& vu);

  // session.cpp: one virtual user's requests.
  Task<void> connect_all(Vu& vu);
  Task<void> iterate(Vu& vu, Duration intended);
  Task<bool> perform(Vu& vu, std::size_t step, Duration intended);
  Task<bool> connect(Vu& vu);
  Task<Answer> transfer(Vu& vu, const Step& step, std::string_view bytes, bool sample);
  Task<bool> send(Vu& vu, std::string_view bytes);
  Answer broken(Vu& vu, const std::string& what) const;
  void judge(Vu& vu, const Step& step, Answer& answer) const;
  bool capture(Vu& vu, const Step& step) const;
  LedgerAnswer ledger_answer(const Vu& vu, const Step& step, const Answer& answer) const;
  std::optional<std::size_t> enter(const Vu& vu, std::size_t step, Duration sent);
  void settle(std::optional<std::size_t> record, const Vu& vu, const Step& step,
              const Answer& answer);
  static void close(Vu& vu);
  static void close_all(Vu& vu);
  static bool went_stale(Vu& vu);
  void on_wire(Vu& vu);

  const LoadPlan& plan_;
  const std::shared_ptr<const JourneyBook> book_;
  const std::vector<Tcp::endpoint> endpoints_;
  const std::atomic<bool>& stop_;
  const std::function<void(const LoadProgress&)> publish_;
  const bool open_;

  asio::io_context io_{1};
  Timer control_timer_{io_.get_executor()};
  Timer house_timer_{io_.get_executor()};
  Steady::time_point start_ = Steady::now();
  Duration end_{0};  // No iteration begins later.
  bool started_ = false;
  bool ended_ = false;
  bool control_done_ = false;
  bool stopped_ = false;
  Steady::time_point give_up_;  // After the end: when requests in flight are given up.

  std::vector<std::unique_ptr<Vu>> vus_;
  std::int64_t target_vus_ = 0;
  std::int64_t live_vus_ = 0;
  std::int64_t ready_vus_ = 0;
  std::int64_t busy_vus_ = 0;
  std::vector<std::vector<Vu*>> idle_;  // By instance.
  std::size_t next_instance_ = 0;       // Whose turn the next arrival is.
  std::deque<Duration> backlog_;
  std::uint64_t next_iteration_ = 0;
  std::uint64_t next_sequence_ = 0;
  Duration last_completed_{0};

  Recorder recorder_;
  Ledger ledger_;
  Histogram ledger_begin_;  // What the two calls took, for one record in 32.
  Histogram ledger_finish_;
  HealthMonitor health_;
  std::unique_ptr<ThreadTimer> thread_timer_;  // Of the thread that runs.
  ThreadTime slot_used_;
  Steady::time_point slot_began_;
  Connections connections_;
};

}  // namespace stampede::load
