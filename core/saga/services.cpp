#include "core/saga/services.hpp"

#include <numeric>
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

std::vector<std::string> area_names() { return {kAreaNames.begin(), kAreaNames.end()}; }

}  // namespace

struct Services::Wiring {
  explicit Wiring(const Parts& given);

  Outbox::Parts outbox_parts(Area area);
  ServiceContext context(Area area);
  pipeline::Environment environment(Area area);
  std::array<Service*, kAreaCount> all() {
    return {&orders, &users, &products, &coupons, &user_coupons};
  }

  const Parts parts;
  const std::string owner;  // Of the relays of this process.
  Journal journal;
  std::array<std::unique_ptr<Outbox>, kAreaCount> outboxes;
  pipeline::Environment order_environment;
  pipeline::Environment user_environment;
  pipeline::Environment coupon_environment;
  UserService users;
  ProductService products;
  CouponService coupons;
  UserCouponService user_coupons;
  OrderService orders;
  Deadlines deadlines;
  std::vector<std::unique_ptr<Inbox>> inboxes;
};

Services::Wiring::Wiring(const Parts& given)
    : parts(given),
      owner(to_string(given.ids.next())),
      journal(given.log, area_names()),
      outboxes{std::make_unique<Outbox>(outbox_parts(Area::kOrder)),
               std::make_unique<Outbox>(outbox_parts(Area::kUser)),
               std::make_unique<Outbox>(outbox_parts(Area::kProduct)),
               std::make_unique<Outbox>(outbox_parts(Area::kCoupon)),
               std::make_unique<Outbox>(outbox_parts(Area::kUserCoupon))},
      order_environment(environment(Area::kOrder)),
      user_environment(environment(Area::kUser)),
      coupon_environment(environment(Area::kCoupon)),
      users(context(Area::kUser)),
      products(context(Area::kProduct)),
      coupons(context(Area::kCoupon), coupon_environment),
      user_coupons(context(Area::kUserCoupon)),
      orders(context(Area::kOrder), order_environment, {products, coupons},
             given.transport.synchronous()),
      deadlines(orders) {
  coupons.ask(orders);
  for (auto* service : all()) {
    inboxes.push_back(std::make_unique<Inbox>(service->context(), parts.transport));
  }
}

Outbox::Parts Services::Wiring::outbox_parts(Area area) {
  const auto index = static_cast<std::size_t>(area);
  Outbox::Parts made{.store = parts.backings[index].store,
                     .transport = parts.transport,
                     .clock = parts.clock,
                     .journal = journal,
                     .service = index,
                     .owner = owner,
                     .options = parts.options.relay,
                     .published = {}};
  if (area == Area::kOrder) {
    made.published = [this](std::span<const Event> events) { orders.published(events); };
  }
  return made;
}

ServiceContext Services::Wiring::context(Area area) {
  const auto index = static_cast<std::size_t>(area);
  return {.name = kAreaNames[index],
          .index = index,
          .store = parts.backings[index].store,
          .lock = parts.backings[index].lock,
          .outbox = *outboxes[index],
          .journal = journal,
          .clock = parts.clock,
          .options = parts.options};
}

pipeline::Environment Services::Wiring::environment(Area area) {
  const auto& backing = parts.backings[static_cast<std::size_t>(area)];
  return {.store = backing.store,
          .lock = backing.lock,
          .payments = parts.payments,
          .clock = parts.clock,
          .ids = parts.ids,
          .options = {.read_write_pause = parts.read_write_pause}};
}

Services::Services(const Parts& parts) : wiring_(new Wiring(parts)) {}

Services::~Services() { stop(); }

Result<void> Services::connect() {
  auto& wiring = *wiring_;
  auto& transport = wiring.parts.transport;
  const auto services = wiring.all();
  for (std::size_t i = 0; i < services.size(); ++i) {
    for (auto& subscription : services[i]->subscriptions()) {
      const auto topic = std::string(subscription.topic);
      auto handler = [&inbox = *wiring.inboxes[i], subscription = std::move(subscription)](
                         std::span<const Event> events, Deadline deadline) {
        return inbox.handle(subscription, events, deadline);
      };
      auto subscribed = transport.subscribe(topic, services[i]->context().name, std::move(handler));
      if (!subscribed) return subscribed;
    }
  }
  return transport.start();
}

Result<void> Services::start() {
  if (auto connected = connect(); !connected) return connected;
  auto& wiring = *wiring_;
  for (auto& outbox : wiring.outboxes) outbox->relay().start();
  wiring.deadlines.start();
  return {};
}

void Services::stop() {
  auto& wiring = *wiring_;
  wiring.deadlines.stop();
  for (auto& outbox : wiring.outboxes) outbox->relay().stop();
  wiring.parts.transport.stop();
}

Result<pipeline::Reply<Order>> Services::place_order(const pipeline::PlaceOrder& request,
                                                     Context& context) {
  return wiring_->orders.place(request, context);
}

Result<pipeline::Reply<UserCoupon>> Services::issue_coupon(const pipeline::IssueCoupon& request,
                                                           Context& context) {
  return wiring_->coupons.issue(request, context);
}

Result<pipeline::Reply<Charge>> Services::charge_balance(const pipeline::ChargeBalance& request,
                                                         Context& context) {
  auto reply = pipeline::charge_balance(wiring_->user_environment, request, context);
  if (reply && reply->value && !reply->replayed) wiring_->users.context().outbox.wake();
  return reply;
}

Result<pipeline::Reply<CartLine>> Services::add_to_cart(const pipeline::AddToCart& request,
                                                        Context& context) {
  return pipeline::add_to_cart(wiring_->order_environment, request, context);
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
  for (const auto& backing : wiring_->parts.backings) {
    auto view = backing.store.read_view(deadline);
    if (!view) return Unexpected(view.error());
    const auto cursor = (*view)->relay_cursor();
    if (!cursor) return Unexpected(cursor.error());
    const auto rows = (*view)->outbox_after(*cursor ? (*cursor)->sequence : 0, kMostCounted);
    if (!rows) return Unexpected(rows.error());
    backlog.outbox += static_cast<std::int64_t>(rows->size());
  }
  auto& orders = wiring_->parts.backings[static_cast<std::size_t>(Area::kOrder)].store;
  auto view = orders.read_view(deadline);
  if (!view) return Unexpected(view.error());
  OrderFilter pending;
  pending.status = Order::Status::kPending;
  const auto open = (*view)->orders(pending, {.number = 0, .size = 1});
  if (!open) return Unexpected(open.error());
  backlog.open_sagas = open->total;
  const auto stats = wiring_->parts.transport.stats();
  for (const auto& lag : stats.lags) backlog.lag += lag.events;
  return backlog;
}

Result<std::int64_t> Services::sweep() { return wiring_->deadlines.sweep(); }

Result<void> Services::relay_once() {
  for (auto& outbox : wiring_->outboxes) {
    if (auto round = outbox->relay().round(); !round) return Unexpected(round.error());
  }
  return {};
}

}  // namespace stampede::saga
