#include "core/issue/issuing.hpp"

#include "core/issue/issue_request.hpp"

namespace stampede::issue {

Issuing::Issuing(Parts parts)
    : parts_(parts),
      book_(parts.store, parts.clock),
      settler_(parts.gate == nullptr ? nullptr : std::make_unique<Settler>(*parts.gate, parts.log)),
      consumer_({.pipeline = parts.pipeline,
                 .book = book_,
                 .gate = parts.gate,
                 .settler = settler_.get(),
                 .gate_at = parts.options.gate_at,
                 .epochs = epochs_,
                 .counters = counters_,
                 .log = parts.log,
                 .found_closed = [this] { caretaker_->wake(); },
                 .bury =
                     [this](std::span<const Event> unreadable) {
                       std::vector<Event> dead(unreadable.begin(), unreadable.end());
                       for (auto& event : dead) event.topic = kDeadTopic;
                       // Counted and logged already: nobody waits for its burial.
                       static_cast<void>(
                           parts_.transport.publish(dead, Clock::now() + std::chrono::seconds(1)));
                     }}) {
  if (parts.gate == nullptr) return;
  caretaker_ = std::make_unique<Caretaker>(Caretaker::Parts{.store = parts.store,
                                                            .gate = *parts.gate,
                                                            .transport = parts.transport,
                                                            .epochs = epochs_,
                                                            .counters = counters_,
                                                            .log = parts.log,
                                                            .options = parts.options});
}

Issuing::~Issuing() { stop(); }

Result<void> Issuing::connect() {
  if (parts_.transport.door() != nullptr) {
    return fail(ErrorCode::kInvalid,
                "topology monolith has no listener for events that come in by HTTP; choose another "
                "transport, for example inline");
  }
  return parts_.transport.subscribe(kTopic, kService,
                                    [this](std::span<const Event> events, Deadline deadline) {
                                      return consumer_.handle(events, deadline);
                                    });
}

Result<void> Issuing::start() {
  if (auto connected = connect(); !connected) return connected;
  if (auto started = parts_.transport.start(); !started) return started;
  // A gate in this process is told in no time.
  if (settler_ && parts_.gate->sharing() != Sharing::kProcess) settler_->start();
  if (caretaker_) caretaker_->start();
  return {};
}

void Issuing::stop() {
  if (caretaker_) caretaker_->stop();
  parts_.transport.stop();
  if (settler_) settler_->stop();
}

Result<void> Issuing::look_after() {
  if (!caretaker_) return {};
  return caretaker_->round();
}

Result<pipeline::Reply<std::string>> Issuing::accept(const pipeline::IssueCoupon& request,
                                                     Context& context) {
  const auto id = request.tag.key.empty() ? to_string(parts_.ids.next()) : request.tag.key;
  const IssueRequest wanted{request.user, request.coupon, id, request.tag.correlation};
  const auto inside = epochs_.enter();
  const PhaseTimer timer(context.phases, Phase::kTransport);
  const bool asks = parts_.gate != nullptr && parts_.options.gate_at == GateAt::kAccept;
  if (asks) {
    const auto refusal = ask_gate(wanted, context);
    if (!refusal) return Unexpected(refusal.error());
    if (*refusal != RefusalCode::kNone) return pipeline::Reply<std::string>{.refusal = *refusal};
  }
  const auto event = event_of(wanted, parts_.options.key);
  if (auto published = parts_.transport.publish({&event, 1}, context.deadline); !published) {
    if (!asks || !parts_.gate->exact()) return Unexpected(std::move(published.error()));
    return fail(ErrorCode::kInDoubt,
                "the coupon was granted but not issued, which is tried again: " +
                    published.error().message);
  }
  counters_.accepted.fetch_add(1, std::memory_order_relaxed);
  return pipeline::Reply<std::string>{.value = id};
}

Result<RefusalCode> Issuing::ask_gate(const IssueRequest& request, Context& context) {
  const auto claim = claim_of(request);
  auto decision = parts_.gate->claim({&claim, 1}, context).front();
  if (!decision) return Unexpected(std::move(decision.error()));
  switch (*decision) {
    case Decision::kGranted:
      break;
    case Decision::kSoldOut:
      return RefusalCode::kCouponSoldOut;
    case Decision::kAlready:
      return RefusalCode::kCouponAlreadyIssued;
    case Decision::kClosed:
      return closed(request, context);
  }
  return RefusalCode::kNone;
}

// For want of a coupon, or because the gate is not loaded.
Result<RefusalCode> Issuing::closed(const IssueRequest& request, Context& context) {
  auto view = parts_.store.read_view(context.deadline);
  if (!view) return Unexpected(std::move(view.error()));
  const auto coupon = (*view)->coupon(request.coupon);
  if (!coupon) return Unexpected(coupon.error());
  if (!*coupon) return RefusalCode::kCouponNotFound;
  caretaker_->wake();
  return fail(ErrorCode::kUnavailable, "the gate of coupon " +
                                           std::to_string(value_of(request.coupon)) +
                                           " is closed until it is loaded from the store");
}

Result<void> Issuing::reload(Deadline deadline) {
  if (!caretaker_) return {};
  return caretaker_->reload(deadline);
}

Result<std::int64_t> Issuing::backlog(Deadline deadline) {
  const auto waiting = lag_of(parts_.transport.stats(), kService);
  if (!caretaker_) return waiting;
  auto pending = caretaker_->pending(deadline);
  if (!pending) return pending;
  return waiting + *pending;
}

std::vector<std::pair<std::string, double>> Issuing::gauges() const {
  std::vector<std::pair<std::string, double>> all;
  const auto add = [&all](std::string name, std::int64_t value) {
    all.emplace_back(std::move(name), static_cast<double>(value));
  };
  add("accepted", counters_.accepted);
  add("issued", counters_.issued);
  add("failed", counters_.failed);
  add("unreadable", counters_.dead);
  add("republished", counters_.republished);
  add("gate_rebuilds", counters_.rebuilds);
  const auto transport = parts_.transport.stats();
  add("redelivered", transport.redelivered);
  add("lag", lag_of(transport, kService));
  for (const auto& [name, value] : transport.gauges) all.emplace_back("transport_" + name, value);
  if (parts_.gate == nullptr) return all;
  const auto gate = parts_.gate->stats();
  add("gate_granted", gate.granted);
  add("gate_sold_out", gate.sold_out);
  add("gate_already", gate.already);
  add("gate_closed", gate.closed);
  add("gate_errors", gate.errors);
  for (const auto& [name, value] : gate.gauges) all.emplace_back("gate_" + name, value);
  return all;
}

}  // namespace stampede::issue
