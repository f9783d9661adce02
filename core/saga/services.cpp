#include "core/saga/services.hpp"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <utility>

#include "core/pipeline/add_to_cart.hpp"
#include "core/pipeline/charge_balance.hpp"
#include "core/pipeline/environment.hpp"
#include "core/saga/coupon_service.hpp"
#include "core/saga/deadlines.hpp"
#include "core/saga/inbox.hpp"
#include "core/saga/order_service.hpp"
#include "core/saga/product_service.hpp"
#include "core/saga/user_coupon_service.hpp"
#include "core/saga/user_service.hpp"

namespace stampede::saga {

namespace {

constexpr std::int64_t kMostCounted = 1'000;  // Of an outbox's backlog: more is much.

std::vector<std::string> hosted_names(const Services::Parts& parts) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kAreaCount; ++i) {
    if (parts.backings[i]) names.emplace_back(kAreaNames[i]);
  }
  return names;
}

Unexpected not_here(Area area) {
  return fail(ErrorCode::kNotFound,
              "another process hosts the " + std::string(name_of(area)) + " service");
}

}  // namespace

struct Services::Wiring {
  explicit Wiring(const Parts& given);

  bool hosts(Area area) const { return parts.backings[index_of(area)].has_value(); }
  Journal::Index journal_index(Area area) const;
  std::unique_ptr<Outbox> make_outbox(Area area);
  ServiceContext context(Area area);
  std::unique_ptr<pipeline::Environment> make_environment(Area area);
  void make_services();
  Desks desks() const { return {products.get(), coupons.get(), orders.get()}; }

  const Parts parts;
  const std::string owner;  // Of the relays of this process.
  Journal journal;
  // These are null where the service is hosted elsewhere.
  std::array<std::unique_ptr<Outbox>, kAreaCount> outboxes;
  std::unique_ptr<pipeline::Environment> order_environment;
  std::unique_ptr<pipeline::Environment> user_environment;
  std::unique_ptr<pipeline::Environment> coupon_environment;
  std::unique_ptr<UserService> users;
  std::unique_ptr<ProductService> products;
  std::unique_ptr<CouponService> coupons;
  std::unique_ptr<UserCouponService> user_coupons;
  std::unique_ptr<OrderService> orders;
  std::unique_ptr<Deadlines> deadlines;
  std::vector<Service*> hosted;
  std::vector<std::unique_ptr<Inbox>> inboxes;  // Of the hosted ones, in their order.
};

Services::Wiring::Wiring(const Parts& given)
    : parts(given),
      owner(to_string(given.ids.next())),
      journal(given.log, hosted_names(given)),
      outboxes{make_outbox(Area::kOrder), make_outbox(Area::kUser), make_outbox(Area::kProduct),
               make_outbox(Area::kCoupon), make_outbox(Area::kUserCoupon)},
      order_environment(make_environment(Area::kOrder)),
      user_environment(make_environment(Area::kUser)),
      coupon_environment(make_environment(Area::kCoupon)) {
  make_services();
  for (auto* service : std::initializer_list<Service*>{orders.get(), users.get(), products.get(),
                                                       coupons.get(), user_coupons.get()}) {
    if (service == nullptr) continue;
    hosted.push_back(service);
    inboxes.push_back(std::make_unique<Inbox>(service->context(), parts.transport));
  }
}

void Services::Wiring::make_services() {
  if (hosts(Area::kUser)) users = std::make_unique<UserService>(context(Area::kUser));
  if (hosts(Area::kProduct)) products = std::make_unique<ProductService>(context(Area::kProduct));
  if (hosts(Area::kCoupon)) {
    coupons = std::make_unique<CouponService>(context(Area::kCoupon), *coupon_environment);
  }
  if (hosts(Area::kUserCoupon)) {
    user_coupons = std::make_unique<UserCouponService>(context(Area::kUserCoupon));
  }
  if (hosts(Area::kOrder)) {
    Prices* const prices = products ? products.get() : parts.elsewhere.prices;
    Discounts* const discounts = coupons ? coupons.get() : parts.elsewhere.discounts;
    if (prices == nullptr || discounts == nullptr) std::abort();  // A bug: nobody to ask.
    orders = std::make_unique<OrderService>(context(Area::kOrder), *order_environment,
                                            OrderService::Calls{*prices, *discounts},
                                            parts.transport.synchronous());
    deadlines = std::make_unique<Deadlines>(*orders);
  }
  OrderBook* const book = orders ? orders.get() : parts.elsewhere.orders;
  if (coupons && book != nullptr) coupons->ask(*book);
}

Journal::Index Services::Wiring::journal_index(Area area) const {
  const auto* const first = parts.backings.data();
  return static_cast<Journal::Index>(std::count_if(
      first, first + index_of(area), [](const auto& backing) { return backing.has_value(); }));
}

std::unique_ptr<Outbox> Services::Wiring::make_outbox(Area area) {
  const auto& backing = parts.backings[index_of(area)];
  if (!backing) return nullptr;
  Outbox::Parts made{.store = backing->store,
                     .transport = parts.transport,
                     .clock = parts.clock,
                     .journal = journal,
                     .service = journal_index(area),
                     .owner = owner,
                     .options = parts.options.relay,
                     .published = {}};
  if (area == Area::kOrder) {
    made.published = [this](std::span<const Event> events) { orders->published(events); };
  }
  return std::make_unique<Outbox>(std::move(made));
}

ServiceContext Services::Wiring::context(Area area) {
  const auto& backing = *parts.backings[index_of(area)];
  return {.name = name_of(area),
          .index = journal_index(area),
          .store = backing.store,
          .lock = backing.lock,
          .outbox = *outboxes[index_of(area)],
          .journal = journal,
          .clock = parts.clock,
          .options = parts.options};
}

std::unique_ptr<pipeline::Environment> Services::Wiring::make_environment(Area area) {
  const auto& backing = parts.backings[index_of(area)];
  if (!backing) return nullptr;
  return std::unique_ptr<pipeline::Environment>(
      new pipeline::Environment{.store = backing->store,
                                .lock = backing->lock,
                                .payments = parts.payments,
                                .clock = parts.clock,
                                .ids = parts.ids,
                                .options = {.read_write_pause = parts.read_write_pause}});
}

Services::Services(const Parts& parts) : wiring_(new Wiring(parts)) {}

Services::~Services() { stop(); }

Result<void> Services::connect() {
  auto& wiring = *wiring_;
  auto& transport = wiring.parts.transport;
  for (std::size_t i = 0; i < wiring.hosted.size(); ++i) {
    auto& service = *wiring.hosted[i];
    for (auto& subscription : service.subscriptions()) {
      const auto topic = std::string(subscription.topic);
      auto handler = [&inbox = *wiring.inboxes[i], subscription = std::move(subscription)](
                         std::span<const Event> events, Deadline deadline) {
        return inbox.handle(subscription, events, deadline);
      };
      auto subscribed = transport.subscribe(topic, service.context().name, std::move(handler));
      if (!subscribed) return subscribed;
    }
  }
  return transport.start();
}

Result<void> Services::start() {
  if (auto connected = connect(); !connected) return connected;
  auto& wiring = *wiring_;
  for (auto* service : wiring.hosted) service->context().outbox.relay().start();
  if (wiring.deadlines) wiring.deadlines->start();
  return {};
}

void Services::stop() {
  auto& wiring = *wiring_;
  if (wiring.deadlines) wiring.deadlines->stop();
  for (auto* service : wiring.hosted) service->context().outbox.relay().stop();
  wiring.parts.transport.stop();
}

Desks Services::desks() const { return wiring_->desks(); }

Result<pipeline::Reply<Order>> Services::place_order(const pipeline::PlaceOrder& request,
                                                     Context& context) {
  if (!wiring_->orders) return not_here(Area::kOrder);
  return wiring_->orders->place(request, context);
}

Result<pipeline::Reply<UserCoupon>> Services::issue_coupon(const pipeline::IssueCoupon& request,
                                                           Context& context) {
  if (!wiring_->coupons) return not_here(Area::kCoupon);
  return wiring_->coupons->issue(request, context);
}

Result<pipeline::Reply<Charge>> Services::charge_balance(const pipeline::ChargeBalance& request,
                                                         Context& context) {
  if (!wiring_->users) return not_here(Area::kUser);
  auto reply = pipeline::charge_balance(*wiring_->user_environment, request, context);
  if (reply && reply->value && !reply->replayed) wiring_->users->context().outbox.wake();
  return reply;
}

Result<pipeline::Reply<CartLine>> Services::add_to_cart(const pipeline::AddToCart& request,
                                                        Context& context) {
  if (!wiring_->orders) return not_here(Area::kOrder);
  return pipeline::add_to_cart(*wiring_->order_environment, request, context);
}

TimePoint Services::now() const { return wiring_->parts.clock.now(); }

telemetry::SagaReadings Services::read(bool window) const {
  auto readings = wiring_->journal.read(window);
  readings.transport = wiring_->parts.transport.stats();
  return readings;
}

void Services::start_window() { wiring_->journal.start_window(); }

Result<telemetry::Backlog> Services::backlog(Deadline deadline) const {
  telemetry::Backlog backlog;
  backlog.events = wiring_->journal.events();  // First: what moves meanwhile is seen next time.
  for (const auto& backing : wiring_->parts.backings) {
    if (!backing) continue;
    auto view = backing->store.read_view(deadline);
    if (!view) return Unexpected(view.error());
    const auto cursor = (*view)->relay_cursor();
    if (!cursor) return Unexpected(cursor.error());
    const auto rows = (*view)->outbox_after(*cursor ? (*cursor)->sequence : 0, kMostCounted);
    if (!rows) return Unexpected(rows.error());
    backlog.outbox += static_cast<std::int64_t>(rows->size());
  }
  if (wiring_->orders) {
    auto view = wiring_->orders->context().store.read_view(deadline);
    if (!view) return Unexpected(view.error());
    OrderFilter pending;
    pending.status = Order::Status::kPending;
    const auto open = (*view)->orders(pending, {.number = 0, .size = 1});
    if (!open) return Unexpected(open.error());
    backlog.open_sagas = open->total;
  }
  const auto stats = wiring_->parts.transport.stats();
  for (const auto& lag : stats.lags) backlog.lag += lag.events;
  return backlog;
}

Result<std::int64_t> Services::sweep() {
  return wiring_->deadlines ? wiring_->deadlines->sweep() : 0;
}

Result<void> Services::relay_once() {
  for (auto* service : wiring_->hosted) {
    if (auto round = service->context().outbox.relay().round(); !round) {
      return Unexpected(round.error());
    }
  }
  return {};
}

}  // namespace stampede::saga
