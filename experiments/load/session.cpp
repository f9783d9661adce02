// One virtual user's requests: connect, send, read, judge, note.

#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>

#include "core/config/text.hpp"
#include "experiments/load/engine.hpp"
#include "experiments/load/json_fields.hpp"
#include "experiments/load/response_reader.hpp"

namespace stampede::load {

namespace {

using ErrorCode = boost::system::error_code;

constexpr Duration kConnectPause = std::chrono::milliseconds(100);
constexpr Duration kStaleAfter = std::chrono::seconds(1);
constexpr std::size_t kMostBuffer = 1 << 20;
constexpr std::size_t kTimedOneIn = 32;

LedgerOutcome ledger_outcome(int status, std::string_view code) {
  if (status >= 200 && status < 300) return LedgerOutcome::kAcknowledged;
  if (status == 0 || status >= 500) return LedgerOutcome::kUnknown;
  // The key is being worked on elsewhere: what comes of it is not known here.
  return code == "REQUEST_IN_PROGRESS" ? LedgerOutcome::kUnknown : LedgerOutcome::kRefused;
}

}  // namespace

void Engine::close(Vu& vu) {
  ErrorCode ignored;  // The socket is closed either way.
  vu.link().socket.close(ignored);
  vu.link().connected = false;
}

void Engine::close_all(Vu& vu) {
  for (vu.group = 0; vu.group < vu.links.size(); ++vu.group) close(vu);
  vu.group = 0;
}

Task<void> Engine::connect_all(Vu& vu) {
  for (vu.group = 0; vu.group < vu.links.size(); ++vu.group) co_await connect(vu);
  vu.group = 0;
}

// Whether the server closed the connection while nothing was asked of it. Worth a system call only
// after a rest: servers that close after an answer say so in it.
bool Engine::went_stale(Vu& vu) {
  auto& link = vu.link();
  if (link.carried == 0 || Steady::now() - link.last_used < kStaleAfter) return false;
  char byte = 0;
  const auto got = ::recv(link.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void Engine::on_wire(Vu& vu) {
  vu.abort = Abort::kNone;
  vu.busy = true;
  vu.deadline = Steady::now() + plan_.timeout;
}

Task<bool> Engine::connect(Vu& vu) {
  close(vu);
  on_wire(vu);
  auto& link = vu.link();
  ErrorCode error;
  co_await link.socket.async_connect(link.endpoint, asio::redirect_error(kUse, error));
  vu.busy = false;
  if (!error && vu.abort == Abort::kNone) link.socket.set_option(Tcp::no_delay(true), error);
  if (!error && vu.abort == Abort::kNone) link.socket.non_blocking(true, error);
  if (error || vu.abort != Abort::kNone) {
    ++connections_.failed;
    vu.fault = "cannot connect: " + (vu.abort == Abort::kNone ? error.message() : "timeout");
    close(vu);
    co_return false;
  }
  ++connections_.opened;
  link.carried = 0;
  link.connected = true;
  co_return true;
}

Task<void> Engine::iterate(Vu& vu, Duration intended) {
  const auto& journey = book_->draw(next_iteration_++, vu.values);
  auto step_intended = intended;
  bool success = true;
  for (std::size_t i = 0; i < journey.step_count && success; ++i) {
    if (i > 0 && ended_) co_return;  // Cut short by the end: neither completed nor broken off.
    success = co_await perform(vu, journey.first_step + i, step_intended);
    step_intended = last_completed_;
  }
  const auto index = book_->steps()[journey.first_step].journey;
  recorder_.iteration(index, intended, last_completed_, success);
}

Task<bool> Engine::perform(Vu& vu, std::size_t step_index, Duration intended) {
  const auto& step = book_->steps()[step_index];
  const auto sent = now();
  Answer answer;
  vu.group = step.group;
  if (vu.link().connected && went_stale(vu)) close(vu);
  const bool ready = vu.link().connected || co_await connect(vu);
  if (ready) {
    if (step.writes) vu.values.sequence = next_sequence_++;
    const auto bytes = book_->request(step, vu.values, vu.request);
    const auto record = enter(vu, step_index, sent);
    connections_.reused += vu.link().carried > 0 ? 1U : 0U;
    answer = co_await transfer(vu, step, bytes, recorder_.samples_phases(sent));
    settle(record, vu, step, answer);
  } else {
    answer = broken(vu, vu.fault);
  }
  last_completed_ = now();
  recorder_.exchange({.step = step_index,
                      .intended = intended,
                      .sent = sent,
                      .completed = last_completed_,
                      .outcome = answer.outcome,
                      .code = answer.code,
                      .fault = vu.fault});
  if (!ready && !ended_) {  // Not to spin where nobody listens.
    ErrorCode cancelled;
    vu.timer.expires_after(kConnectPause);
    co_await vu.timer.async_wait(asio::redirect_error(kUse, cancelled));
  }
  co_return answer.outcome == OutcomeKind::kSuccess;
}

// Tries without the event loop first: a request nearly always fits the socket's buffer.
Task<bool> Engine::send(Vu& vu, std::string_view bytes) {
  ErrorCode error;
  const auto written = vu.link().socket.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  if (error == asio::error::would_block) error = {};
  if (!error && written < bytes.size()) {
    const auto rest = bytes.substr(written);
    co_await asio::async_write(vu.link().socket, asio::buffer(rest.data(), rest.size()),
                               asio::redirect_error(kUse, error));
  }
  if (error) vu.fault = error.message();
  co_return !error;
}

Task<Engine::Answer> Engine::transfer(Vu& vu, const Step& step, std::string_view bytes,
                                      bool sample) {
  on_wire(vu);
  if (!co_await send(vu, bytes)) co_return broken(vu, vu.fault);
  ResponseReader reader(vu.body, step.wants_body, sample ? &vu.server_timing : nullptr);
  std::size_t have = 0;
  ErrorCode error;
  while (!reader.is_done()) {
    if (have == vu.buffer.size() && have >= kMostBuffer) co_return broken(vu, "endless header");
    if (have == vu.buffer.size()) vu.buffer.resize(have * 4);
    const auto room = asio::buffer(vu.buffer.data() + have, vu.buffer.size() - have);
    const auto got =
        co_await vu.link().socket.async_read_some(room, asio::redirect_error(kUse, error));
    have += got;
    if (error == asio::error::eof && reader.got_some() && reader.need_eof()) {
      error = {};
      reader.put_eof(error);
      break;
    }
    if (error) co_return broken(vu, error.message());
    std::size_t used = 0;
    while (used < have && !reader.is_done() && !error) {
      used += reader.put(asio::buffer(vu.buffer.data() + used, have - used), error);
    }
    if (error == boost::beast::http::error::need_more) error = {};
    if (error) break;
    std::memmove(vu.buffer.data(), vu.buffer.data() + used, have - used);
    have -= used;
    // A response that fills the buffer deserves fewer and larger reads.
    if (got == room.size() && vu.buffer.size() < 65'536) vu.buffer.resize(vu.buffer.size() * 4);
  }
  vu.busy = false;
  if (error) {
    auto answer = broken(vu, "unreadable answer: " + error.message());
    answer.outcome = OutcomeKind::kError;
    co_return answer;
  }
  ++vu.link().carried;
  vu.link().last_used = Steady::now();
  if (!reader.keep_alive() || have > 0) close(vu);
  if (sample && !vu.server_timing.empty()) recorder_.phases(vu.server_timing);
  Answer answer{.status = reader.status(), .received_us = reader.received_us()};
  judge(vu, step, answer);
  co_return answer;
}

Engine::Answer Engine::broken(Vu& vu, const std::string& what) const {
  vu.busy = false;
  close(vu);
  Answer answer;
  if (vu.abort == Abort::kTimeout) answer.outcome = OutcomeKind::kTimeout;
  if (vu.abort == Abort::kEnd) answer.outcome = OutcomeKind::kCensored;
  vu.fault = vu.abort == Abort::kTimeout
                 ? "no answer within " + config::format_duration(plan_.timeout)
                 : what;
  return answer;
}

void Engine::judge(Vu& vu, const Step& step, Answer& answer) const {
  constexpr int kFirstError = 400;
  if (answer.status >= kFirstError) answer.code = problem_code(vu.body);
  answer.outcome =
      classify(answer.status, answer.code, step.spec.expect, book_->beyond_seeded(vu.values));
  if (answer.outcome == OutcomeKind::kSuccess) {
    if (!capture(vu, step)) answer.outcome = OutcomeKind::kError;
  } else if (answer.outcome == OutcomeKind::kError) {
    vu.fault = std::to_string(answer.status) + (answer.code.empty() ? "" : " ") + answer.code;
  }
}

bool Engine::capture(Vu& vu, const Step& step) const {
  for (std::size_t i = 0; i < step.captures.size(); ++i) {
    const auto& wanted = step.spec.captures[i];
    auto value = read_json_value(vu.body, wanted.pointer);
    if (!value) {
      vu.fault = "no \"" + wanted.pointer + "\" in the answer of " + step.spec.name;
      return false;
    }
    vu.values.captured[step.captures[i]] = std::move(*value);
  }
  return true;
}

std::optional<std::size_t> Engine::enter(const Vu& vu, std::size_t step, Duration sent) {
  if (!plan_.ledger || !book_->steps()[step].writes) return std::nullopt;
  if (ledger_.size() % kTimedOneIn != 0) return ledger_.begin(step, vu.values, sent);
  const auto began = Steady::now();
  const auto record = ledger_.begin(step, vu.values, sent);
  ledger_begin_.record(Steady::now() - began);
  return record;
}

void Engine::settle(std::optional<std::size_t> record, const Vu& vu, const Step& step,
                    const Answer& answer) {
  if (!record) return;
  const bool timed = *record % kTimedOneIn == 0;
  const auto began = timed ? Steady::now() : Steady::time_point();
  ledger_.finish(*record, ledger_answer(vu, step, answer));
  if (timed) ledger_finish_.record(Steady::now() - began);
}

LedgerAnswer Engine::ledger_answer(const Vu& vu, const Step& step, const Answer& answer) const {
  LedgerAnswer entry{.outcome = ledger_outcome(answer.status, answer.code),
                     .status = answer.status,
                     .code = answer.code,
                     .received_us = answer.received_us};
  const bool order = step.spec.kind == OperationKind::kOrder;
  if (!order || entry.outcome != LedgerOutcome::kAcknowledged) return entry;
  static constexpr std::array<std::string_view, 2> kNames{"orderId", "total"};
  std::array<std::string, 2> values;
  read_json_fields(vu.body, kNames, values);
  entry.order = parse_order_id(values[0]).value_or(OrderId{});
  entry.total = Money{config::parse_integer(values[1]).value_or(0)};
  return entry;
}

}  // namespace stampede::load
